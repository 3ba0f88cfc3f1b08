//! Schemas of the resources, generated from the OpenAPI document: which fields an object may have.

use std::sync::LazyLock;

use serde_json::Value;

/// The schemas without texts and constraints, parsed on first use.
static SCHEMAS: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("schemas.json")).unwrap_or_default());

/// Whether the document has a schema with this name.
#[cfg(test)]
pub(crate) fn exists(name: &str) -> bool {
    SCHEMAS.get(name).is_some()
}

/// The paths of all fields of a schema, such as `rules.verbs`, without segments for items of lists.
#[cfg(test)]
pub(crate) fn field_paths(schema: &str) -> Vec<String> {
    fn add(schema: &'static Value, above: &str, paths: &mut Vec<String>) {
        let schema = resolve(schema);
        if let Some(items) = schema.get("items") {
            return add(items, above, paths);
        }
        let fields = schema.get("properties").and_then(Value::as_object);
        for (name, schema) in fields.into_iter().flatten() {
            let path = format!("{above}{name}");
            add(schema, &format!("{path}."), paths);
            paths.push(path);
        }
    }
    let mut paths = Vec::new();
    add(&SCHEMAS[schema], "", &mut paths);
    paths
}

/// The path of the first field of `object` that its schema does not have, such as `rules.0.verb`.
pub(crate) fn unknown_field(schema: &str, object: &Value) -> Option<String> {
    let mut path = Vec::new();
    find_unknown(SCHEMAS.get(schema)?, object, &mut path).then(|| path.join("."))
}

/// Leaves the path of the field in `path` if it returns true.
fn find_unknown(schema: &'static Value, value: &Value, path: &mut Vec<String>) -> bool {
    let schema = resolve(schema);
    match value {
        Value::Object(fields) => {
            let Some(known) = schema.get("properties").and_then(Value::as_object) else {
                return false;
            };
            fields.iter().any(|(name, value)| {
                path.push(name.clone());
                let found = match known.get(name) {
                    Some(schema) => find_unknown(schema, value, path),
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
                let found = find_unknown(schema, item, path);
                if !found {
                    path.pop();
                }
                found
            })
        }
        _ => false,
    }
}

/// Follows `$ref`, also inside `allOf`, `anyOf` and `oneOf`.
fn resolve(schema: &'static Value) -> &'static Value {
    let parts = ["allOf", "anyOf", "oneOf"].iter().find_map(|list| schema.get(*list)?.as_array());
    let inner = parts.and_then(|parts| parts.iter().find(|part| part.get("$ref").is_some()));
    let reference = inner.unwrap_or(schema).get("$ref").and_then(Value::as_str);
    let name = reference.and_then(|reference| reference.rsplit('/').next());
    match name.and_then(|name| SCHEMAS.get(name)) {
        Some(found) => resolve(found),
        None => schema,
    }
}
