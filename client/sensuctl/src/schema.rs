//! Which fields a type has: from the API's own document.

use std::sync::LazyLock;

use serde_json::Value;

/// The schemas of the published document without their texts, read when first needed.
static SCHEMAS: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("schemas.json")).unwrap_or_default());

/// The path of a field that the type does not have, if there is one.
pub(crate) fn unknown_field(kind: &str, object: &Value) -> Option<String> {
    let mut path = Vec::new();
    unknown(&SCHEMAS, of(kind)?, object, &mut path).then(|| path.join("."))
}

/// The schema of a type. They have the same names, but for API keys.
fn of(kind: &str) -> Option<&'static Value> {
    SCHEMAS.get(if kind == "APIKey" { "ApiKey" } else { kind })
}

/// Looks for an unknown field; leaves its path in `path`.
fn unknown(schemas: &Value, schema: &Value, value: &Value, path: &mut Vec<String>) -> bool {
    let schema = resolved(schemas, schema);
    match value {
        Value::Object(fields) => {
            let Some(known) = schema.get("properties").and_then(Value::as_object) else {
                return false;
            };
            fields.iter().any(|(name, value)| {
                path.push(name.clone());
                let found = match known.get(name) {
                    Some(schema) => unknown(schemas, schema, value, path),
                    None => schema.get("additionalProperties").is_none_or(|other| other == false),
                };
                if !found {
                    path.pop();
                }
                found
            })
        }
        Value::Array(items) => {
            let Some(schema) = schema.get("items") else { return false };
            items.iter().enumerate().any(|(position, item)| {
                path.push(position.to_string());
                let found = unknown(schemas, schema, item, path);
                if !found {
                    path.pop();
                }
                found
            })
        }
        _ => false,
    }
}

/// The schema behind a reference.
fn resolved<'a>(schemas: &'a Value, schema: &'a Value) -> &'a Value {
    let parts = ["allOf", "anyOf", "oneOf"].iter().find_map(|list| schema.get(*list)?.as_array());
    let inner = parts.and_then(|parts| parts.iter().find(|part| part.get("$ref").is_some()));
    let reference = inner.unwrap_or(schema).get("$ref").and_then(Value::as_str);
    let name = reference.and_then(|reference| reference.rsplit('/').next());
    match name.and_then(|name| schemas.get(name)) {
        Some(found) => resolved(schemas, found),
        None => schema,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource;

    #[test]
    fn every_resource_has_a_schema() {
        for resource in resource::ALL {
            assert!(of(resource.kind).is_some(), "{}", resource.kind);
        }
    }
}
