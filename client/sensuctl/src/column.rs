//! Columns of tables and rows of details: a title, and how the text follows from an object.

use serde_json::Value;

use crate::{escape, pointer, time};

/// A column of `list` or a row of `info`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub title: &'static str,
    source: Source,
}

/// Where the text of a column comes from.
#[derive(Clone, Copy, Debug)]
enum Source {
    Value(&'static str),
    IsNonEmpty(&'static str),
    Time(&'static str),
    Count(&'static str),
    Computed(fn(&Value) -> String),
}

impl Column {
    /// The value at a JSON pointer; lists with commas.
    pub(crate) const fn value(title: &'static str, pointer: &'static str) -> Self {
        Self { title, source: Source::Value(pointer) }
    }

    /// Whether the list at a JSON pointer has items: `true` or `false`.
    pub(crate) const fn is_non_empty(title: &'static str, pointer: &'static str) -> Self {
        Self { title, source: Source::IsNonEmpty(pointer) }
    }

    /// The number of items in the list at a JSON pointer.
    pub(crate) const fn count(title: &'static str, pointer: &'static str) -> Self {
        Self { title, source: Source::Count(pointer) }
    }

    /// The local time of the seconds since 1970-01-01 UTC at a JSON pointer.
    pub(crate) const fn time(title: &'static str, pointer: &'static str) -> Self {
        Self { title, source: Source::Time(pointer) }
    }

    /// The result of a function.
    pub(crate) const fn computed(title: &'static str, compute: fn(&Value) -> String) -> Self {
        Self { title, source: Source::Computed(compute) }
    }

    /// The text for an object, with control characters escaped and tabs expanded.
    pub(crate) fn text(&self, object: &Value) -> String {
        let text = match self.source {
            Source::Value(pointer) => pointer::text(object, pointer),
            Source::IsNonEmpty(pointer) => (!pointer::list(object, pointer).is_empty()).to_string(),
            Source::Time(pointer) => time::display(object.pointer(pointer).and_then(Value::as_i64)),
            Source::Count(pointer) => pointer::list(object, pointer).len().to_string(),
            Source::Computed(compute) => compute(object),
        };
        escape::for_terminal(&text).replace('\t', "    ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn control_characters_are_escaped() {
        let output = Column::value("Output", "/output");
        let object = json!({"output": "a\tb\r\n\u{1b}[2Jé\u{9b}31m\u{202e}"});
        assert_eq!(output.text(&object), "a    b\\r\n\\u{1b}[2Jé\\u{9b}31m\\u{202e}");
    }
}
