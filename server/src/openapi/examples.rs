//! Examples: recorded requests and responses, unchanged (decision record 0006).

use serde_json::{Map, Value, json};

use super::facts::Operation;
use super::{Described, each};

/// Adds the recorded examples of each operation. Optional parameters get none, because docs
/// browsers would send them.
pub(super) fn add(document: &mut Value, operations: &[Operation], recorded: &Value) {
    let shared = document["components"]["responses"].clone();
    let mut own = Vec::new();
    each(document, operations, |operation| {
        let id = operation.value["operationId"].as_str().unwrap_or_default().to_owned();
        let example = &recorded[&id];
        let Described { value, .. } = operation;
        let parameters = value.get_mut("parameters").and_then(Value::as_array_mut);
        for parameter in parameters.into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap_or_default();
            let place = parameter["in"].as_str().filter(|_| parameter["required"] == true);
            if let Some(text) = place.and_then(|place| example[place].get(name)) {
                parameter["example"] = text.clone();
            }
        }
        if let (Some(described), Some(body)) = (value.get_mut("requestBody"), example.get("body")) {
            set_examples(described, &of_request(example.get("minimal"), body));
        }
        let status = success(&value["responses"]);
        if let (Some(status), Some(response)) = (status, example.get("response")) {
            set_examples(&mut value["responses"][&status], &named(response));
        }
        for (status, error) in example["errors"].as_object().into_iter().flatten() {
            let name =
                value["responses"][status]["$ref"].as_str().and_then(|r| r.rsplit('/').next());
            let Some(name) = name else { continue };
            let mut response = shared[name].clone();
            set_examples(&mut response, &named(error));
            own.push(name.to_owned());
            value["responses"][status] = response;
        }
    });
    drop_unused(document, operations, &own);
}

/// The status of the successful response.
pub(super) fn success(responses: &Value) -> Option<String> {
    let statuses = responses.as_object().into_iter().flat_map(Map::keys);
    statuses.into_iter().find(|status| status.starts_with('2')).cloned()
}

/// Sets the examples of a body, for all its media types. They have names, because docs browsers fail on
/// a `null` inside of an unnamed one.
fn set_examples(described: &mut Value, examples: &Value) {
    let content = described.get_mut("content").and_then(Value::as_object_mut);
    for (_, body) in content.into_iter().flatten() {
        body["examples"] = examples.clone();
    }
}

/// The examples of a response: one, as it was recorded.
pub(super) fn named(example: &Value) -> Value {
    json!({ "recorded": { "value": example } })
}

/// The examples of a request body: a short one first, if the other has many fields.
fn of_request(minimal: Option<&Value>, body: &Value) -> Value {
    match minimal {
        Some(minimal) => json!({
            "minimal": { "summary": "Few fields", "value": minimal },
            "full": { "summary": "Most fields", "value": body },
        }),
        None => json!({ "typical": { "value": body } }),
    }
}

/// Removes shared responses that every operation has replaced by its own.
fn drop_unused(document: &mut Value, operations: &[Operation], own: &[String]) {
    let mut used = Vec::new();
    each(document, operations, |operation| {
        let responses = operation.value["responses"].as_object();
        let references = responses.into_iter().flat_map(Map::values);
        used.extend(references.filter_map(|response| response["$ref"].as_str().map(str::to_owned)));
    });
    let Some(shared) = document["components"]["responses"].as_object_mut() else { return };
    shared.retain(|name, _| {
        let reference = json!(format!("#/components/responses/{name}"));
        used.iter().any(|used| *used == reference) || !own.contains(name)
    });
}
