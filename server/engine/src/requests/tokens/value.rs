//! Values of templates.

use std::rc::Rc;

use serde_json::Value as Json;

/// A value. `'d` is the lifetime of the data.
#[derive(Clone, Debug)]
pub(super) enum Value<'d> {
    /// Neither the data nor the template has a value.
    Missing(Rc<Missing>),
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(&'d str),
    /// A text that the template creates.
    Created(Rc<str>),
    List(&'d [Json]),
    Map(&'d serde_json::Map<String, Json>),
}

/// Where a value is missing, and what.
#[derive(Debug)]
pub(super) struct Missing {
    pub(super) position: usize,
    pub(super) source: String,
    pub(super) message: String,
}

impl<'d> Value<'d> {
    /// The value of data. `None` for `null`.
    pub(super) fn of(data: &'d Json) -> Option<Self> {
        match data {
            Json::Null => None,
            Json::Bool(value) => Some(Self::Bool(*value)),
            Json::Number(number) => match number.as_i64() {
                Some(value) => Some(Self::Integer(value)),
                None => number.as_f64().map(Self::Float),
            },
            Json::String(text) => Some(Self::Text(text)),
            Json::Array(items) => Some(Self::List(items)),
            Json::Object(members) => Some(Self::Map(members)),
        }
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Created(text) => Some(text),
            _ => None,
        }
    }

    /// Whether `if`, `with`, `and`, `or` and `not` treat the value as true: it is not empty or zero.
    pub(super) fn is_true(&self) -> bool {
        match self {
            Self::Missing(_) => false,
            Self::Bool(value) => *value,
            Self::Integer(value) => *value != 0,
            Self::Float(value) => *value != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::Created(text) => !text.is_empty(),
            Self::List(items) => !items.is_empty(),
            Self::Map(members) => !members.is_empty(),
        }
    }

    /// Name of the type in messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Missing(_) => "nil",
            Self::Bool(_) => "bool",
            Self::Integer(_) => "int",
            Self::Float(_) => "float64",
            Self::Text(_) | Self::Created(_) => "string",
            Self::List(_) => "list",
            Self::Map(_) => "map",
        }
    }
}
