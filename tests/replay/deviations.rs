//! Accepted deviations: which steps, by which decision, and what we answer instead.

use std::fs;
use std::path::Path;

use regex::Regex;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::compare::differences;
use super::exchange::Answer;
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
    /// The number of the decision.
    decision: String,
    /// Why, for people.
    why: String,
    /// Only where this was recorded.
    #[serde(default)]
    recorded: Condition,
    /// What we answer.
    answer: Expected,
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

/// What is to be said about a step.
pub(crate) enum Verdict {
    /// As recorded.
    Equal,
    /// Different, by these decisions; the entry that says so, if it is one of the file; and whether
    /// the whole answer is to be compared with the one of before.
    Accepted { decisions: Vec<String>, rule: Option<usize>, whole: bool },
    /// Different, and nobody decided that.
    Failed(Vec<String>),
}

impl Deviations {
    pub(crate) fn read(folder: &Path) -> Self {
        let text = fs::read_to_string(folder.join("deviations.json")).expect("the file is there");
        Self(serde_json::from_str(&text).expect("the file is as it should be"))
    }

    /// Every entry cites a decision and says why.
    pub(crate) fn check(&self) {
        let number = Regex::new("^D[0-9]{1,2}$").expect("a pattern");
        for entry in &self.0 {
            let steps = entry.names();
            assert!(number.is_match(&entry.decision), "{steps:?}: {:?}", entry.decision);
            assert!(entry.why.len() > 10, "{steps:?}: why?");
            assert!(!steps.is_empty(), "an entry without steps");
        }
    }

    /// Entries that no step needed.
    pub(crate) fn unused(&self, used: &[usize]) -> Vec<String> {
        let entries = self.0.iter().enumerate();
        let unused = entries.filter(|(index, _)| !used.contains(index));
        unused.map(|(_, entry)| format!("{} {:?}", entry.decision, entry.names())).collect()
    }

    pub(crate) fn judge(&self, record: &Record, answer: &Answer) -> Verdict {
        if differences(record, answer).is_empty() {
            return Verdict::Equal;
        }
        let Adjusted { answer: expected, decisions, taken } = adjusted(record, answer);
        let adjusted = Record {
            answer: expected,
            scenario: record.scenario.clone(),
            id: record.id.clone(),
            method: record.method.clone(),
            path: record.path.clone(),
            options: record.options.clone(),
            tags: record.tags.clone(),
        };
        let found = differences(&adjusted, answer);
        if found.is_empty() {
            let decisions = decisions.into_iter().collect();
            return Verdict::Accepted { decisions, rule: None, whole: taken };
        }
        let name = format!("{}/{}", record.scenario, record.id);
        let entry =
            self.0.iter().enumerate().find(|(_, entry)| entry.covers(&name, &adjusted.answer));
        let Some((index, entry)) = entry else { return Verdict::Failed(found) };
        let missed = entry.answer.missed(answer);
        if missed.is_empty() {
            let decisions = vec![entry.decision.clone()];
            return Verdict::Accepted { decisions, rule: Some(index), whole: true };
        }
        let mut why = vec![format!("{} says something else of it:", entry.decision)];
        why.extend(missed);
        why.extend(found);
        Verdict::Failed(why)
    }
}

impl Deviation {
    fn names(&self) -> Vec<&str> {
        self.steps.iter().map(|glob| glob.text.as_str()).collect()
    }

    fn covers(&self, name: &str, recorded: &Answer) -> bool {
        let message = recorded.body["message"].as_str().unwrap_or_default();
        self.steps.iter().any(|glob| glob.pattern.is_match(name))
            && self.recorded.status.is_none_or(|status| status == recorded.status)
            && self.recorded.message.as_deref().is_none_or(|p| matches(p, message))
    }
}

impl Expected {
    /// What of this the answer is not.
    fn missed(&self, answer: &Answer) -> Vec<String> {
        let mut missed = Vec::new();
        if answer.status != self.status {
            missed.push(format!("status {} instead of {}", answer.status, self.status));
        }
        if let Some(code) = self.code
            && answer.body["code"] != code
        {
            missed.push(format!("code {} instead of {code}", answer.body["code"]));
        }
        if let Some(pattern) = &self.message {
            let message = answer.body["message"].as_str().unwrap_or_default();
            if !matches(pattern, message) {
                missed.push(format!("message {message:?} is not {pattern:?}"));
            }
        }
        if let Some(body) = &self.body
            && !contains(&answer.body, body)
        {
            missed.push(format!("body {} does not have {body}", answer.body));
        }
        if let Some(items) = self.items
            && answer.body.as_array().map(Vec::len) != Some(items)
        {
            missed.push(format!("not a list of {items}"));
        }
        for (name, value) in &self.headers {
            let there = answer.headers.get(name).map(String::as_str);
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

/// Whether a value has all that the other one has.
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
