//! Selectors: expressions that select objects by label or by field (D35).
//!
//! ```text
//! selector   := operation { "&&" operation }
//! operation  := name ( "==" | "!=" | "matches" ) value
//!             | name ( "in" | "notin" ) ( "[" value { "," value } "]" | word )
//! name       := word | quoted
//! value      := word | number | quoted | "true" | "false"
//! word       := ( letter | "_" ) { letter | digit | "_" | "." | "/" }
//! number     := [ "-" ] digits [ "." digits ]
//! quoted     := text between quotes of either kind
//! ```
//!
//! The grammar is that of later releases of Sensu Go, where numbers need quotes. An empty selector selects every object. A name
//! that an object does not have equals no value, so `!=` and `notin` are true for it.

pub mod fields;
mod parse;
pub mod pattern;
mod token;

use std::borrow::Cow;
use std::collections::HashSet;

use crate::Invalid;

pub use fields::Field;

/// A parsed selector: operations that must all be true for an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    operations: Vec<Operation>,
}

/// Most operations of one selector: each costs time for every object in the list.
const MAX_OPERATIONS: usize = 100;

impl Selector {
    /// Parses a selector.
    ///
    /// # Errors
    /// [`Invalid`] with the column, from 1, and the token expected there; or if there are more than
    /// 100 operations.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let operations = parse::operations(text)?;
        if operations.len() > MAX_OPERATIONS {
            return Err(Invalid::new(format!("more than {MAX_OPERATIONS} operations")));
        }
        Ok(Self { operations })
    }

    /// Whether the selector is empty and selects every object.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// The first name of the selector that `is_known` does not know. The single operand of `in` can be a value
    /// or a name, and so can its left side if the operand is a name: `linux in check.subscriptions`.
    pub fn unknown_name(&self, is_known: impl Fn(&str) -> bool) -> Option<&str> {
        self.operations.iter().find_map(|operation| operation.unknown_name(&is_known))
    }

    /// Whether the selector selects an object. `value` returns the value of a name, `None` if the
    /// object does not have the name.
    pub fn matches<'a>(&self, value: impl Fn(&str) -> Option<Cow<'a, str>>) -> bool {
        self.operations.iter().all(|operation| operation.is_true(&value))
    }
}

/// One comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Operation {
    name: String,
    test: Test,
    /// Whether the operation is true if the test is false: `!=` and `notin`.
    negated: bool,
}

/// The condition for the value of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    /// Equals one of these. A set, because the list has any length and is compared with many objects.
    OneOf(HashSet<String>),
    /// Contains this text.
    Contains(String),
    /// `in` with one operand. The operand is a value, or the name of a list that contains the left
    /// side: `linux in entity.subscriptions`.
    Within {
        operand: String,
        /// Whether the operand had no brackets. In brackets it is the name of a list only if the left
        /// side is not a name, so that a label `prod` does not change the meaning of `env in [prod]`.
        bare: bool,
    },
}

impl Operation {
    fn unknown_name(&self, is_known: impl Fn(&str) -> bool) -> Option<&str> {
        if is_known(&self.name) {
            return None;
        }
        match &self.test {
            Test::Within { operand, .. } if is_known(operand) => None,
            // `linux in check.subscription` has a mistake in the operand, not on the left side.
            Test::Within { operand, bare: true } => Some(operand),
            _ => Some(&self.name),
        }
    }

    fn is_true<'a>(&self, value: impl Fn(&str) -> Option<Cow<'a, str>>) -> bool {
        let found = value(&self.name);
        let passed = match &self.test {
            Test::OneOf(values) => found.is_some_and(|found| values.contains(found.as_ref())),
            Test::Contains(part) => found.is_some_and(|found| found.contains(part.as_str())),
            Test::Within { operand, bare } => {
                let list = if *bare || found.is_none() { value(operand) } else { None };
                match list {
                    Some(list) => items(&list).any(|item| item == self.name),
                    None => found.is_some_and(|found| found == *operand),
                }
            }
        };
        passed != self.negated
    }
}

/// The items of a list in text form: separated by commas, with or without brackets.
fn items(list: &str) -> impl Iterator<Item = &str> {
    list.trim_matches(['[', ']']).split(',').map(str::trim)
}

#[cfg(test)]
mod tests;
