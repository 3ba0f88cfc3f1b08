//! Selectors: which objects a list is narrowed down to, by label and by field (D35).
//!
//! ```text
//! selector   := operation { "&&" operation }
//! operation  := name ( "==" | "!=" | "matches" ) value
//!             | name ( "in" | "notin" ) ( "[" value { "," value } "]" | word )
//! name       := word | quoted
//! value      := word | quoted | "true" | "false"
//! word       := ( letter | "_" ) { letter | digit | "_" | "." | "/" }
//! quoted     := text between quotes of either kind
//! ```
//!
//! The grammar is that of later releases of Sensu Go. Nothing to say selects everything. What an
//! object does not have is equal to nothing: `!=` and `notin` hold for it.

mod fields;
mod parse;
mod token;

use std::borrow::Cow;

use crate::{Invalid, Resource};

pub use fields::Fields;

/// What a list is narrowed down to: objects whose labels and whose fields both fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    labels: Selector,
    fields: Selector,
}

impl Selection {
    /// Reads the values of `labelSelector` and `fieldSelector`. Of several values, all have to hold.
    ///
    /// # Errors
    /// [`Invalid`] with the parameter, the column and what was expected there.
    pub fn parse<'a>(
        labels: impl IntoIterator<Item = &'a str>,
        fields: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, Invalid> {
        let labels = all("labelSelector", labels)?;
        Ok(Self { labels, fields: all("fieldSelector", fields)? })
    }

    /// Whether nothing is left out.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.labels.operations.is_empty() && self.fields.operations.is_empty()
    }

    /// Whether the list shows the object. It is judged as it is shown: nobody finds out by asking what
    /// is redacted (D25).
    #[must_use]
    pub fn admits<T: Resource>(&self, stored: &T) -> bool {
        if self.is_everything() {
            return true;
        }
        let redacted = stored.redacted();
        let shown = redacted.as_ref().unwrap_or(stored);
        let label = |key: &str| shown.label(key).map(Cow::Borrowed);
        if !self.labels.matches(label) {
            return false;
        }
        if self.fields.operations.is_empty() {
            return true;
        }
        let fields = shown.fields();
        self.fields.matches(|key| {
            let rest = key.strip_prefix(T::SINGULAR)?.strip_prefix('.')?;
            match rest.strip_prefix("labels.") {
                Some(key) => label(key),
                None => fields.get(rest).map(Cow::Borrowed),
            }
        })
    }
}

/// Joins selectors that have to hold together.
fn all<'a>(parameter: &str, texts: impl IntoIterator<Item = &'a str>) -> Result<Selector, Invalid> {
    let failed = |Invalid(why)| Invalid(format!("failed to parse {parameter}: {why}"));
    let mut joined = Selector::default();
    for text in texts {
        joined.operations.extend(Selector::parse(text).map_err(failed)?.operations);
        joined.bounded().map_err(failed)?;
    }
    Ok(joined)
}

/// Operations that an object has to fit, each of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    operations: Vec<Operation>,
}

/// More than anybody writes, and few enough to ask of every object in a list.
const MAX_OPERATIONS: usize = 100;

impl Selector {
    /// Reads a selector.
    ///
    /// # Errors
    /// [`Invalid`] with the column and what was expected there.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let selector = Self { operations: parse::operations(text)? };
        selector.bounded()?;
        Ok(selector)
    }

    /// Whether an object fits, of which `value` knows what each name stands for.
    pub fn matches<'a>(&self, value: impl Fn(&str) -> Option<Cow<'a, str>>) -> bool {
        self.operations.iter().all(|operation| operation.holds(&value))
    }

    fn bounded(&self) -> Result<(), Invalid> {
        if self.operations.len() <= MAX_OPERATIONS {
            return Ok(());
        }
        Err(Invalid::new(format!("more than {MAX_OPERATIONS} operations")))
    }
}

/// One comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Operation {
    name: String,
    test: Test,
    /// Whether it holds where the test fails.
    negated: bool,
}

/// What the value of a name has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    /// One of these.
    OneOf(Vec<String>),
    /// A text with this in it.
    Contains(String),
    /// `in` with one value. It can be a value, or the name of a list that the left side is to be found
    /// in: `linux in entity.subscriptions`.
    Within {
        value: String,
        /// Whether it had no brackets. In brackets it is the name of a list only where the left side
        /// is no name, so that `env in [prod]` does not change its meaning with a label `prod`.
        bare: bool,
    },
}

impl Operation {
    fn holds<'a>(&self, look: impl Fn(&str) -> Option<Cow<'a, str>>) -> bool {
        let found = look(&self.name);
        let holds = match &self.test {
            Test::OneOf(values) => found.is_some_and(|found| values.iter().any(|v| *v == found)),
            Test::Contains(part) => found.is_some_and(|found| found.contains(part.as_str())),
            Test::Within { value, bare } => {
                let list = if *bare || found.is_none() { look(value) } else { None };
                match list {
                    Some(list) => items(&list).any(|item| item == self.name),
                    None => found.is_some_and(|found| found == *value),
                }
            }
        };
        holds != self.negated
    }
}

/// The items of a list that is written as one text: with commas, and perhaps in brackets.
fn items(list: &str) -> impl Iterator<Item = &str> {
    list.trim_matches(['[', ']']).split(',').map(str::trim)
}

#[cfg(test)]
mod tests;
