//! The document in OpenAPI 3.1.
//!
//! The content is the same, and schemas of requests exclude combinations of values. Schemas differ in form: `null`
//! is a type, and a description can stand beside a reference.

use serde_json::{Value, json};

use super::variants::combinations::EXTENSION;
use super::walk;

/// Rewrites a 3.0 document.
pub(super) fn rewrite(document: &mut Value) {
    document["openapi"] = "3.1.0".into();
    if let Some(license) = document["info"]["license"].as_object_mut() {
        let expression = license["name"].clone();
        license.shift_remove("url");
        license.insert("identifier".into(), expression);
    }
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        schemas.values_mut().for_each(|schema| walk(schema, &mut rewrite_schema));
    }
}

/// Rewrites one schema to JSON Schema 2020-12.
fn rewrite_schema(schema: &mut serde_json::Map<String, Value>) {
    if schema.shift_remove("nullable").is_some()
        && let Some(kind) = schema.get_mut("type")
    {
        *kind = json!([kind, "null"]);
        if let Some(Value::Array(values)) = schema.get_mut("enum") {
            values.push(Value::Null);
        }
    }
    if let Some(excluded) = schema.shift_remove(EXTENSION) {
        schema.insert("not".into(), excluded);
    }
    let only = schema.get("allOf").and_then(Value::as_array).filter(|all| all.len() == 1);
    if let Some(reference) = only.and_then(|all| all[0].get("$ref")).cloned() {
        schema.shift_remove("allOf");
        schema.shift_insert(0, "$ref".into(), reference);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_are_rewritten_without_a_change_of_meaning() {
        let mut document = json!({ "openapi": "3.0.3", "info": { "license": { "name": "MIT", "url": "x" } },
            "components": { "schemas": { "A": { "properties": {
                "a": { "type": "array", "items": { "$ref": "#/x" }, "nullable": true },
                "b": { "description": "text", "allOf": [{ "$ref": "#/x" }] },
                "c": { "type": "string", "nullable": true, "enum": ["x"] },
            }, "x-not": { "required": ["a"] } } } } });
        rewrite(&mut document);
        assert_eq!(
            document,
            json!({ "openapi": "3.1.0", "info": { "license": { "name": "MIT", "identifier": "MIT" } },
                "components": { "schemas": { "A": { "properties": {
                    "a": { "type": ["array", "null"], "items": { "$ref": "#/x" } },
                    "b": { "$ref": "#/x", "description": "text" },
                    "c": { "type": ["string", "null"], "enum": ["x", null] },
                }, "not": { "required": ["a"] } } } } })
        );
    }
}
