//! Validates responses of a live server against the document.

use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};

use sensu_client::ObservedResponse;
use sensu_tests::{Document, Operation};
use serde_json::{Value, json};

/// Validators by schema: compiling one takes longer than using it.
type Validators = BTreeMap<String, jsonschema::Validator>;

/// Everything in which responses differ from the document, and operations that only one of them has.
pub(crate) fn violations(document: &Document, responses: &[ObservedResponse]) -> Vec<String> {
    let operations = document.operations();
    let documented: BTreeSet<&str> = operations.iter().map(|op| op.id.as_str()).collect();
    let called: BTreeSet<&str> = responses.iter().map(|response| response.operation).collect();
    let mut found = Vec::new();
    for id in documented.symmetric_difference(&called) {
        found.push(format!("{id}: only in the document, or only called"));
    }
    let mut validators = Validators::default();
    for response in responses {
        if let Some(operation) = operations.iter().find(|op| op.id == response.operation)
            && let Err(why) = validate(document, operation, response, &mut validators)
        {
            let body = String::from_utf8_lossy(&response.body);
            found.push(format!("{} {}: {why}\n  {body}", response.operation, response.status));
        }
    }
    found
}

/// Validates one response: status, required headers, content type and body.
fn validate(
    document: &Document,
    operation: &Operation,
    response: &ObservedResponse,
    validators: &mut Validators,
) -> Result<(), String> {
    let status = response.status.as_u16().to_string();
    let documented = document.resolve(&operation.value["responses"][&status]);
    if documented.is_null() {
        return Err("the status is not documented".into());
    }
    for (name, header) in documented["headers"].as_object().into_iter().flatten() {
        if document.resolve(header)["required"] == true && !response.headers.contains_key(name) {
            return Err(format!("the header {name} is missing"));
        }
    }
    let media_type = response.headers.get("content-type").and_then(|value| value.to_str().ok());
    let media_type = media_type.unwrap_or_default();
    let content = documented["content"].as_object();
    if let Some(other) = content.and_then(|content| content.keys().next())
        && other != "application/json"
    {
        return match media_type.split(';').next() == Some(other) {
            true => Ok(()),
            false => Err(format!("content type {media_type:?}")),
        };
    }
    let schema = &documented["content"]["application/json"]["schema"];
    if schema.is_null() {
        return match response.body.is_empty() {
            true => Ok(()),
            false => Err("a body where none is documented".into()),
        };
    }
    if media_type != "application/json" {
        return Err(format!("content type {media_type:?}"));
    }
    let body: Value = serde_json::from_slice(&response.body).map_err(|e| e.to_string())?;
    let validator = match validators.entry(schema.to_string()) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(new) => new.insert(validator(document, schema)?),
    };
    let errors: Vec<String> = validator
        .iter_errors(&body)
        .map(|error| format!("{} at {}", error, error.instance_path()))
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(errors.join("; ")) }
}

fn validator(document: &Document, schema: &Value) -> Result<jsonschema::Validator, String> {
    let mut whole = schema.clone();
    whole["components"] = json!({ "schemas": document.json()["components"]["schemas"] });
    forbid_undocumented_fields(&mut whole);
    allow_null(&mut whole);
    jsonschema::draft4::new(&whole).map_err(|e| e.to_string())
}

/// Allows null where OpenAPI does: JSON Schema has no `nullable`.
fn allow_null(value: &mut Value) {
    if value["nullable"] == true {
        value["type"] = json!([value["type"], "null"]);
    }
    match value {
        Value::Object(map) => map.values_mut().for_each(allow_null),
        Value::Array(items) => items.iter_mut().for_each(allow_null),
        _ => {}
    }
}

/// Forbids fields that the schema does not describe, so that an undocumented one is found.
fn forbid_undocumented_fields(value: &mut Value) {
    if let Value::Object(map) = value {
        let has_fields = map.get("properties").is_some_and(Value::is_object);
        if has_fields && !map.contains_key("additionalProperties") {
            map.insert("additionalProperties".into(), false.into());
        }
    }
    match value {
        Value::Object(map) => map.values_mut().for_each(forbid_undocumented_fields),
        Value::Array(items) => items.iter_mut().for_each(forbid_undocumented_fields),
        _ => {}
    }
}
