//! Merges the schemas of a type for requests and responses into one.
//!
//! The Rust client has one type for both: an object that was read can be changed and written back, and
//! responses of other releases of Sensu, which may lack fields that our server always returns, can be
//! decoded. A merge patch is any object, because an `Option` cannot distinguish `null` from absent.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// Suffixes of schemas for requests.
const REQUESTS: [&str; 2] = ["Input", "Create"];
const PATCH: &str = "Patch";
/// The schema of all patches.
const MERGE_PATCH: &str = "MergePatch";
const PATCH_DESCRIPTION: &str = "An RFC 7396 merge patch: the fields to change. `null` removes a field; absent \
    fields stay unchanged. Name and namespace cannot be changed.";
/// Metadata whose identity is partial, or whose names have a format of their own.
const METADATA: [&str; 4] = ["ClusterObjectMeta", "PartialObjectMeta", "AssetMeta", "RoleMeta"];

/// Merges the schemas, and redirects all references.
pub(crate) fn merge(document: &mut Value) {
    let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut)
    else {
        return;
    };
    let names: BTreeMap<String, String> = schemas
        .keys()
        .filter_map(|name| Some((name.clone(), replacement(name, schemas)?)))
        .collect();
    for (name, base) in &names {
        let removed = schemas.shift_remove(name);
        if let (Some(removed), true) = (removed, name.ends_with("Input"))
            && let Some(base) = schemas.get_mut(base)
        {
            add_request(base, &removed);
        }
    }
    schemas.values_mut().for_each(require_without_defaults);
    if names.values().any(|base| base == MERGE_PATCH) {
        schemas.insert(
            MERGE_PATCH.into(),
            json!({ "description": PATCH_DESCRIPTION, "type": "object", "additionalProperties": true }),
        );
    }
    redirect(document, &names);
}

/// The schema that replaces this one.
fn replacement(name: &str, schemas: &Map<String, Value>) -> Option<String> {
    let is_metadata = |name: &str| METADATA.contains(&name);
    if is_metadata(name)
        || REQUESTS.iter().any(|one| name.strip_suffix(one).is_some_and(is_metadata))
    {
        return Some("ObjectMeta".into());
    }
    if name.strip_suffix(PATCH).is_some_and(|base| schemas.contains_key(base)) {
        return Some(MERGE_PATCH.into());
    }
    let base = REQUESTS.iter().find_map(|suffix| name.strip_suffix(suffix))?;
    schemas.contains_key(base).then(|| base.to_owned())
}

/// Adds the fields that only requests have, and requires what requests require.
fn add_request(base: &mut Value, request: &Value) {
    let fields = request["properties"].as_object().into_iter().flatten();
    let missing = fields.filter(|(field, _)| base["properties"].get(*field).is_none());
    let missing: Vec<_> = missing.map(|(field, schema)| (field.clone(), schema.clone())).collect();
    if let Some(properties) = base["properties"].as_object_mut() {
        properties.extend(missing);
    }
    base["required"] = request["required"].clone();
}

/// Optional fields are those with a default.
fn require_without_defaults(schema: &mut Value) {
    let properties = schema["properties"].clone();
    let Some(map) = schema.as_object_mut() else { return };
    if let Some(Value::Array(required)) = map.get_mut("required") {
        required.retain(|field| {
            properties[field.as_str().unwrap_or_default()].get("default").is_none()
        });
    }
    if map.get("required").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        map.shift_remove("required");
    }
}

fn redirect(value: &mut Value, names: &BTreeMap<String, String>) {
    match value {
        Value::Object(map) => {
            let target = map.get("$ref").and_then(Value::as_str);
            let target = target.and_then(|target| target.strip_prefix("#/components/schemas/"));
            if let Some(name) = target.and_then(|target| names.get(target)) {
                map.insert("$ref".into(), format!("#/components/schemas/{name}").into());
            }
            map.values_mut().for_each(|value| redirect(value, names));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| redirect(item, names)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_responses_have_one_type() {
        let reference = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
        let mut document = json!({
            "body": [reference("AInput"), reference("ACreate"), reference("APatch"), reference("Input")],
            "components": { "schemas": {
                "A": { "properties": { "x": { "default": 0 }, "y": {} }, "required": ["x", "y"] },
                "AInput": { "properties": { "x": { "default": 0 }, "z": reference("AInput") }, "required": ["z"] },
                "ACreate": {}, "APatch": {}, "Input": {}, "B": { "properties": {}, "required": [] },
            } },
        });
        merge(&mut document);
        let bodies = ["A", "A", "MergePatch", "Input"].map(reference);
        assert_eq!(document["body"], json!(bodies));
        let schemas = document["components"]["schemas"].as_object().expect("schemas");
        assert_eq!(schemas.keys().collect::<Vec<_>>(), ["A", "Input", "B", "MergePatch"]);
        assert_eq!(
            schemas["A"],
            json!({ "properties": { "x": { "default": 0 }, "y": {}, "z": reference("A") }, "required": ["z"] })
        );
        assert_eq!(schemas["B"], json!({ "properties": {} }));
    }
}
