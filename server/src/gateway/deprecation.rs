//! `Deprecation` (RFC 9745) and `Sunset` (RFC 8594) of deprecated operations.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::openapi::facts::{Deprecation, Operation};

const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
const SUNSET: HeaderName = HeaderName::from_static("sunset");

/// The headers of deprecated operations, by operation id.
pub(super) struct Deprecations(HashMap<String, HeaderMap>);

impl Deprecations {
    pub(super) fn of(operations: &[Operation]) -> Self {
        let deprecated = operations.iter().filter_map(|operation| {
            Some((operation.id.clone(), headers(operation.facts.deprecated?)))
        });
        Self(deprecated.collect())
    }

    /// The headers of every response of an operation.
    pub(super) fn headers(&self, operation: &str) -> HeaderMap {
        self.0.get(operation).cloned().unwrap_or_default()
    }
}

fn headers(deprecation: Deprecation) -> HeaderMap {
    let sunset = SystemTime::UNIX_EPOCH + Duration::from_secs(deprecation.sunset);
    let values = [
        (DEPRECATION, format!("@{}", deprecation.since)),
        (SUNSET, httpdate::fmt_http_date(sunset)),
    ];
    let valid = values
        .into_iter()
        .filter_map(|(name, text)| Some((name, HeaderValue::try_from(text).ok()?)));
    valid.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openapi::facts::Facts;

    #[test]
    fn deprecated_operations_have_both_headers() {
        let operation = |id: &str, facts| Operation { id: id.into(), path: "/".into(), facts };
        let old = Facts::public().deprecated(1_767_225_600, 1_798_761_600);
        let deprecations =
            Deprecations::of(&[operation("old", old), operation("new", Facts::public())]);
        let headers = deprecations.headers("old");
        assert_eq!(headers["deprecation"], "@1767225600");
        assert_eq!(headers["sunset"], "Fri, 01 Jan 2027 00:00:00 GMT");
        assert!(deprecations.headers("new").is_empty());
    }
}
