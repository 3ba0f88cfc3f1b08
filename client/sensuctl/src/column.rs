//! Cells: what a table or a list of details shows of an object.

use chrono::{DateTime, Local};
use serde_json::Value;

use crate::field::text;

/// A column of a table, or a row of details.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    /// The heading.
    pub title: &'static str,
    /// What is shown.
    pub of: Of,
}

/// What a cell shows of an object.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Of {
    /// The value at a JSON pointer, lists with commas.
    At(&'static str),
    /// Whether there is anything in the list at a JSON pointer.
    Any(&'static str),
    /// A time in seconds since 1970-01-01 UTC, as local time.
    Time(&'static str),
    /// How many things the list at a JSON pointer has.
    Count(&'static str),
    /// Something else.
    Made(fn(&Value) -> String),
}

impl Cell {
    /// The value at a JSON pointer.
    pub(crate) const fn at(title: &'static str, at: &'static str) -> Self {
        Self { title, of: Of::At(at) }
    }

    /// A time at a JSON pointer.
    pub(crate) const fn time(title: &'static str, at: &'static str) -> Self {
        Self { title, of: Of::Time(at) }
    }

    /// Something made from the object.
    pub(crate) const fn made(title: &'static str, make: fn(&Value) -> String) -> Self {
        Self { title, of: Of::Made(make) }
    }

    /// What is shown of `object`. Whoever sends an event writes texts: they do not steer the terminal.
    pub(crate) fn show(&self, object: &Value) -> String {
        visible(&self.content(object))
    }

    fn content(&self, object: &Value) -> String {
        match self.of {
            Of::At(at) => text(object.pointer(at)),
            Of::Any(at) => {
                let any = object.pointer(at).and_then(Value::as_array);
                any.is_some_and(|list| !list.is_empty()).to_string()
            }
            Of::Time(at) => time(object.pointer(at).and_then(Value::as_i64)),
            Of::Count(at) => {
                let list = object.pointer(at).and_then(Value::as_array);
                list.map_or(0, Vec::len).to_string()
            }
            Of::Made(make) => make(object),
        }
    }
}

/// A text in which characters that would steer a terminal are spelled out; lines stay lines.
fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => shown.push('\n'),
            '\t' => shown.push_str("    "),
            control if control.is_control() => shown.extend(control.escape_default()),
            other => shown.push(other),
        }
    }
    shown
}

/// A time as local time; `N/A` if there is none.
pub(crate) fn time(seconds: Option<i64>) -> String {
    let time = seconds.filter(|seconds| *seconds != 0);
    let time = time.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    match time {
        Some(time) => time.with_timezone(&Local).format("%Y-%m-%d %H:%M:%S %z").to_string(),
        None => "N/A".into(),
    }
}

/// The lists of a list of single-entry objects: `critical: [h1, h2]`.
pub(crate) fn hook_lists(value: Option<&Value>) -> String {
    let lists = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let entries = lists.iter().filter_map(Value::as_object).flatten();
    let shown =
        entries.map(|(kind, hooks)| format!("{kind}: [{}]", text(Some(hooks)).replace(',', ", ")));
    shown.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_do_not_steer_the_terminal() {
        let output = Cell::at("Output", "/output");
        let object = json!({"output": "a\tb\r\n\u{1b}[2Jé\u{9b}31m"});
        assert_eq!(output.show(&object), "a    b\\r\n\\u{1b}[2Jé\\u{9b}31m");
    }
}
