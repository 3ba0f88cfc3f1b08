//! The fields of a kind that field selectors can use.

use std::borrow::Cow;

/// A field of objects of type `T`, in addition to `name`, `namespace` and `labels`, which every kind has.
pub struct Field<T> {
    /// Name without the prefix of the kind: `publish` for `check.publish`.
    pub name: &'static str,
    /// The value in text form, from [`text`], [`flag`], [`number`], [`list`] or [`joined`].
    pub value: for<'a> fn(&'a T) -> Cow<'a, str>,
}

impl<T> Field<T> {
    /// A field.
    pub const fn new(name: &'static str, value: for<'a> fn(&'a T) -> Cow<'a, str>) -> Self {
        Self { name, value }
    }
}

/// A text.
#[must_use]
pub fn text(value: &str) -> Cow<'_, str> {
    Cow::Borrowed(value)
}

/// A boolean, as `true` or `false`.
#[must_use]
pub fn flag(value: bool) -> Cow<'static, str> {
    Cow::Borrowed(if value { "true" } else { "false" })
}

/// A number in decimal notation.
pub fn number(value: impl Into<i64>) -> Cow<'static, str> {
    Cow::Owned(value.into().to_string())
}

/// A list, joined by commas.
#[must_use]
pub fn list(values: &[String]) -> Cow<'_, str> {
    match values {
        [] => Cow::Borrowed(""),
        [one] => text(one),
        many => Cow::Owned(many.join(",")),
    }
}

/// Texts, joined by commas.
pub fn joined<'a>(values: impl Iterator<Item = &'a str>) -> Cow<'a, str> {
    Cow::Owned(values.collect::<Vec<_>>().join(","))
}
