//! URL paths: percent-encoding of segments, and rejection of those that would change the path.
//!
//! URL parsers remove `.` and `..` segments, the latter together with the segment before them:
//! deleting the check `..` would delete its namespace. An empty name would address the collection.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{Error, OperationError};

/// Path of the API group `core`, version `v2`. For released Sensu backends, the client replaces
/// `/apis` by `/api` when it sends a request.
pub const CORE_V2: &str = "/apis/core/v2";

/// The characters that `url.PathEscape` of Go escapes, as in paths of Sensu's own clients.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b':')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'=')
    .remove(b'@');

const DOT_SEGMENT: &str = "\".\" and \"..\" are not valid names";

/// Joins segments to a path below [`CORE_V2`], and percent-encodes each of them.
///
/// ```
/// use sensu_client::core_path;
///
/// let path = core_path(["namespaces", "default", "assets", "sensu/cpu"]);
/// assert_eq!(path, "/apis/core/v2/namespaces/default/assets/sensu%2Fcpu");
/// ```
pub fn core_path<S: AsRef<str>>(segments: impl IntoIterator<Item = S>) -> String {
    segments.into_iter().fold(CORE_V2.to_owned(), |mut path, segment| {
        path.push('/');
        path.push_str(&encode_segment(segment.as_ref()));
        path
    })
}

/// Percent-encodes one segment of a path.
///
/// ```
/// assert_eq!(sensu_client::encode_segment("a b/c"), "a%20b%2Fc");
/// ```
#[must_use]
pub fn encode_segment(segment: &str) -> String {
    utf8_percent_encode(segment, ESCAPED).to_string()
}

/// Percent-encodes a path parameter of a generated operation.
#[expect(clippy::result_large_err, reason = "the error type of the generated operations")]
pub(crate) fn encode_parameter<E>(value: &str) -> Result<String, OperationError<E>> {
    match value {
        "" => Err(OperationError::InvalidRequest("a name must not be empty".into())),
        "." | ".." => Err(OperationError::InvalidRequest(DOT_SEGMENT.into())),
        _ => Ok(encode_segment(value)),
    }
}

/// Rejects paths of raw requests that are not absolute or contain dot segments.
pub(crate) fn validate_path(path: &str) -> Result<(), Error> {
    if !path.starts_with('/') {
        return Err(Error::InvalidInput(format!("the path {path:?} must begin with a slash")));
    }
    let is_dot_segment =
        |part: &str| matches!(part.to_lowercase().replace("%2e", ".").as_str(), "." | "..");
    let path = path.split(['?', '#']).next().unwrap_or_default();
    match path.split(['/', '\\']).any(is_dot_segment) {
        true => Err(Error::InvalidInput(DOT_SEGMENT.into())),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_percent_encoded_like_url_path_escape_of_go() {
        let path = core_path(["namespaces", "default", "silenced", "a b/ü:*?"]);
        assert_eq!(path, "/apis/core/v2/namespaces/default/silenced/a%20b%2F%C3%BC:%2A%3F");
        assert_eq!(encode_segment("-_.~:$&+=@"), "-_.~:$&+=@");
    }

    #[test]
    fn dot_segments_are_rejected() {
        for path in ["/checks/..", "/checks/./x", "/checks/%2E%2e", "/checks/.%2e?a=b", "checks"] {
            validate_path(path).expect_err(path);
        }
        for path in ["/checks/...", "/checks/a..b", "/checks?x=/../", "/checks/%252E"] {
            validate_path(path).expect(path);
        }
    }

    #[test]
    fn parameters_that_would_change_the_path_are_rejected() {
        for name in ["", ".", ".."] {
            encode_parameter::<()>(name).expect_err(name);
        }
        assert_eq!(encode_parameter::<()>("a/..").expect("a name"), "a%2F..");
    }
}
