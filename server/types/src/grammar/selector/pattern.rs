//! Regular expressions for selectors, for the OpenAPI document.
//!
//! They match what the parser accepts, with these exceptions: words consist of ASCII characters; keywords are in
//! lower or upper case; only spaces separate tokens, and are required around `matches`; a keyword such as `in`
//! matches as a word; and the name of a field is not in quotes or brackets, unless it is that of a label.

/// A regular expression for selectors of labels.
#[must_use]
pub fn labels() -> String {
    selector(&operation(&format!("{WORD} +|{QUOTED} *"), WORD))
}

/// A regular expression for selectors of the fields of a kind: `name` for `check.name`. The name `labels.KEY`
/// stands for all labels.
#[must_use]
pub fn fields(kind: &str, names: &[&str]) -> String {
    let mut left = String::new();
    let mut alternatives = Vec::new();
    for name in names {
        let escaped = name.replace('.', "\\.");
        alternatives.push(match escaped.strip_suffix("KEY") {
            Some(labels) => {
                left = format!("|[\"']{kind}\\.{labels}[^\"']*[\"'] *");
                format!("{labels}{WORD}")
            }
            None => escaped,
        });
    }
    let field = format!("{kind}\\.({})", alternatives.join("|"));
    let of_a_field = operation(&format!("{field} +{left}"), &field);
    selector(&format!("{of_a_field}|({WORD} +|{QUOTED} *){IN} +{field}"))
}

/// `\w` is ASCII in ECMAScript and Go. In Python it includes all letters and digits, as the parser does.
const WORD: &str = r"[A-Za-z_]([\w/]|\.[A-Za-z_])*";
const QUOTED: &str = "[\"'][^\"']*[\"']";
const NUMBER: &str = r"-?[0-9]+(\.[0-9]+)?";
const IN: &str = "(in|notin|IN|NOTIN)";

/// An operation with one of these left sides, which include spaces, and with this word on the left of `!=`.
fn operation(left: &str, word: &str) -> String {
    let value = format!("({WORD}|{NUMBER}|{QUOTED})");
    let comparison = format!("(==|!=|(matches|MATCHES) +) *{value}");
    let list = format!(r"{IN}( +{WORD}| *\[ *{value}( *, *{value})* *\])");
    format!("({left})({comparison}|{list})|{word}!= *{value}")
}

/// A list of operations, or none.
fn selector(operation: &str) -> String {
    format!("^ *(({operation})( *&& *({operation}))* *)?$")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::string::string_regex;
    use regress::Regex;

    use super::*;
    use crate::grammar::selector::Selector;

    fn field_selectors() -> String {
        fields("check", &["name", "labels.KEY", "ttl"])
    }

    fn matches(pattern: &str, text: &str) -> bool {
        Regex::new(pattern).expect("a pattern").find(text).is_some()
    }

    /// Whether the parser accepts the text, and knows its fields.
    fn selects_fields(text: &str) -> bool {
        let is_known = |name: &str| {
            ["check.name", "check.ttl"].contains(&name) || name.starts_with("check.labels.")
        };
        Selector::parse(text).is_ok_and(|selector| selector.unknown_name(is_known).is_none())
    }

    fn has_keyword(text: &str) -> bool {
        let words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        words.into_iter().any(|word| {
            ["in", "notin", "matches", "true", "false"]
                .iter()
                .any(|keyword| word.eq_ignore_ascii_case(keyword))
        })
    }

    /// Texts that a pattern matches.
    fn matching(pattern: &str) -> impl Strategy<Value = String> {
        let unanchored = pattern.trim_start_matches('^').trim_end_matches('$');
        string_regex(&unanchored.replace("\\w", "A-Za-z0-9_")).expect("a pattern")
    }

    /// Tokens in any order, with and without spaces.
    fn tokens() -> impl Strategy<Value = String> {
        let token = prop::sample::select(vec![
            "a",
            "b.c/d",
            "check.name",
            "check.labels.x",
            "in",
            "NOTIN",
            "matches",
            "==",
            "!=",
            "&&",
            "[",
            "]",
            ",",
            "'x y'",
            "\"check.ttl\"",
            "1",
            "-2.5",
            "true",
            " ",
            " ",
            " ",
            "  ",
        ]);
        prop::collection::vec(token, 0..12).prop_map(|tokens| tokens.concat())
    }

    #[test]
    fn examples_of_the_documentation_match() {
        for text in [
            "",
            "  ",
            "region == \"eu\" && tier in [web, db]",
            "region == 'us-west-1'&&a.b/c!=-1.5",
            "tier NOTIN [\"a\", 1]",
            "'a-b'matches \"x\"",
        ] {
            assert!(matches(&labels(), text), "{text}");
        }
        for text in [
            "check.name!=mem && linux in check.ttl",
            "\"web\"notin check.name",
            "'check.labels.a-b' == true",
        ] {
            assert!(matches(&field_selectors(), text), "{text}");
        }
        for text in ["a", "a = b", "a == b &&", "a in []", "a==b", "2 == b", "é == b"] {
            assert!(!matches(&labels(), text), "{text}");
        }
        for text in ["name == x", "check.name == x && a == b", "x in check.command"] {
            assert!(!matches(&field_selectors(), text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_the_parser_accepts_matches(text in tokens()) {
            let is_exception = text.contains("matches'") || text.contains("matches\"");
            if !is_exception && Selector::parse(&text).is_ok() {
                prop_assert!(matches(&labels(), &text), "{}", text);
            }
            let is_exception = is_exception || text.contains("\"check.ttl\"") || text.contains("[check.")
                || text.contains("[ ");
            if !is_exception && selects_fields(&text) {
                prop_assert!(matches(&field_selectors(), &text), "{}", text);
            }
        }

        #[test]
        fn the_parser_accepts_label_selectors_that_match(text in matching(&labels())) {
            prop_assume!(!has_keyword(&text));
            prop_assert!(Selector::parse(&text).is_ok(), "{}", text);
        }

        #[test]
        fn the_parser_accepts_field_selectors_that_match(text in matching(&field_selectors())) {
            prop_assume!(!has_keyword(&text));
            prop_assert!(selects_fields(&text), "{}", text);
        }
    }
}
