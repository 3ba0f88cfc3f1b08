//! The error of validation.

use std::fmt::{Display, Formatter};

/// Error: a value breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The message for the client.
    pub message: String,
    /// JSON pointer to the value, if the rule is about one value.
    pub field: Option<String>,
}

impl Invalid {
    /// An error with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), field: None }
    }

    /// The error of a value at a JSON pointer, or in an object there.
    #[must_use]
    pub fn at(self, pointer: impl AsRef<str>) -> Self {
        let field = format!("{}{}", pointer.as_ref(), self.field.unwrap_or_default());
        Self { field: Some(field), ..self }
    }

    /// The error with a text before its message.
    #[must_use]
    pub fn prefixed(self, text: impl Display) -> Self {
        Self { message: format!("{text}{}", self.message), ..self }
    }
}

/// Results of validation.
pub(crate) trait Validated {
    /// See [`Invalid::at`].
    fn at(self, pointer: impl AsRef<str>) -> Self;
}

impl<T> Validated for Result<T, Invalid> {
    fn at(self, pointer: impl AsRef<str>) -> Self {
        self.map_err(|error| error.at(pointer))
    }
}

impl Display for Invalid {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Invalid {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_joined() {
        let inner: Result<(), Invalid> = Err(Invalid::new("bad").at("/end"));
        let outer = inner.at("/subdues/1").unwrap_err().prefixed("check is ");
        assert_eq!(
            (outer.message.as_str(), outer.field.as_deref()),
            ("check is bad", Some("/subdues/1/end"))
        );
    }
}
