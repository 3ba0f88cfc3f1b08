//! The event after a mutator that changed the variable `event` and returned nothing.

use sensu_types::event::Event;
use serde_json::{Map, Value};

use super::variables;

/// Applies the changes between two states of the variable `event`, before and after the script, to the event.
///
/// Values without changes are those of the event, not those that JavaScript converted: times in nanoseconds are not
/// exact in JavaScript. `original` is the result of [`variables::flat_event`]. Members that events do not
/// have are dropped.
///
/// # Errors
/// If a changed value does not have the type of its field.
pub(super) fn apply(original: Value, before: &Value, after: Value) -> Result<Event, String> {
    let mut value = merge(Some(original), before, after).unwrap_or_default();
    variables::unflatten_event(&mut value);
    serde_json::from_value(value).map_err(|error| format!("the mutator changed the event: {error}"))
}

/// `None` for a member that has no original value and no changes: a zero value.
fn merge(original: Option<Value>, before: &Value, after: Value) -> Option<Value> {
    if *before == after {
        return original;
    }
    match (original, before, after) {
        (Some(Value::Object(mut original)), Value::Object(before), Value::Object(after)) => {
            let mut merged = Map::new();
            for (name, after) in after {
                let original = original.shift_remove(&name);
                let value = match before.get(&name) {
                    Some(before) => merge(original, before, after),
                    None => Some(after),
                };
                merged.extend(value.map(|value| (name, value)));
            }
            Some(Value::Object(merged))
        }
        (Some(Value::Array(original)), Value::Array(before), Value::Array(after))
            if original.len() == before.len() =>
        {
            let mut original = original.into_iter().zip(before);
            let merged = after.into_iter().map(|after| match original.next() {
                Some((original, before)) => {
                    merge(Some(original), before, after).unwrap_or_default()
                }
                None => after,
            });
            Some(Value::Array(merged.collect()))
        }
        (_, _, after) => Some(after),
    }
}
