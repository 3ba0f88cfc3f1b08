//! What is random in answers, and what is shown instead.

use serde_json::Value;

/// A random part of an answer.
#[derive(Clone)]
struct Mask {
    /// Where it was found.
    pointer: String,
    /// What was answered.
    actual: Value,
    /// What is shown instead.
    shown: Value,
}

/// All random parts that were found so far.
#[derive(Clone, Default)]
pub(super) struct Masks(Vec<Mask>);

impl Masks {
    /// One more.
    pub(super) fn add(&mut self, pointer: &str, actual: &Value, shown: &Value) {
        let (pointer, actual, shown) = (pointer.to_owned(), actual.clone(), shown.clone());
        self.0.push(Mask { pointer, actual, shown });
    }

    /// The text that was found there last.
    pub(super) fn last(&self, pointer: &str) -> Option<&str> {
        let found = self.0.iter().rfind(|mask| mask.pointer == pointer);
        found.and_then(|mask| mask.actual.as_str())
    }

    /// Puts what is shown in the place of what was answered.
    pub(super) fn mask(&self, value: &mut Value) {
        each(value, &|part| self.0.iter().find(|m| m.actual == *part).map(|m| m.shown.clone()));
    }

    /// The other way round.
    pub(super) fn unmask(&self, value: &mut Value) {
        each(value, &|part| self.0.iter().find(|m| m.shown == *part).map(|m| m.actual.clone()));
    }

    /// What a text that is shown stands for.
    pub(super) fn actual_text(&self, shown: &str) -> String {
        let mask = self.0.iter().find(|mask| mask.shown == shown);
        mask.and_then(|mask| mask.actual.as_str()).unwrap_or(shown).to_owned()
    }
}

/// Replaces parts of a value, inside out.
fn each(value: &mut Value, replaced: &impl Fn(&Value) -> Option<Value>) {
    match value {
        Value::Object(map) => map.values_mut().for_each(|value| each(value, replaced)),
        Value::Array(items) => items.iter_mut().for_each(|value| each(value, replaced)),
        part => {
            if let Some(other) = replaced(part) {
                *part = other;
            }
        }
    }
}
