//! Headers of answers: those that every answer has, and those that go with a status.

use serde_json::{Value, json};

use super::each;

/// Adds the headers, by reference: each is described once.
pub(super) fn add(document: &mut Value) {
    document["components"]["headers"] = json!({
        "X-Request-Id": {
            "description": "The number of the request, a UUID. The server's log has it, too.",
            "required": true,
            "schema": { "type": "string", "format": "uuid" },
        },
        "Retry-After": {
            "description": "Seconds to wait before trying again.",
            "required": true,
            "schema": { "type": "integer", "format": "int64", "minimum": 0 },
        },
        "WWW-Authenticate": {
            "description": "The scheme to authenticate with.",
            "required": true,
            "schema": { "type": "string" },
        },
    });
    if let Some(errors) = document["components"]["responses"].as_object_mut() {
        errors.values_mut().for_each(identified);
    }
    each(document, |operation| {
        let responses = operation.value["responses"].as_object_mut();
        for (_, response) in responses.into_iter().flatten() {
            if response.get("$ref").is_none() {
                identified(response);
            }
        }
    });
}

/// A reference to a header that is described once.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/headers/{name}") })
}

fn identified(response: &mut Value) {
    response["headers"]["X-Request-Id"] = reference("X-Request-Id");
}
