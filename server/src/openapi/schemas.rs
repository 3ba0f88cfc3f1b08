//! Cures for what generators and linters stumble over in derived schemas.

use serde_json::{Map, Value, json};

use super::walk;

/// Rewrites the schemas: the same meaning, in words that every tool understands.
pub(super) fn tidy(document: &mut Value) {
    walk(document, &mut |map| {
        defaults(map);
        null(map);
        integers(map);
        titles(map);
        empty_enums(map);
        write_only(map);
        required(map);
    });
    let texts = texts(document);
    collapse(document, &texts);
}

/// `null` and object defaults say nothing and break generators.
fn defaults(map: &mut Map<String, Value>) {
    // A property may be called `default` too; only a schema's own is meant.
    let of_a_schema =
        map.contains_key("type") || map.contains_key("allOf") || map.contains_key("$ref");
    if of_a_schema && matches!(map.get("default"), Some(Value::Null | Value::Object(_))) {
        map.shift_remove("default");
    }
    // An absent optional value is absent, never null; the one field that is null says so by hand.
    if map.get("nullable") == Some(&Value::Bool(true)) {
        map.shift_remove("nullable");
    }
}

/// What is null when it is not set: one of the object and nothing. `nullable` would say the same, but not
/// beside a reference, and then each field would need an object of its own.
fn null(map: &mut Map<String, Value>) {
    if map.shift_remove("x-null").is_some()
        && let Some(Value::Array(mut choices)) = map.shift_remove("allOf")
    {
        choices.push(json!({ "enum": [null] }));
        map.insert("oneOf".into(), choices.into());
    }
}

/// Unsigned formats are nobody's standard: use the signed ones, with bounds.
fn integers(map: &mut Map<String, Value>) {
    if map.get("type").and_then(Value::as_str) != Some("integer") {
        return;
    }
    let (format, maximum) = match map.get("format").and_then(Value::as_str) {
        Some("uint8") => ("int32", Some(u64::from(u8::MAX))),
        Some("uint16") => ("int32", Some(u64::from(u16::MAX))),
        Some("uint32") => ("int64", Some(u64::from(u32::MAX))),
        Some("uint64" | "uint") => ("int64", None),
        _ => return whole(map),
    };
    map.insert("format".into(), format.into());
    map.entry("minimum").or_insert_with(|| 0.into());
    whole(map);
    if let Some(maximum) = maximum {
        map.entry("maximum").or_insert_with(|| maximum.into());
    }
}

/// Bounds of integers are integers.
fn whole(map: &mut Map<String, Value>) {
    for bound in ["minimum", "maximum"] {
        if let Some(value) = map.get_mut(bound)
            && let Some(Ok(number)) =
                value.as_f64().map(|number| format!("{number:.0}").parse::<u64>())
        {
            *value = number.into();
        }
    }
}

/// Titles that only repeat the type.
fn titles(map: &mut Map<String, Value>) {
    let derived = |title: &Value| {
        title.as_str().is_some_and(|t| t.starts_with("Array_of_") || t.starts_with("Map_of_"))
    };
    if map.get("title").is_some_and(derived) {
        map.shift_remove("title");
    }
}

/// An optional enumeration lists `null` among its values. What lists nothing else means it.
fn empty_enums(map: &mut Map<String, Value>) {
    if let Some(Value::Array(values)) = map.get_mut("enum")
        && values.len() > 1
    {
        values.retain(|value| !value.is_null());
    }
}

/// What is never shown cannot be required: the same schema describes answers.
fn write_only(map: &mut Map<String, Value>) {
    let properties = map.get("properties").cloned().unwrap_or_default();
    let Some(Value::Array(required)) = map.get_mut("required") else { return };
    required.retain(|name| properties[name.as_str().unwrap_or_default()]["writeOnly"] != true);
    if required.is_empty() {
        map.shift_remove("required");
    }
}

/// Fields that are marked as such must be there; a default would say the contrary.
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

/// A list of one schema is that schema, unless there is more to say about it than it says of itself.
fn collapse(value: &mut Value, texts: &Map<String, Value>) {
    if let Value::Object(map) = value
        && says_no_more(map, texts)
        && let Some(Value::Array(all)) = map.get_mut("allOf")
        && all.len() == 1
        && let Some(only) = all.pop()
    {
        *value = only;
    }
    match value {
        Value::Object(map) => map.values_mut().for_each(|value| collapse(value, texts)),
        Value::Array(items) => items.iter_mut().for_each(|value| collapse(value, texts)),
        _ => {}
    }
}

fn says_no_more(map: &Map<String, Value>, texts: &Map<String, Value>) -> bool {
    let text = map.get("description");
    let name = map.get("allOf").and_then(|all| all[0]["$ref"].as_str()?.rsplit('/').next());
    map.len() == 1
        || map.len() == 2 && text.is_some() && text == name.and_then(|name| texts.get(name))
}

/// What each named schema says of itself.
fn texts(document: &Value) -> Map<String, Value> {
    let schemas = document["components"]["schemas"].as_object().into_iter().flatten();
    schemas.map(|(name, schema)| (name.clone(), schema["description"].clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_say_the_same_in_plainer_words() {
        let mut schema = json!({
            "a": { "type": "integer", "format": "uint32", "minimum": 0.0 },
            "b": { "allOf": [{ "$ref": "#/x" }] },
            "c": { "allOf": [{ "$ref": "#/x" }], "default": {}, "description": "kept" },
            "d": { "type": "string", "nullable": true, "default": null },
            "e": { "description": "kept", "allOf": [{ "$ref": "#/x" }], "x-null": true },
            "f": { "type": "string", "enum": ["a", null] },
            "g": { "description": "Of itself.", "allOf": [{ "$ref": "#/components/schemas/x" }] },
            "components": { "schemas": { "x": { "description": "Of itself." } } },
        });
        tidy(&mut schema);
        assert_eq!(
            schema,
            json!({
                "a": { "type": "integer", "format": "int64", "minimum": 0, "maximum": 4_294_967_295_u32 },
                "b": { "$ref": "#/x" },
                "c": { "allOf": [{ "$ref": "#/x" }], "description": "kept" },
                "d": { "type": "string" },
                "e": { "description": "kept", "oneOf": [{ "$ref": "#/x" }, { "enum": [null] }] },
                "f": { "type": "string", "enum": ["a"] },
                "g": { "$ref": "#/components/schemas/x" },
                "components": { "schemas": { "x": { "description": "Of itself." } } },
            })
        );
    }
}
