//! What field selectors see of an object.

use std::borrow::Cow;

use crate::{Resource, Scope};

/// Names and values that an object can be selected by. Names are without the word for the kind:
/// `name`, which is `check.name` in a selector.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields<'a>(Vec<(&'static str, Cow<'a, str>)>);

impl<'a> Fields<'a> {
    /// The name of an object, and its namespace if it has one.
    #[must_use]
    pub fn of<T: Resource>(object: &'a T) -> Self {
        let fields = Self::default().text("name", object.name());
        if T::Scope::NAMESPACED {
            return fields.text("namespace", object.namespace());
        }
        fields
    }

    /// And a text.
    #[must_use]
    pub fn text(self, name: &'static str, value: &'a str) -> Self {
        self.and(name, Cow::Borrowed(value))
    }

    /// And `true` or `false`.
    #[must_use]
    pub fn flag(self, name: &'static str, value: bool) -> Self {
        self.text(name, if value { "true" } else { "false" })
    }

    /// And a number.
    #[must_use]
    pub fn number(self, name: &'static str, value: u32) -> Self {
        self.and(name, Cow::Owned(value.to_string()))
    }

    /// And a list, joined by commas.
    #[must_use]
    pub fn list(self, name: &'static str, values: &'a [String]) -> Self {
        match values {
            [] => self.text(name, ""),
            [one] => self.text(name, one),
            many => self.and(name, Cow::Owned(many.join(","))),
        }
    }

    /// And texts, joined by commas.
    #[must_use]
    pub fn joined(self, name: &'static str, values: impl Iterator<Item = &'a str>) -> Self {
        self.and(name, Cow::Owned(values.collect::<Vec<_>>().join(",")))
    }

    /// The value of a field.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_ref())
    }

    /// The names, in no particular order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(name, _)| *name)
    }

    fn and(mut self, name: &'static str, value: Cow<'a, str>) -> Self {
        self.0.push((name, value));
        self
    }
}
