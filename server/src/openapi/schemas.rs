//! Rewrites derived schemas into forms that generators and linters support.

use serde_json::{Map, Value};

use super::walk;

/// Rewrites all schemas. Their meaning does not change.
pub(super) fn tidy(document: &mut Value) {
    walk(document, &mut |map| {
        returned(map);
        defaults(map);
        null(map);
        integers(map);
        titles(map);
        empty_enums(map);
        write_only(map);
        required(map);
    });
    let named = document["components"]["schemas"].as_object().cloned().unwrap_or_default();
    collapse(document, &named);
}

/// Lists the properties that the server always returns, as `x-returned`. schemars omits the default of
/// a property that is not serialized when it has that value.
fn returned(map: &mut Map<String, Value>) {
    let Some(Value::Object(properties)) = map.get("properties") else { return };
    let is_required = |name: &String| {
        map.get("required")
            .and_then(Value::as_array)
            .is_some_and(|all| all.iter().any(|one| one == name))
    };
    let returned: Vec<Value> = properties
        .iter()
        .filter(|(name, property)| {
            let has = |keyword| property.get(keyword).is_some();
            has("default") || has("x-set-by-server") || is_required(name)
        })
        .map(|(name, _)| name.as_str().into())
        .collect();
    map.insert("x-returned".into(), returned.into());
    if let Some(Value::Object(properties)) = map.get_mut("properties") {
        for property in properties.values_mut().filter_map(Value::as_object_mut) {
            property.shift_remove("x-set-by-server");
        }
    }
}

/// Removes `null` and object defaults, which mean nothing and break generators.
fn defaults(map: &mut Map<String, Value>) {
    // Only the keyword of a schema is meant, not a property called `default`.
    let of_a_schema =
        map.contains_key("type") || map.contains_key("allOf") || map.contains_key("$ref");
    if of_a_schema && matches!(map.get("default"), Some(Value::Null | Value::Object(_))) {
        map.shift_remove("default");
    }
    // Optional values are absent, never null. The fields that can be null are marked with `x-null`.
    if map.get("nullable") == Some(&Value::Bool(true)) {
        map.shift_remove("nullable");
    }
}

/// Makes schemas nullable that are marked as such.
fn null(map: &mut Map<String, Value>) {
    if map.shift_remove("x-null").is_some() {
        map.insert("nullable".into(), true.into());
    }
}

/// Replaces unsigned formats, which are not standard, by signed ones with bounds.
fn integers(map: &mut Map<String, Value>) {
    if map.get("type").and_then(Value::as_str) != Some("integer") {
        return;
    }
    let (format, maximum) = match map.get("format").and_then(Value::as_str) {
        Some("uint8") => ("int32", Some(u64::from(u8::MAX))),
        Some("uint16") => ("int32", Some(u64::from(u16::MAX))),
        Some("uint32") => ("int64", Some(u64::from(u32::MAX))),
        Some("uint64" | "uint") => ("int64", None),
        _ => return write_whole_bounds(map),
    };
    map.insert("format".into(), format.into());
    map.entry("minimum").or_insert_with(|| 0.into());
    write_whole_bounds(map);
    if let Some(maximum) = maximum {
        map.entry("maximum").or_insert_with(|| maximum.into());
    }
}

/// Writes the bounds of integers as integers.
pub(crate) fn write_whole_bounds(map: &mut Map<String, Value>) {
    for bound in ["minimum", "maximum"] {
        if let Some(value) = map.get_mut(bound)
            && let Some(Ok(number)) =
                value.as_f64().map(|number| format!("{number:.0}").parse::<u64>())
        {
            *value = number.into();
        }
    }
}

/// Removes titles that repeat the type.
fn titles(map: &mut Map<String, Value>) {
    let derived = |title: &Value| {
        title.as_str().is_some_and(|t| t.starts_with("Array_of_") || t.starts_with("Map_of_"))
    };
    if map.get("title").is_some_and(derived) {
        map.shift_remove("title");
    }
}

