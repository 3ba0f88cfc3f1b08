//! Reads and writes JSON values at JSON pointers.

use serde_json::{Map, Value};

/// A value as a user would type it: strings bare, lists with commas, nothing for null.
pub(crate) fn display(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(values)) => {
            values.iter().map(|value| display(Some(value))).collect::<Vec<_>>().join(",")
        }
        Some(other) => other.to_string(),
    }
}

/// The text at a pointer; empty if there is none.
pub(crate) fn text(object: &Value, pointer: &str) -> String {
    display(object.pointer(pointer))
}

/// The list at a pointer; empty if there is none.
pub(crate) fn list<'a>(object: &'a Value, pointer: &str) -> &'a [Value] {
    object.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// Sets the value at a pointer. Creates the objects and lists on the way.
pub(crate) fn set(object: &mut Value, pointer: &str, value: Value) {
    let mut here = object;
    for segment in pointer.trim_start_matches('/').split('/') {
        here = match segment.parse::<usize>() {
            Ok(index) => {
                if !here.is_array() {
                    *here = Value::Array(Vec::new());
                }
                let Value::Array(list) = here else { return };
                while list.len() <= index {
                    list.push(Value::Null);
                }
                let Some(item) = list.get_mut(index) else { return };
                item
            }
            Err(_) => {
                if !here.is_object() {
                    *here = Value::Object(Map::new());
                }
                let Value::Object(map) = here else { return };
                map.entry(segment).or_insert(Value::Null)
            }
        };
    }
    *here = value;
}

/// Removes the field at a pointer.
pub(crate) fn remove(object: &mut Value, pointer: &str) {
    let Some((parent, field)) = pointer.rsplit_once('/') else { return };
    if let Some(Value::Object(fields)) = object.pointer_mut(parent) {
        fields.shift_remove(field);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn setting_a_value_creates_the_objects_and_lists_on_the_way() {
        let mut object = json!({"type": "tcp"});
        set(&mut object, "/socket/port", json!(99));
        set(&mut object, "/rules/0/verbs", json!(["get"]));
        assert_eq!(
            object,
            json!({"type": "tcp", "socket": {"port": 99}, "rules": [{"verbs": ["get"]}]})
        );
        remove(&mut object, "/socket/port");
        assert_eq!(object["socket"], json!({}));
    }
}
