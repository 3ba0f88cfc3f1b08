//! The document as progenitor supports it.
//!
//! - Merge patches have the media type of JSON, YAML that of text. The client sets theirs when it sends the request.
//! - There are no bounds, which progenitor turns into one type per field or parameter. The server checks
//!   them: an older client would reject values that a newer server accepts. So enumerations are texts.
//! - Requests and responses have one type (`one_type.rs`).
//! - A nullable schema is an alternative to null, which progenitor turns into an `Option`.

use serde_json::{Map, Value, json};

use crate::one_type;

/// Media types of request bodies, and those that progenitor supports instead.
const MEDIA_TYPES: [(&str, &str); 2] =
    [("application/merge-patch+json", "application/json"), ("application/yaml", "text/plain")];

/// Bounds of values that have a type.
const BOUNDS: [&str; 5] = ["pattern", "minLength", "maxLength", "minItems", "enum"];

/// The simplified document.
///
/// # Errors
/// If the document is not JSON.
pub(crate) fn simplified(document: &str) -> anyhow::Result<Value> {
    let mut document: Value = serde_json::from_str(document)?;
    one_type::merge(&mut document);
    simplify_schemas(&mut document);
    Ok(document)
}

/// The simplified document of the test kit: requests and responses have types of their own, because no object is
/// read, changed and written back.
///
/// # Errors
/// If the document is not JSON.
pub(crate) fn simplified_test_kit(document: &str) -> anyhow::Result<Value> {
    let mut document: Value = serde_json::from_str(document)?;
    simplify_schemas(&mut document);
    Ok(document)
}

fn simplify_schemas(document: &mut Value) {
    let schemas = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut);
    let mut named = Named::default();
    if let Some(schemas) = schemas {
        schemas.retain(|name, schema| {
            if schema.get("enum").is_some() {
                named.texts.push((reference(name), schema.clone()));
                return false;
            }
            if schema.as_object_mut().and_then(|map| map.shift_remove("nullable")).is_some() {
                named.nullable.push(reference(name));
            }
            true
        });
    }
    simplify(document, &named);
}

/// References to schemas that are not used as they are.
#[derive(Default)]
struct Named {
    /// Enumerations, and their schemas.
    texts: Vec<(Value, Value)>,
    /// Schemas that include null.
    nullable: Vec<Value>,
}

fn reference(name: &str) -> Value {
    format!("#/components/schemas/{name}").into()
}

fn simplify(value: &mut Value, named: &Named) {
    match value {
        Value::Object(map) => {
            media_types(map);
            without_bounds(map);
            null(map);
            if replace_reference(map, named) {
                // The new schema contains the reference again.
                return;
            }
            map.values_mut().for_each(|value| simplify(value, named));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| simplify(value, named)),
        _ => {}
    }
}

fn media_types(map: &mut Map<String, Value>) {
    for (sent, supported) in MEDIA_TYPES {
        if let Some(body) = map.shift_remove(sent) {
            map.insert(supported.into(), body);
        }
    }
}

fn without_bounds(map: &mut Map<String, Value>) {
    // A property named `type` is an object, not a string.
    let kind = map.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    if !kind.is_empty() {
        BOUNDS.iter().for_each(|bound| drop(map.shift_remove(*bound)));
    }
    if kind == "string" {
        map.shift_remove("format");
    }
    if kind == "integer" && map.contains_key("maximum") {
        map.insert("minimum".into(), 0.into());
        map.insert("maximum".into(), u32::MAX.into());
    }
}

/// Replaces a reference, alone or as the only part of `allOf`. Returns whether it did.
fn replace_reference(map: &mut Map<String, Value>, named: &Named) -> bool {
    let key = match map.get("allOf").and_then(Value::as_array) {
        Some(all) if all.len() == 1 => "allOf",
        _ => "$ref",
    };
    let target = match map.get(key) {
        Some(Value::Array(all)) => all.first().and_then(|one| one.get("$ref")).cloned(),
        target => target.cloned(),
    };
    let Some(target) = target else { return false };
    if let Some((_, text)) = named.texts.iter().find(|(reference, _)| *reference == target) {
        map.shift_remove(key);
        map.insert("type".into(), "string".into());
        if let Some(description) = text.get("description") {
            map.entry("description").or_insert_with(|| description.clone());
        }
        let can_be_empty =
            text["enum"].as_array().is_some_and(|values| values.contains(&"".into()));
        if can_be_empty {
            map.insert("default".into(), "".into());
        }
    } else if named.nullable.contains(&target) {
        map.shift_remove(key);
        map.insert("oneOf".into(), json!([{ "$ref": target }, { "enum": [null] }]));
    } else {
        return false;
    }
    true
}

fn null(map: &mut Map<String, Value>) {
    if map.shift_remove("nullable").is_some() {
        for bound in ["minimum", "maximum"] {
            map.shift_remove(bound);
        }
        let parts =
            ["type", "items", "format"].iter().filter_map(|key| map.shift_remove_entry(*key));
        let some: Map<String, Value> = parts.collect();
        map.insert("oneOf".into(), json!([some, { "enum": [null] }]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enumerations_are_texts_and_nullable_schemas_are_optional() {
        let document = json!({
            "components": { "schemas": {
                "Color": { "type": "string", "enum": ["red"] },
                "Maybe": { "type": "object", "nullable": true },
                "A": { "properties": {
                    "color": { "description": "x", "allOf": [{ "$ref": "#/components/schemas/Color" }] },
                    "maybe": { "$ref": "#/components/schemas/Maybe" },
                    "list": { "type": "array", "items": { "type": "string" }, "nullable": true },
                    "nth": { "type": "integer", "format": "int64", "minimum": 1, "nullable": true },
                } },
            } },
        });
        let simplified = simplified(&document.to_string()).expect("JSON");
        let absent = json!({ "enum": [null] });
        assert_eq!(
            simplified["components"]["schemas"],
            json!({
                "Maybe": { "type": "object" },
                "A": { "properties": {
                    "color": { "description": "x", "type": "string" },
                    "maybe": { "oneOf": [{ "$ref": "#/components/schemas/Maybe" }, absent] },
                    "list": { "oneOf": [{ "type": "array", "items": { "type": "string" } }, absent] },
                    "nth": { "oneOf": [{ "type": "integer", "format": "int64" }, absent] },
                } },
            })
        );
    }
}