/// Removes `null` from the values of optional enumerations, unless it is the only value.
fn empty_enums(map: &mut Map<String, Value>) {
    if let Some(Value::Array(values)) = map.get_mut("enum")
        && values.len() > 1
    {
        values.retain(|value| !value.is_null());
    }
}

/// Write-only properties are not required, because the schema also describes responses.
fn write_only(map: &mut Map<String, Value>) {
    let properties = map.get("properties").cloned().unwrap_or_default();
    let Some(Value::Array(required)) = map.get_mut("required") else { return };
    required.retain(|name| properties[name.as_str().unwrap_or_default()]["writeOnly"] != true);
    if required.is_empty() {
        map.shift_remove("required");
    }
}

/// Requires the properties that are marked as required, and removes their defaults.
fn required(map: &mut Map<String, Value>) {
    let Some(Value::Object(properties)) = map.get_mut("properties") else { return };
    let mut names = Vec::new();
    for (name, property) in properties.iter_mut() {
        let Some(property) = property.as_object_mut() else { continue };
        if property.shift_remove("x-required").is_some() {
            property.shift_remove("default");
            names.push(Value::from(name.as_str()));
        }
    }
    if let Some(Value::Array(there)) = map.get_mut("required") {
        there.append(&mut names);
    } else if !names.is_empty() {
        map.insert("required".into(), names.into());
    }
}

/// Replaces `allOf` one schema by the schema, unless the description differs. Enumerations and nullable
/// schemas have the description of all fields that refer to them: generators do not see `null` through
/// `allOf`.
fn collapse(value: &mut Value, named: &Map<String, Value>) {
    if let Value::Object(map) = value
        && adds_nothing(map, named)
        && let Some(Value::Array(all)) = map.get_mut("allOf")
        && all.len() == 1
        && let Some(only) = all.pop()
    {
        *value = only;
    }
    match value {
        Value::Object(map) => map.values_mut().for_each(|value| collapse(value, named)),
        Value::Array(items) => items.iter_mut().for_each(|value| collapse(value, named)),
        _ => {}
    }
}

fn adds_nothing(map: &Map<String, Value>, named: &Map<String, Value>) -> bool {
    let text = map.get("description");
    let name = map.get("allOf").and_then(|all| all[0]["$ref"].as_str()?.rsplit('/').next());
    let schema = name.and_then(|name| named.get(name));
    let is_special = schema
        .is_some_and(|schema| schema.get("enum").is_some() || schema.get("nullable").is_some());
    let repeats = || text.is_some() && text == schema.and_then(|schema| schema.get("description"));
    is_special || map.len() == 1 || map.len() == 2 && repeats()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn schemas_are_simplified_without_a_change_of_meaning() {
        let mut schema = json!({
            "a": { "type": "integer", "format": "uint32", "minimum": 0.0 },
            "b": { "allOf": [{ "$ref": "#/x" }] },
            "c": { "allOf": [{ "$ref": "#/x" }], "default": {}, "description": "text" },
            "d": { "type": "string", "nullable": true, "default": null },
            "e": { "description": "text", "type": "object", "nullable": true, "x-null": true },
            "f": { "type": "string", "enum": ["a", null] },
            "g": { "description": "Own text.", "allOf": [{ "$ref": "#/components/schemas/x" }] },
            "components": { "schemas": { "x": { "description": "Own text." } } },
        });
        tidy(&mut schema);
        assert_eq!(
            schema,
            json!({
                "a": { "type": "integer", "format": "int64", "minimum": 0, "maximum": 4_294_967_295_u32 },
                "b": { "$ref": "#/x" },
                "c": { "allOf": [{ "$ref": "#/x" }], "description": "text" },
                "d": { "type": "string" },
                "e": { "description": "text", "type": "object", "nullable": true },
                "f": { "type": "string", "enum": ["a"] },
                "g": { "$ref": "#/components/schemas/x" },
                "components": { "schemas": { "x": { "description": "Own text." } } },
            })
        );
    }
}
