//! Comparison of values of templates.

use std::cmp::Ordering;

use super::value::Value;

const INCOMPATIBLE: &str = "incompatible types for comparison";

/// Whether values are equal. A missing value equals only a missing value.
///
/// # Errors
/// For values of different types, and for lists and maps.
pub(super) fn is_equal(one: &Value<'_>, other: &Value<'_>) -> Result<bool, &'static str> {
    match (one, other) {
        (Value::Missing(_), Value::Missing(_)) => Ok(true),
        (Value::Missing(_), _) | (_, Value::Missing(_)) => Ok(false),
        (Value::Bool(one), Value::Bool(other)) => Ok(one == other),
        _ => order(one, other).map(Ordering::is_eq),
    }
}

/// The order of two numbers or two texts.
///
/// # Errors
/// For values of other or different types.
pub(super) fn order(one: &Value<'_>, other: &Value<'_>) -> Result<Ordering, &'static str> {
    if let (Some(one), Some(other)) = (one.as_text(), other.as_text()) {
        return Ok(one.cmp(other));
    }
    if let (Value::Integer(one), Value::Integer(other)) = (one, other) {
        return Ok(one.cmp(other));
    }
    let (one, other) = float(one).zip(float(other)).ok_or(INCOMPATIBLE)?;
    one.partial_cmp(&other).ok_or(INCOMPATIBLE)
}

#[expect(clippy::cast_precision_loss, reason = "an integer beside a float")]
fn float(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Integer(value) => Some(*value as f64),
        Value::Float(value) => Some(*value),
        _ => None,
    }
}
