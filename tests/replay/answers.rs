//! What we answer where a deviation is accepted: every byte of it that does not change from run to run.
//!
//! `deviations.json` says why and what is essential; `answers/` holds the whole of each such answer, so
//! that an accepted deviation hides no other difference. `UPDATE_GOLDEN=1` writes the files anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::compare::normal;
use super::exchange::Answer;
use super::scenario::Record;

/// Lengths of time after which something ends that our answers tell, in seconds: at once or soon, an
/// access token, a silenced entry, a refresh token, the longest silenced entry.
const LATER: [i64; 5] = [0, 900, 3_600, 43_200, 9_000_000_001];
/// What a scenario may take, and the clocks of an answer and of its reading be apart, in seconds.
const RUN: std::ops::RangeInclusive<f64> = -600.0..=15.0;
/// Smaller numbers are not the ids of clusters and their members.
const IDS: f64 = 1e12;

/// The answer, and in it words for what changes from run to run.
pub(super) fn settled(record: &Record, answer: &Answer) -> String {
    let mut document = normal(record, answer);
    if answer.kind == "text" {
        // The format of Prometheus, full of figures.
        document["body"] = "<text>".into();
    }
    settle(&mut document, answer.time);
    document.to_string()
}

/// Texts that are new in each run.
static WORDS: LazyLock<[(Regex, &str); 3]> = LazyLock::new(|| {
    let pattern = |text: &str| Regex::new(text).expect("a pattern");
    [
        (pattern(r"^eyJ[\w-]+\.[\w-]+\.[\w-]+$"), "<token>"),
        (pattern("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"), "<request id>"),
        (pattern("^[0-9a-f]{11,16}$"), "<id>"),
    ]
});

fn settle(value: &mut Value, now: f64) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(|value| settle(value, now)),
        Value::Array(items) => items.iter_mut().for_each(|value| settle(value, now)),
        Value::Number(number) => {
            let Some(number) = number.as_f64() else { return };
            #[expect(clippy::cast_precision_loss, reason = "they are exact")]
            let later = LATER.iter().find(|later| RUN.contains(&(number - now - **later as f64)));
            match later {
                Some(0) => *value = "<now>".into(),
                Some(later) => *value = format!("<now+{later}>").into(),
                None if number > IDS => *value = "<id>".into(),
                None => {}
            }
        }
        Value::String(text) => {
            if let Some((_, word)) = WORDS.iter().find(|(pattern, _)| pattern.is_match(text)) {
                *value = (*word).into();
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

/// Compares with the file of the scenario, or writes it; gives what differs.
pub(super) fn differences(
    folder: &Path,
    scenario: &str,
    ours: &[(String, String)],
    update: bool,
) -> Vec<String> {
    let file = folder.join(format!("answers/{scenario}.txt"));
    if update {
        let text: String = ours.iter().map(|(id, answer)| format!("{id}\t{answer}\n")).collect();
        fs::write(&file, text).expect("writes");
    }
    let text = fs::read_to_string(&file).unwrap_or_default();
    let mut golden: BTreeMap<&str, &str> =
        text.lines().filter_map(|line| line.split_once('\t')).collect();
    let mut found = Vec::new();
    for (id, answer) in ours {
        match golden.remove(id.as_str()) {
            Some(line) if line == answer => {}
            line => found.push(format!(
                "{id}: answers/{scenario}.txt has {}\n      but we answer {answer}",
                line.unwrap_or("no such line")
            )),
        }
    }
    found.extend(golden.keys().map(|id| format!("{id}: answers/{scenario}.txt needs it no more")));
    found
}
