//! The variables `event` and `entity` of scripts.
//!
//! They are the JSON objects with two differences: the members of `metadata` are members of the event, the
//! check and the entity themselves, and fields that are omitted in JSON if they are empty have zero values.

use sensu_types::entity::Entity;
use sensu_types::event::{Check, Event};
use serde_json::{Map, Value};

use super::zero_values::{self as zero, Fields, complete};

/// The state of a check that changes its status too often.
const FLAPPING: &str = "flapping";

/// The event with the members of `metadata` in their places, and without zero values: what the changes of a
/// mutator are compared with.
///
/// # Errors
/// If the event cannot be represented in JSON.
pub(super) fn flat_event(event: &Event) -> Result<Value, serde_json::Error> {
    let mut value = serde_json::to_value(event)?;
    flatten(&mut value);
    for part in ["check", "entity"] {
        if let Some(part) = value.get_mut(part) {
            flatten(part);
        }
    }
    Ok(value)
}

/// Completes the result of [`flat_event`] to the variable `event`. `previous_state` is `check.state` of the previous
/// event.
pub(super) fn event(mut value: Value, event: &Event, previous_state: Option<&str>) -> Value {
    let Some(object) = value.as_object_mut() else { return value };
    complete(object, zero::METADATA);
    complete(object, zero::EVENT);
    if let Some(check) = object.get_mut("check") {
        complete_check(check);
    }
    if let Some(entity) = object.get_mut("entity") {
        complete_entity(entity);
    }
    if let Some(metrics) = object.get_mut("metrics") {
        complete_each(metrics, "points", zero::POINT);
    }
    let check = event.check.as_ref();
    let is_resolution = check.is_some_and(is_resolution);
    let is_silenced = check.is_some_and(is_silenced);
    let is_flapping = check.is_some_and(|check| check.state == FLAPPING);
    let was_flapping = previous_state == Some(FLAPPING);
    for (name, holds) in [
        ("has_check", check.is_some()),
        ("has_metrics", event.metrics.is_some()),
        ("is_incident", check.is_some_and(|check| check.status != 0)),
        ("is_resolution", is_resolution),
        ("is_silenced", is_silenced),
        ("is_flapping_start", is_flapping && previous_state.is_some() && !was_flapping),
        ("is_flapping_end", check.is_some() && !is_flapping && was_flapping),
    ] {
        object.insert(name.to_owned(), Value::Bool(holds));
    }
    if let Some(Value::Object(check)) = object.get_mut("check") {
        check.insert("is_silenced".to_owned(), Value::Bool(is_silenced));
    }
    value
}

/// The variable `entity`.
///
/// # Errors
/// If the entity cannot be represented in JSON.
pub(super) fn entity(entity: &Entity) -> Result<Value, serde_json::Error> {
    let mut value = serde_json::to_value(entity)?;
    flatten(&mut value);
    complete_entity(&mut value);
    Ok(value)
}

/// Moves the members of `metadata` of the event, the check and the entity back.
pub(super) fn unflatten_event(value: &mut Value) {
    for part in ["check", "entity"] {
        if let Some(part) = value.get_mut(part) {
            unflatten(part);
        }
    }
    unflatten(value);
}

fn is_silenced(check: &Check) -> bool {
    check.is_silenced.unwrap_or(!check.silenced.is_empty())
}

/// Status 0 after another one: the entry before the last of the history is that of the previous result.
fn is_resolution(check: &Check) -> bool {
    let previous = check.history.iter().rev().nth(1);
    check.status == 0 && previous.is_some_and(|previous| previous.status != 0)
}

fn flatten(value: &mut Value) {
    let Some(object) = value.as_object_mut() else { return };
    if let Some(Value::Object(metadata)) = object.shift_remove("metadata") {
        object.extend(metadata);
    }
}

fn unflatten(value: &mut Value) {
    let Some(object) = value.as_object_mut() else { return };
    let names = zero::METADATA.iter().map(|(name, _)| *name);
    let metadata: Map<String, Value> =
        names.filter_map(|name| object.shift_remove_entry(name)).collect();
    object.insert("metadata".to_owned(), Value::Object(metadata));
}

fn complete_check(check: &mut Value) {
    let Some(object) = check.as_object_mut() else { return };
    complete(object, zero::METADATA);
    complete(object, zero::CHECK);
    complete_each(check, "hooks", zero::HOOK);
}

fn complete_entity(entity: &mut Value) {
    let Some(object) = entity.as_object_mut() else { return };
    complete(object, zero::METADATA);
    complete(object, zero::ENTITY);
    if let Some(Value::Object(deregistration)) = object.get_mut("deregistration") {
        complete(deregistration, zero::DEREGISTRATION);
    }
    let Some(system) = object.get_mut("system") else { return };
    if let Some(system) = system.as_object_mut() {
        complete(system, zero::SYSTEM);
    }
    if let Some(network) = system.get_mut("network") {
        complete_each(network, "interfaces", zero::INTERFACE);
    }
}

/// Completes the objects of a list, which is a member of an object.
fn complete_each(object: &mut Value, list: &str, fields: Fields) {
    let list = object.get_mut(list).and_then(Value::as_array_mut);
    for item in list.into_iter().flatten().filter_map(Value::as_object_mut) {
        complete(item, fields);
    }
}

#[cfg(test)]
mod tests;
