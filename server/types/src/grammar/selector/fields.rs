//! The fields of an object that field selectors can use.

use std::borrow::Cow;

/// Names and values of an object's fields, in addition to `name`, `namespace` and `labels`, which
/// every kind has. Names are without the kind's prefix: `publish` for `check.publish`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields<'a>(Vec<(&'static str, Cow<'a, str>)>);

impl<'a> Fields<'a> {
    /// No fields.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text.
    #[must_use]
    pub fn text(self, name: &'static str, value: &'a str) -> Self {
        self.with(name, Cow::Borrowed(value))
    }

    /// Adds a boolean, as `true` or `false`.
    #[must_use]
    pub fn flag(self, name: &'static str, value: bool) -> Self {
        self.text(name, if value { "true" } else { "false" })
    }

    /// Adds a number.
    #[must_use]
    pub fn number(self, name: &'static str, value: u32) -> Self {
        self.with(name, Cow::Owned(value.to_string()))
    }

    /// Adds a list, joined by commas.
    #[must_use]
    pub fn list(self, name: &'static str, values: &'a [String]) -> Self {
        match values {
            [] => self.text(name, ""),
            [one] => self.text(name, one),
            many => self.with(name, Cow::Owned(many.join(","))),
        }
    }

    /// Adds texts, joined by commas.
    #[must_use]
    pub fn joined(self, name: &'static str, values: impl Iterator<Item = &'a str>) -> Self {
        self.with(name, Cow::Owned(values.collect::<Vec<_>>().join(",")))
    }

    /// The value of a field.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_ref())
    }

    fn with(mut self, name: &'static str, value: Cow<'a, str>) -> Self {
        self.0.push((name, value));
        self
    }
}
