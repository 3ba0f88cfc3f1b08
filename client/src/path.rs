//! Parts of paths: escaped, and none that would lead elsewhere.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{ApiError, Error};

/// What the addresses of the group `core`, version `v2`, begin with. A client of a released Sensu
/// backend puts its prefix in place of `/apis` when it sends.
pub const CORE_V2: &str = "/apis/core/v2";

/// What may stand in a part of a path as it is.
const PLAIN: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b':');

const DOTS: &str = "nothing can be named \".\" or \"..\"";

/// The path of something in `core/v2`, with each part escaped as needed.
///
/// ```
/// use sensu_client::core_path;
///
/// let path = core_path(["namespaces", "default", "assets", "sensu/cpu"]);
/// assert_eq!(path, "/apis/core/v2/namespaces/default/assets/sensu%2Fcpu");
/// ```
pub fn core_path<S: AsRef<str>>(parts: impl IntoIterator<Item = S>) -> String {
    parts.into_iter().fold(CORE_V2.to_owned(), |mut path, part| {
        path.push('/');
        path.extend(utf8_percent_encode(part.as_ref(), PLAIN));
        path
    })
}

/// A part of the path of a generated operation. URLs swallow `.` and `..` with what stands before:
/// deleting the check `..` would delete its namespace.
#[expect(clippy::result_large_err, reason = "the error of the generated operations")]
pub(crate) fn segment<E>(part: &str) -> Result<String, Error<E>> {
    match part {
        "." | ".." => Err(Error::InvalidRequest(DOTS.into())),
        _ => Ok(utf8_percent_encode(part, PLAIN).to_string()),
    }
}

/// The same for a whole path that somebody else has put together.
pub(crate) fn refuse_dots(path: &str) -> Result<(), ApiError> {
    if !path.starts_with('/') {
        return Err(ApiError::Invalid(format!("the path {path:?} does not begin with a slash")));
    }
    let dots = |part: &str| matches!(part.to_lowercase().replace("%2e", ".").as_str(), "." | "..");
    match path.split(['?', '#']).next().unwrap_or_default().split(['/', '\\']).any(dots) {
        true => Err(ApiError::Invalid(DOTS.into())),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_paths_are_escaped() {
        let path = core_path(["namespaces", "default", "silenced", "a b/ü:*?"]);
        assert_eq!(path, "/apis/core/v2/namespaces/default/silenced/a%20b%2F%C3%BC:%2A%3F");
    }

    #[test]
    fn dots_do_not_lead_elsewhere() {
        for bad in ["/checks/..", "/checks/./x", "/checks/%2E%2e", "/checks/.%2e?a=b", "checks"] {
            refuse_dots(bad).expect_err(bad);
        }
        for good in ["/checks/...", "/checks/a..b", "/checks?x=/../", "/checks/%252E"] {
            refuse_dots(good).expect(good);
        }
        segment::<()>("..").expect_err("leads elsewhere");
        assert_eq!(segment::<()>("a/..").expect("is a name"), "a%2F..");
    }
}
