//! Compares the calls of a client with `expectations.toml`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

/// A call of a client, as its script reports it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Call {
    /// Unique name.
    call: String,
    /// Error message; `None` if the call passed.
    error: Option<String>,
}

/// The expected calls of a client.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expectations {
    /// Number of calls. A script that ends early reports fewer.
    calls: usize,
    /// Calls that fail, by name.
    #[serde(default)]
    failures: BTreeMap<String, Failure>,
}

/// A call that is expected to fail.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Failure {
    /// Part of the error message.
    error: String,
    /// Why it fails.
    reason: String,
}

/// The calls of a client, compared with its expectations.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    /// Number of calls.
    pub(super) calls: usize,
    /// Number of calls that passed.
    pub(super) passed: usize,
    /// Calls that failed as expected, with the reason.
    pub(super) expected: Vec<String>,
    /// Unexpected results.
    pub(super) findings: Vec<String>,
}

impl Expectations {
    pub(super) fn compare(&self, calls: &[Call]) -> Comparison {
        let passed = calls.iter().filter(|call| call.error.is_none()).count();
        let mut result = Comparison { calls: calls.len(), passed, ..Comparison::default() };
        let mut names = BTreeSet::new();
        for Call { call, error } in calls {
            if !names.insert(call) {
                result.findings.push(format!("{call}: reported twice"));
            }
            match (error, self.failures.get(call)) {
                (None, None) => {}
                (None, Some(_)) => result.findings.push(format!("{call}: passed unexpectedly")),
                (Some(error), Some(failure)) if error.contains(&failure.error) => {
                    result.expected.push(format!("{call}: fails as expected: {}", failure.reason));
                }
                (Some(error), _) => result.findings.push(format!("{call}: failed: {error}")),
            }
        }
        let unknown = self.failures.keys().filter(|name| !names.contains(name));
        result.findings.extend(unknown.map(|name| format!("{name}: expected, but not reported")));
        if calls.len() != self.calls {
            let (found, expected) = (calls.len(), self.calls);
            result.findings.push(format!("{found} calls reported, {expected} expected"));
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(calls: &[(&str, Option<&str>)]) -> Vec<String> {
        let expectations: Expectations = toml::from_str(
            r#"
            calls = 2
            [failures]
            b = { error = "404", reason = "not supported" }
            "#,
        )
        .expect("valid");
        let call = |(call, error): &(&str, Option<&str>)| Call {
            call: (*call).to_owned(),
            error: error.map(str::to_owned),
        };
        expectations.compare(&calls.iter().map(call).collect::<Vec<_>>()).findings
    }

    #[test]
    fn expected_results_are_no_findings() {
        assert!(findings(&[("a", None), ("b", Some("status 404"))]).is_empty());
    }

    #[test]
    fn unexpected_results_are_findings() {
        let failed = findings(&[("a", Some("x")), ("b", Some("404"))]);
        assert_eq!(failed, ["a: failed: x"]);
        assert_eq!(findings(&[("a", None), ("b", None)]), ["b: passed unexpectedly"]);
        assert_eq!(findings(&[("a", None), ("b", Some("500"))]), ["b: failed: 500"]);
    }

    #[test]
    fn missing_and_repeated_calls_are_findings() {
        let missing = ["b: expected, but not reported", "1 calls reported, 2 expected"];
        assert_eq!(findings(&[("a", None)]), missing);
        let repeated = ["a: reported twice", "b: expected, but not reported"];
        assert_eq!(findings(&[("a", None), ("a", None)]), repeated);
    }
}
