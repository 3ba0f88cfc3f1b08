//! Accepted deviations from the recordings: the steps, the difference that they cite, and our response.

use std::fs;
use std::path::Path;

use regex::Regex;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::compare::differences;
use super::exchange::Response;
use super::rules::{Adjusted, adjusted};
use super::scenario::Record;

/// The data file.
pub(crate) struct Deviations(Vec<Deviation>);

/// A pattern for the names of steps, compiled once.
#[derive(Deserialize)]
#[serde(from = "String")]
struct Glob {
    text: String,
    pattern: Regex,
}

impl From<String> for Glob {
    fn from(text: String) -> Self {
        let parts: Vec<String> = text.split('*').map(regex::escape).collect();
        let pattern = Regex::new(&format!("^{}$", parts.join(".*"))).expect("a pattern");
        Self { text, pattern }
    }
}

/// One entry: steps that differ on purpose.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Deviation {
    /// `scenario/step` with `*` for any text.
    steps: Vec<Glob>,
    /// The number of the difference in `docs/differences.md`: `D12`.
    difference: String,
    /// The reason, for readers of the file.
    why: String,
    /// Only where the recording fulfils this.
    #[serde(default)]
    recorded: Condition,
    /// Our response.
    response: Expected,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Condition {
    status: Option<u64>,
    /// A pattern for the message.
    message: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    status: u64,
    code: Option<u64>,
    /// A pattern for the message.
    message: Option<String>,
    /// Fields of the body; those that are not named may be anything.
    body: Option<Value>,
    /// Number of items of a list.
    items: Option<usize>,
    #[serde(default)]
    headers: Map<String, Value>,
}

/// The result of comparing one step.
pub(crate) enum Verdict {
    /// As recorded.
    Equal,
    /// Different because of these differences. `entry` is the index of an entry of the file, if one was needed;
    /// `is_golden` is whether the whole response is compared with the golden file.
    Accepted { differences: Vec<String>, entry: Option<usize>, is_golden: bool },
    /// Different, and no difference covers it.
    Failed(Vec<String>),
}

impl Deviations {
    pub(crate) fn read(folder: &Path) -> Self {
        let text = fs::read_to_string(folder.join("deviations.json")).expect("the file is there");
        Self(serde_json::from_str(&text).expect("valid entries"))
    }

    /// Asserts that every entry cites a difference and has a reason.
    pub(crate) fn check(&self) {
        let number = Regex::new("^D[0-9]{1,2}$").expect("a pattern");
        for entry in &self.0 {
            let steps = entry.names();
            assert!(number.is_match(&entry.difference), "{steps:?}: {:?}", entry.difference);
            assert!(entry.why.len() > 10, "{steps:?}: why?");
            assert!(!steps.is_empty(), "an entry without steps");
        }
    }

    /// The entries that no step needed.
    pub(crate) fn unused(&self, used: &[usize]) -> Vec<String> {
        let entries = self.0.iter().enumerate();
        let unused = entries.filter(|(index, _)| !used.contains(index));
        unused.map(|(_, entry)| format!("{} {:?}", entry.difference, entry.names())).collect()
    }

    pub(crate) fn judge(&self, record: &Record, response: &Response) -> Verdict {
        if differences(record, response).is_empty() {
            return Verdict::Equal;
        }
        let Adjusted { response: expected, differences: rules, is_lenient } =
            adjusted(record, response);
        let adjusted = Record {
            response: expected,
            scenario: record.scenario.clone(),
            id: record.id.clone(),
            method: record.method.clone(),
            path: record.path.clone(),
            options: record.options.clone(),
            tags: record.tags.clone(),
        };
        let found = differences(&adjusted, response);
        if found.is_empty() {
            let differences = rules.into_iter().collect();
            return Verdict::Accepted { differences, entry: None, is_golden: is_lenient };
        }
        let name = format!("{}/{}", record.scenario, record.id);
        let entry =
            self.0.iter().enumerate().find(|(_, entry)| entry.covers(&name, &adjusted.response));
        let Some((index, entry)) = entry else { return Verdict::Failed(found) };
        let missed = entry.response.missed(response);
        if missed.is_empty() {
            let differences = vec![entry.difference.clone()];
            return Verdict::Accepted { differences, entry: Some(index), is_golden: true };
        }
        let mut why = vec![format!("not the response of {}:", entry.difference)];
        why.extend(missed);
        why.extend(found);
        Verdict::Failed(why)
    }
}

impl Deviation {
    fn names(&self) -> Vec<&str> {
        self.steps.iter().map(|glob| glob.text.as_str()).collect()
    }

    fn covers(&self, name: &str, recorded: &Response) -> bool {
        let message = recorded.body["message"].as_str().unwrap_or_default();
        self.steps.iter().any(|glob| glob.pattern.is_match(name))
            && self.recorded.status.is_none_or(|status| status == recorded.status)
            && self.recorded.message.as_deref().is_none_or(|p| matches(p, message))
    }
}

impl Expected {
    /// Everything in which the response does not fulfil this.
    fn missed(&self, response: &Response) -> Vec<String> {
        let mut missed = Vec::new();
        if response.status != self.status {
            missed.push(format!("status {} instead of {}", response.status, self.status));
        }
        if let Some(code) = self.code
            && response.body["code"] != code
        {
            missed.push(format!("code {} instead of {code}", response.body["code"]));
        }
        if let Some(pattern) = &self.message {
            let message = response.body["message"].as_str().unwrap_or_default();
            if !matches(pattern, message) {
                missed.push(format!("message {message:?} is not {pattern:?}"));
            }
        }
        if let Some(body) = &self.body
            && !contains(&response.body, body)
        {
            missed.push(format!("body {} does not have {body}", response.body));
        }
        if let Some(items) = self.items
            && response.body.as_array().map(Vec::len) != Some(items)
        {
            missed.push(format!("not a list of {items}"));
        }
        for (name, value) in &self.headers {
            let there = response.headers.get(name).map(String::as_str);
            if there != value.as_str() {
                missed.push(format!("header {name}: {there:?} instead of {value}"));
            }
        }
        missed
    }
}

fn matches(pattern: &str, text: &str) -> bool {
    Regex::new(pattern).expect("a pattern").is_match(text)
}

/// Whether a value has every part of another.
fn contains(value: &Value, part: &Value) -> bool {
    match (value, part) {
        (Value::Object(value), Value::Object(part)) => {
            part.iter().all(|(key, part)| value.get(key).is_some_and(|value| contains(value, part)))
        }
        (Value::Array(value), Value::Array(part)) => {
            value.len() == part.len()
                && value.iter().zip(part).all(|(value, part)| contains(value, part))
        }
        (value, part) => value == part,
    }
}
