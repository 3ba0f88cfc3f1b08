//! URLs with the scheme `http` or `https`. One pattern validates them, and is their schema.
//!
//! Go's `net/url` accepts all of them. It also accepts brackets and quotation marks in names of hosts, longer
//! ports, and `%` outside of escapes after `?`.

use std::sync::LazyLock;

use regress::Regex;

/// Characters other than control characters, with `%` only in escapes.
const TEXT: &str = r"([^\x00-\x1f%\x7f]|%[0-9A-Fa-f]{2})*";
/// A user name and a password.
const USER: &str = r"([-A-Za-z0-9._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})*@";
/// A character of the name of a host. Names in other scripts than ASCII are valid.
const HOST: &str = r#"([^\x00-\x20#"%/:<>?@\[\\\]^`{|}\x7f]|%[89A-Fa-f][0-9A-Fa-f])"#;
/// An IPv6 address.
const IPV6: &str = r"\[[0-9A-Fa-f:.]+\]";

/// A pattern of the URLs that [`is_valid`] accepts.
pub(crate) fn pattern() -> String {
    let without_authority = format!(r"/?([^\x00-\x1f%/\x7f]{TEXT})?");
    format!("^[Hh][Tt][Tt][Pp][Ss]?:({}|{without_authority})$", authority("*"))
}

/// A pattern of the URLs that [`has_host`] accepts.
pub(crate) fn pattern_with_host() -> String {
    format!("^[Hh][Tt][Tt][Pp][Ss]?:{}$", authority("+"))
}

/// The part of the pattern that begins with the authority. `repeat` is how often a character of the name occurs.
fn authority(repeat: &str) -> String {
    format!("//({USER})?({HOST}{repeat}|{IPV6})(:[0-9]{{0,5}})?([/?#]{TEXT})?")
}

/// Whether a text is a URL that Sensu Go accepts: the host can be absent.
pub(crate) fn is_valid(text: &str) -> bool {
    // If the pattern were invalid, no URL would be valid and tests would fail.
    static PATTERN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(&pattern()).ok());
    PATTERN.as_ref().is_some_and(|pattern| pattern.find(text).is_some())
}

/// Whether a text is a URL with a host. Whether a request can be sent to it, such as the range of an IP address, is
/// found when it is sent.
pub(crate) fn has_host(text: &str) -> bool {
    static PATTERN: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(&pattern_with_host()).ok());
    PATTERN.as_ref().is_some_and(|pattern| pattern.find(text).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_optional_only_for_sensu_go() {
        for text in ["http://", "https:///a", "http:", "http:a", "http:/a?b#c", "http://:80/"] {
            assert!(is_valid(text) && !has_host(text), "{text}");
        }
    }

    #[test]
    fn escapes_control_characters_and_ports_are_checked() {
        for text in [
            "http://a",
            "HTTPS://a.example:8443/b%20c d/ä?e=[f]&g=h:i@j#k",
            "http://user:p%40ss@[::1]:80",
            "http://bücher.example",
            "http://b%C3%BCcher.example/",
            "http://127.0.0.1:/",
            "http://a@b@c/",
        ] {
            assert!(is_valid(text) && has_host(text), "{text}");
        }
        for text in [
            "",
            " http://a",
            "ftp://a",
            "a",
            "//a",
            "http://a b/",
            "http://a\tb/",
            "http://a/\n",
            "http://a\\b",
            "http://[::1",
            "http://a:b",
            "http://a:123456",
            "http://a/%zz",
            "http://a/%2",
            "http://%61/",
        ] {
            assert!(!is_valid(text) && !has_host(text), "{text}");
        }
    }

    proptest::proptest! {
        // Without `%`: requests can be sent to a URL with an incomplete escape, which Sensu Go rejects.
        #[test]
        fn urls_of_requests_are_valid(text in "https?://[ab@:/?# \\[\\]2]{0,12}") {
            let parsed = url::Url::parse(&text);
            if parsed.is_ok_and(|url| url.as_str() == text) {
                proptest::prop_assert!(is_valid(&text), "{}", text);
            }
        }
    }
}
