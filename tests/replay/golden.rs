//! Golden files: the whole of our response where it differs from the recording on purpose.
//!
//! `deviations.json` states the essential part of each such response. `golden/` has every byte that is the same
//! in each run, so that an accepted deviation hides no other change.

use std::path::Path;
use std::sync::LazyLock;

use expect_test::expect_file;
use regex::Regex;
use serde_json::Value;

use super::compare::normal;
use super::exchange::Response;
use super::scenario::Record;

/// Lifetimes in our responses, in seconds: now, an access token, a silenced entry, a refresh token, the longest
/// silenced entry.
const LIFETIMES: [i64; 5] = [0, 900, 3_600, 43_200, 9_000_000_001];
/// Seconds between a time in a response and the clock, which scenarios advance by a few seconds.
const RUN: std::ops::RangeInclusive<f64> = -5.0..=5.0;
/// Fields with random IDs of the cluster and its member.
const IDS: [&str; 3] = ["cluster_id", "member_id", "ID"];

/// The response as text, with placeholders for what changes from run to run.
pub(super) fn stable(record: &Record, response: &Response) -> String {
    let mut document = normal(record, response);
    if response.kind == "text" {
        // Prometheus metrics.
        document["body"] = "<text>".into();
    }
    replace_unstable(&mut document, response.time);
    document.to_string()
}

/// Texts that are new in each run, and their placeholders.
static UNSTABLE: LazyLock<[(Regex, &str); 3]> = LazyLock::new(|| {
    let pattern = |text: &str| Regex::new(text).expect("a pattern");
    [
        (pattern(r"^eyJ[\w-]+\.[\w-]+\.[\w-]+$"), "<token>"),
        (pattern("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"), "<request id>"),
        (pattern("^[0-9a-f]{7,16}$"), "<id>"),
    ]
});

fn replace_unstable(value: &mut Value, now: f64) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    // By name: a random ID can be as small as a time.
                    Value::Number(_) if IDS.contains(&name.as_str()) => *value = "<id>".into(),
                    value => replace_unstable(value, now),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|value| replace_unstable(value, now)),
        Value::Number(number) => {
            let Some(number) = number.as_f64() else { return };
            #[expect(clippy::cast_precision_loss, reason = "small integers are exact")]
            let is_after = |seconds: &i64| RUN.contains(&(number - now - *seconds as f64));
            match LIFETIMES.into_iter().find(is_after) {
                Some(0) => *value = "<now>".into(),
                Some(seconds) => *value = format!("<now+{seconds}>").into(),
                None => {}
            }
        }
        Value::String(text) => {
            let known = UNSTABLE.iter().find(|(pattern, _)| pattern.is_match(text));
            if let Some((_, placeholder)) = known {
                *value = (*placeholder).into();
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

/// Compares responses with the golden file of a scenario. `UPDATE_EXPECT=1` writes it.
pub(super) fn check(folder: &Path, scenario: &str, responses: &[(String, String)]) {
    let text: String =
        responses.iter().map(|(id, response)| format!("{id}\t{response}\n")).collect();
    expect_file![folder.join(format!("golden/{scenario}.txt"))].assert_eq(&text);
}
