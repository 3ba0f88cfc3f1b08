//! Placeholders for random parts of responses.

use serde_json::Value;

/// A random part of a response, and its placeholder.
#[derive(Clone)]
struct Mask {
    pointer: String,
    actual: Value,
    placeholder: Value,
}

/// The random parts of all responses so far.
#[derive(Clone, Default)]
pub(super) struct Masks(Vec<Mask>);

impl Masks {
    /// Adds a random part of a response, found at a JSON pointer.
    pub(super) fn add(&mut self, pointer: &str, actual: &Value, placeholder: &Value) {
        self.0.push(Mask {
            pointer: pointer.to_owned(),
            actual: actual.clone(),
            placeholder: placeholder.clone(),
        });
    }

    /// The latest text that was found at a JSON pointer.
    pub(super) fn latest(&self, pointer: &str) -> Option<&str> {
        let mask = self.0.iter().rfind(|mask| mask.pointer == pointer);
        mask.and_then(|mask| mask.actual.as_str())
    }

    /// Replaces random parts by their placeholders.
    pub(super) fn mask(&self, value: &mut Value) {
        let placeholder = |part: &Value| self.0.iter().find(|mask| mask.actual == *part);
        replace(value, &|part| placeholder(part).map(|mask| mask.placeholder.clone()));
    }

    /// Replaces placeholders by what they stand for.
    pub(super) fn unmask(&self, value: &mut Value) {
        let actual = |part: &Value| self.0.iter().find(|mask| mask.placeholder == *part);
        replace(value, &|part| actual(part).map(|mask| mask.actual.clone()));
    }

    /// The text that a placeholder stands for; other texts stand for themselves.
    pub(super) fn unmask_text(&self, text: &str) -> String {
        let mask = self.0.iter().find(|mask| mask.placeholder == text);
        mask.and_then(|mask| mask.actual.as_str()).unwrap_or(text).to_owned()
    }
}

/// Replaces the leaves of a value.
fn replace(value: &mut Value, replacement: &impl Fn(&Value) -> Option<Value>) {
    match value {
        Value::Object(map) => map.values_mut().for_each(|value| replace(value, replacement)),
        Value::Array(items) => items.iter_mut().for_each(|value| replace(value, replacement)),
        leaf => {
            if let Some(other) = replacement(leaf) {
                *leaf = other;
            }
        }
    }
}
