//! Paths of requests: canonical form, the prefix of released clients, escaped segments.

use http::Method;

use crate::http::{ALIAS, PREFIX};

/// What the router looks for.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    /// The method: `GET` also when the request is a `HEAD`.
    pub(super) method: Method,
    /// The path below the canonical prefix, still encoded.
    pub(super) path: String,
}

impl Route {
    /// The route of a request; `None` for the bare prefix of released clients, which Sensu Go does
    /// not serve.
    pub(super) fn new(method: &Method, path: &str) -> Option<Self> {
        let method = if *method == Method::HEAD { Method::GET } else { method.clone() };
        let path = match path.strip_prefix(ALIAS) {
            Some("") => return None,
            Some(rest) if rest.starts_with('/') => format!("{PREFIX}{rest}"),
            _ => path.to_owned(),
        };
        Some(Self { method, path })
    }
}

/// The path without empty segments; `None` if it has none. Dot segments never get here: Dropshot
/// rejects them.
pub(super) fn canonical(path: &str) -> Option<String> {
    if !path.contains("//") {
        return None;
    }
    let mut clean: String =
        path.split('/').filter(|s| !s.is_empty()).flat_map(|s| ["/", s]).collect();
    if path.ends_with('/') || clean.is_empty() {
        clean.push('/');
    }
    Some(clean)
}

/// The path with every escaped segment replaced by one that no route has; `None` without escaped
/// segments.
pub(super) fn with_escaped_replaced(path: &str) -> Option<String> {
    path.contains('%').then(|| {
        let other = |segment| if str::contains(segment, '%') { "%1F" } else { segment };
        path.split('/').map(other).collect::<Vec<_>>().join("/")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_with_empty_segments_have_a_canonical_form() {
        assert_eq!(canonical("/health"), None);
        assert_eq!(canonical("/health/"), None);
        assert_eq!(canonical("//health").as_deref(), Some("/health"));
        assert_eq!(canonical("/health//").as_deref(), Some("/health/"));
        assert_eq!(canonical("/api//core/v2").as_deref(), Some("/api/core/v2"));
        assert_eq!(canonical("//").as_deref(), Some("/"));
    }

    #[test]
    fn escaped_segments_are_replaced() {
        assert_eq!(with_escaped_replaced("/checks/c1"), None);
        assert_eq!(with_escaped_replaced("/%63hecks/c%31/x").as_deref(), Some("/%1F/%1F/x"));
    }

    #[test]
    fn the_prefix_of_released_clients_leads_to_the_canonical_one() {
        let path = |path: &str| Route::new(&Method::HEAD, path).map(|route| route.path);
        assert_eq!(path("/api/core/v2/users").as_deref(), Some("/apis/core/v2/users"));
        assert_eq!(path("/api/core/v2x").as_deref(), Some("/api/core/v2x"));
        assert_eq!(path("/api/core/v2"), None);
    }
}
