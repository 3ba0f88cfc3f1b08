//! Named errors: which statuses an operation can answer with, and an example of each.

use serde_json::{Map, Value, json};

use super::facts::{Authentication, Conditional, Facts, Operation};
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
pub(super) fn name(document: &mut Value, operations: &[Operation]) {
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
    each(document, operations, |operation| {
        let has_body = !operation.value["requestBody"].is_null();
        let applicable = applicable(operation.facts, has_body);
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

/// The statuses that an operation can answer with, besides its success. The recorder provokes each of them.
fn applicable(facts: &Facts, has_body: bool) -> Vec<&'static str> {
    let authenticated = facts.authentication != Authentication::None;
    let conditional = matches!(facts.conditional, Conditional::Change | Conditional::Replace);
    let throttled = facts.authentication == Authentication::Basic;
    let groups: [(bool, &[&str]); 8] = [
        (true, &["400"]),
        (authenticated, &["401", "500"]),
        (facts.permission.can_be_denied(), &["403"]),
        (facts.not_found, &["404"]),
        (facts.conflict, &["409"]),
        (conditional, &["412"]),
        (has_body, &["408", "413", "415"]),
        (throttled, &["429"]),
    ];
    let mut statuses: Vec<&str> =
        groups.into_iter().filter(|(applies, _)| *applies).flat_map(|(_, s)| s).copied().collect();
    if authenticated || facts.unavailable {
        statuses.push("503");
    }
    statuses
}
