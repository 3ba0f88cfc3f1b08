//! The functions of templates.

use super::Failure;
use super::compare;
use super::evaluate::{Budget, failure, missing, unmatched};
use super::format::{self, Limited};
use super::parser::Command;
use super::value::Value;

/// A function of templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    And,
    AssetPath,
    Default,
    Eq,
    Ge,
    Gt,
    Index,
    Le,
    Len,
    Lt,
    Ne,
    Not,
    Or,
    Printf,
}

impl Function {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "and" => Self::And,
            "assetPath" => Self::AssetPath,
            "default" => Self::Default,
            "eq" => Self::Eq,
            "ge" => Self::Ge,
            "gt" => Self::Gt,
            "index" => Self::Index,
            "le" => Self::Le,
            "len" => Self::Len,
            "lt" => Self::Lt,
            "ne" => Self::Ne,
            "not" => Self::Not,
            "or" => Self::Or,
            "printf" => Self::Printf,
            _ => return None,
        })
    }

    /// Whether arguments can be missing.
    fn accepts_missing(self) -> bool {
        !matches!(self, Self::AssetPath | Self::Index | Self::Len | Self::Printf)
    }
}

/// Calls a function. `command` is the call, for messages.
pub(super) fn call<'d>(
    function: Function,
    arguments: &[Value<'d>],
    command: &Command<'_>,
    budget: &mut Budget,
) -> Result<Value<'d>, Failure> {
    let error = |message: &str| failure(command.position, command.source, message);
    let absent = arguments.iter().find_map(|value| match value {
        Value::Missing(missing) => Some(missing),
        _ => None,
    });
    if let Some(absent) = absent.filter(|_| !function.accepts_missing()) {
        return Err(unmatched(absent));
    }
    match (function, arguments) {
        // The arguments before did not decide.
        (Function::And | Function::Or, [.., last]) => Ok(last.clone()),
        (Function::Not, [value]) => Ok(Value::Bool(!value.is_true())),
        (Function::Default, [default, Value::Missing(_)]) => Ok(default.clone()),
        (Function::Default, [_, value]) => Ok(value.clone()),
        (Function::Eq, [first, others @ ..]) if !others.is_empty() => {
            let is_equal = |other| compare::is_equal(first, other).map_err(error);
            let mut equal = false;
            for other in others {
                equal = equal || is_equal(other)?;
            }
            Ok(Value::Bool(equal))
        }
        (Function::Ne, [one, other]) => {
            Ok(Value::Bool(!compare::is_equal(one, other).map_err(error)?))
        }
        (Function::Lt | Function::Le | Function::Gt | Function::Ge, [one, other]) => {
            let order = compare::order(one, other).map_err(error)?;
            Ok(Value::Bool(match function {
                Function::Lt => order.is_lt(),
                Function::Le => order.is_le(),
                Function::Gt => order.is_gt(),
                _ => order.is_ge(),
            }))
        }
        (Function::Len, [value]) => length(value)
            .map(Value::Integer)
            .ok_or_else(|| error(&format!("len of type {}", value.kind()))),
        (Function::Index, [value, keys @ ..]) => {
            keys.iter().try_fold(value.clone(), |value, key| index(&value, key, command))
        }
        (Function::AssetPath, [name]) if name.as_text().is_some() => {
            let variable = asset_variable(name.as_text().unwrap_or_default());
            created(budget, |text| text.text(&variable)).map_err(|message| error(&message))
        }
        (Function::Printf, [format, values @ ..]) if format.as_text().is_some() => {
            let format = format.as_text().unwrap_or_default();
            created(budget, |text| format::printf(text, format, values))
                .map_err(|message| error(&message))
        }
        _ => Err(error("wrong number or types of arguments")),
    }
}

fn created<'d>(
    budget: &mut Budget,
    write: impl FnOnce(&mut Limited<'_>) -> Result<(), String>,
) -> Result<Value<'d>, String> {
    let mut text = Limited::new(&mut budget.bytes);
    write(&mut text)?;
    Ok(Value::Created(text.into_text().into()))
}

fn length(value: &Value<'_>) -> Option<i64> {
    let length = match value {
        Value::List(items) => items.len(),
        Value::Map(members) => members.len(),
        other => other.as_text()?.len(),
    };
    i64::try_from(length).ok()
}

fn index<'d>(
    value: &Value<'d>,
    key: &Value<'d>,
    command: &Command<'_>,
) -> Result<Value<'d>, Failure> {
    let error = |message: String| failure(command.position, command.source, message);
    match (value, key) {
        (Value::Missing(missing), _) => Err(unmatched(missing)),
        (Value::Map(members), key) if key.as_text().is_some() => {
            let key = key.as_text().unwrap_or_default();
            let message = format!("map has no entry for key {key:?}");
            let found = members.get(key).and_then(Value::of);
            Ok(found.unwrap_or_else(|| missing(command.position, command.source, &message)))
        }
        (Value::List(items), Value::Integer(number)) => {
            let item = usize::try_from(*number).ok().and_then(|number| items.get(number));
            let item = item.ok_or_else(|| error(format!("index out of range: {number}")))?;
            let missing = || missing(command.position, command.source, "nil data");
            Ok(Value::of(item).unwrap_or_else(missing))
        }
        (value, key) => {
            Err(error(format!("can't index item of type {} with {}", value.kind(), key.kind())))
        }
    }
}

/// Name of the environment variable with the directory of an asset: `sensu/check-cpu` gives
/// `SENSU_CHECK_CPU_PATH`.
fn asset_variable(asset: &str) -> String {
    let legal = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    asset.chars().map(legal).chain("_PATH".chars()).collect()
}
