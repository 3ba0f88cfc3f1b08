//! Which requests a fault or a filter selects.

use std::collections::BTreeMap;

use http::{HeaderMap, Method};

use crate::http::{ALIAS, PREFIX};

/// A request, as far as faults depend on it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject<'a> {
    /// Operation ID; `None` for unknown routes.
    pub(super) operation: Option<&'a str>,
    pub(super) method: &'a Method,
    pub(super) path: &'a str,
    pub(super) query: Option<&'a str>,
    pub(super) headers: &'a HeaderMap,
}

/// The requests that a planned fault applies to: those that meet every condition.
#[derive(Clone, Debug, Default)]
pub(super) struct Matcher {
    pub(super) operation: Option<String>,
    pub(super) method: Option<String>,
    pub(super) path: Option<PathPrefix>,
    /// Values by name of the header.
    pub(super) header: BTreeMap<String, String>,
    /// Values by name of the query parameter.
    pub(super) query: BTreeMap<String, String>,
}

/// The beginning of a path. `/api/core/v2` and `/apis/core/v2` are equal.
#[derive(Clone, Debug)]
pub(super) struct PathPrefix(String);

impl PathPrefix {
    pub(super) fn new(prefix: &str) -> Self {
        Self(canonical(prefix))
    }

    pub(super) fn matches(&self, path: &str) -> bool {
        path.starts_with(&self.0) || canonical(path).starts_with(&self.0)
    }
}

/// The path below the canonical prefix.
fn canonical(path: &str) -> String {
    match path.strip_prefix(ALIAS) {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{PREFIX}{rest}"),
        _ => path.to_owned(),
    }
}

impl Matcher {
    pub(super) fn matches(&self, request: &Subject<'_>) -> bool {
        let has_header = |(name, value): (&String, &String)| {
            let mut values = request.headers.get_all(name.as_str()).iter();
            values.any(|one| one.as_bytes() == value.as_bytes())
        };
        let is_operation = |wanted: &String| request.operation == Some(wanted.as_str());
        self.operation.as_ref().is_none_or(is_operation)
            && self.method.as_ref().is_none_or(|wanted| wanted == request.method.as_str())
            && self.path.as_ref().is_none_or(|prefix| prefix.matches(request.path))
            && self.header.iter().all(has_header)
            && (self.query.is_empty() || self.matches_query(request.query.unwrap_or_default()))
    }

    fn matches_query(&self, query: &str) -> bool {
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
        self.query.iter().all(|(name, value)| pairs.iter().any(|(n, v)| n == name && v == value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(matcher: &Matcher, path: &str, query: Option<&str>) -> bool {
        let headers = HeaderMap::from_iter([(
            http::header::USER_AGENT,
            http::HeaderValue::from_static("probe/1"),
        )]);
        let (operation, method) = (Some("check_list"), &Method::GET);
        matcher.matches(&Subject { operation, method, path, query, headers: &headers })
    }

    #[test]
    fn both_prefixes_are_equal() {
        for prefix in ["/api/core/v2/users", "/apis/core/v2/users"] {
            let path = Some(PathPrefix::new(prefix));
            let matcher = Matcher { path, ..Matcher::default() };
            for path in ["/api/core/v2/users", "/apis/core/v2/users/a"] {
                assert!(matches(&matcher, path, None), "{prefix} {path}");
            }
            assert!(!matches(&matcher, "/apis/core/v2/checks", None));
        }
    }

    #[test]
    fn every_condition_must_hold() {
        let map = |name: &str, value: &str| BTreeMap::from([(name.to_owned(), value.to_owned())]);
        let matcher = Matcher {
            operation: Some("check_list".into()),
            header: map("User-Agent", "probe/1"),
            query: map("limit", "1"),
            ..Matcher::default()
        };
        assert!(matches(&matcher, "/x", Some("a=b&limit=1")));
        assert!(!matches(&matcher, "/x", Some("limit=10")));
        assert!(!matches(&matcher, "/x", None));
        for other in [
            Matcher { operation: Some("check_get".into()), ..matcher.clone() },
            Matcher { header: map("user-agent", "probe"), ..matcher.clone() },
            Matcher { method: Some("POST".into()), ..matcher.clone() },
        ] {
            assert!(!matches(&other, "/x", Some("limit=1")), "{other:?}");
        }
    }
}
