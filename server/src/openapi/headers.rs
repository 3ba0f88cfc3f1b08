//! Response headers: those of every response, and those of a status.

use serde_json::{Value, json};

use super::each;
use super::facts::Operation;

/// Adds the headers, by reference to one description each.
pub(super) fn add(document: &mut Value, operations: &[Operation]) {
    document["components"]["headers"] = json!({
        "X-Request-Id": {
            "description": "ID of the request, a UUID. The server log contains it.",
            "required": true,
            "schema": { "type": "string", "format": "uuid" },
        },
        "Retry-After": {
            "description": "Seconds until the next attempt.",
            "required": true,
            "schema": { "type": "integer", "format": "int64", "minimum": 0 },
        },
        "Warning": {
            "description": "Fields of the body that the server does not know and has dropped, as \
                `299 - \"dropped unknown fields: ...\"`, or resources in the rules of a role that it does \
                not have. Absent if there are none.",
            "schema": { "type": "string" },
        },
        "WWW-Authenticate": {
            "description": "Authentication scheme.",
            "required": true,
            "schema": { "type": "string" },
        },
    });
    if let Some(errors) = document["components"]["responses"].as_object_mut() {
        errors.values_mut().for_each(identified);
    }
    each(document, operations, |operation| {
        let takes = |name: &str| {
            let parameters = operation.value["parameters"].as_array();
            parameters.is_some_and(|all| all.iter().any(|parameter| parameter["name"] == name))
        };
        let (strict, dry) = (takes("strict"), takes("dryRun"));
        let responses = operation.value["responses"].as_object_mut();
        for (status, response) in responses.into_iter().flatten() {
            let is_success = status.starts_with('2');
            if strict && is_success {
                response["headers"]["Warning"] = reference("Warning");
            }
            if dry && is_success && response.pointer("/headers/ETag").is_some() {
                // A dry run stores no state, so there is no tag.
                response["headers"]["ETag"]["required"] = false.into();
            }
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
