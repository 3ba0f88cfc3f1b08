//! Named errors: which statuses an operation can answer with, and an example of each.

use serde_json::{Map, Value, json};

use super::{each, headers};

/// Status, name, description, Sensu's code, an example message.
const NAMED: &[(&str, &str, &str, u32, &str)] = &[
    (
        "400",
        "BadRequest",
        "The request breaks a rule; the message says which.",
        1,
        "check interval must be greater than 0 or a valid cron schedule must be provided",
    ),
    (
        "401",
        "Unauthorized",
        "The credentials are missing, wrong, or have expired.",
        5,
        "the access token has expired",
    ),
    (
        "403",
        "Forbidden",
        "The caller has no role that allows this.",
        4,
        "unauthorized to perform action",
    ),
    (
        "404",
        "NotFound",
        "There is no such object, or no such namespace to write into.",
        2,
        "not found",
    ),
    (
        "408",
        "RequestTimeout",
        "The body came too slowly.",
        1,
        "the request body did not arrive in time",
    ),
    (
        "409",
        "Conflict",
        "There is such an object already, or something stands in the way.",
        3,
        "resource already exists",
    ),
    (
        "412",
        "PreconditionFailed",
        "`If-Match` or `If-None-Match` does not hold.",
        6,
        "the object is not the one that If-Match names; read it again",
    ),
    (
        "413",
        "PayloadTooLarge",
        "The body, or the object it describes, is too large.",
        1,
        "the request body is larger than 512000 bytes",
    ),
    (
        "415",
        "UnsupportedMediaType",
        "The body is not declared to be JSON.",
        1,
        "content type \"text/plain\" is not supported; send application/json",
    ),
    (
        "429",
        "TooManyRequests",
        "Too many failed log-ins; `Retry-After` says when to try again.",
        5,
        "too many failed log-ins; try again in 4 seconds",
    ),
    (
        "500",
        "InternalError",
        "The server failed; its log knows more under the request id.",
        0,
        "internal error occurred",
    ),
    (
        "503",
        "Unavailable",
        "The server cannot do it now; `Retry-After` says when to try again.",
        0,
        "the store is overloaded",
    ),
];

/// Adds the named errors and refers to them from every operation that can answer with them.
pub(super) fn name(document: &mut Value) {
    let mut responses = Map::new();
    for (status, name, description, code, message) in NAMED {
        let mut response = json!({
            "description": description,
            "content": { "application/json": {
                "schema": { "$ref": "#/components/schemas/Error" },
                "example": { "message": message, "code": code },
            } },
        });
        let header = match *status {
            "401" => Some("WWW-Authenticate"),
            "429" | "503" => Some("Retry-After"),
            _ => None,
        };
        if let Some(header) = header {
            response["headers"][header] = headers::reference(header);
        }
        responses.insert((*name).to_owned(), response);
    }
    document["components"]["responses"] = Value::Object(responses);
    each(document, |operation| {
        let applicable = applicable(operation.path, operation.method, operation.value);
        let Some(responses) = operation.value["responses"].as_object_mut() else { return };
        responses.retain(|status, _| !status.ends_with("XX"));
        for (status, name, ..) in NAMED {
            if applicable.contains(status) {
                let reference = json!({ "$ref": format!("#/components/responses/{name}") });
                responses.insert((*status).to_owned(), reference);
            }
        }
    });
}

/// The statuses that an operation can answer with, besides its success. `xtask/generate/src/examples/error_cases.rs`
/// provokes each of them.
fn applicable(path: &str, method: &str, operation: &Value) -> Vec<&'static str> {
    let id = operation["operationId"].as_str().unwrap_or_default();
    let open = operation["security"] == json!([]);
    let has_body = !operation["requestBody"].is_null();
    let conditional = operation["parameters"].as_array().is_some_and(|parameters| {
        parameters.iter().any(|parameter| parameter["name"] == "If-Match")
    });
    let is_list = id.contains("_list");
    let mut statuses = vec!["400"];
    if !open {
        statuses.extend(["401", "500"]);
    }
    // Everybody may ask for the namespaces, and is shown those that are theirs.
    if !open && !path.starts_with("/auth") && id != "namespace_list" {
        statuses.push("403");
    }
    // What is put need not be there, but its namespace must.
    let is_made = method == "put" && id.ends_with("_put") && !path.contains("/{namespace}/");
    if path.contains('{') && !is_list && !is_made {
        statuses.push("404");
    }
    // Keys have random names.
    let may_be_there = id.ends_with("_create") && id != "api_key_create";
    if may_be_there || ["namespace_delete", "cluster_member_add"].contains(&id) {
        statuses.push("409");
    }
    if conditional {
        statuses.push("412");
    }
    if has_body {
        statuses.extend(["408", "413", "415"]);
    }
    if ["auth_login", "auth_test"].contains(&id) {
        statuses.push("429");
    }
    if !open || id == "ready_get" {
        statuses.push("503");
    }
    statuses
}
