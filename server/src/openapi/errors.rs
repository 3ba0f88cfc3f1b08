//! Named errors: the statuses that an operation can fail with, and an example of each.

use std::collections::BTreeSet;

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::facts::{Authentication, Conditional, Facts, Operation};
use super::{each, examples, headers};
use crate::error::table::{CODES, Row, TABLE};

/// Adds the named errors and refers to them from every operation that can fail with them.
pub(super) fn name(document: &mut Value, operations: &[Operation]) {
    let mut used = BTreeSet::new();
    each(document, operations, |operation| {
        let has_body = !operation.value["requestBody"].is_null();
        let applicable = applicable(operation.facts, has_body);
        let Some(responses) = operation.value["responses"].as_object_mut() else { return };
        responses.retain(|status, _| !status.ends_with("XX"));
        for row in TABLE.iter().filter(|row| applicable.contains(&row.status)) {
            let reference = json!({ "$ref": format!("#/components/responses/{}", row.name) });
            responses.insert(row.status.as_str().to_owned(), reference);
            used.insert(row.status);
        }
    });
    let shared = TABLE.iter().filter(|row| used.contains(&row.status));
    document["components"]["responses"] = shared
        .map(|row| (row.name.to_owned(), response(row)))
        .collect::<Map<String, Value>>()
        .into();
    let codes: Vec<String> = CODES.iter().map(|(code, text)| format!("{code} {text}")).collect();
    document["components"]["schemas"]["ErrorResponse"]["properties"]["code"]["description"] =
        format!("Kind of error: {}.", codes.join(", ")).into();
}

fn response(row: &Row) -> Value {
    let mut response = json!({
        "description": row.meaning,
        "content": { "application/json": {
            "schema": { "$ref": "#/components/schemas/ErrorResponse" },
            "examples": examples::named(
                &json!({ "message": (row.example)().message(), "code": row.code }),
            ),
        } },
    });
    let header = match row.status {
        StatusCode::UNAUTHORIZED => Some("WWW-Authenticate"),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => Some("Retry-After"),
        _ => None,
    };
    if let Some(header) = header {
        response["headers"][header] = headers::reference(header);
    }
    response
}

/// The rows of the introduction's table of errors, in Markdown.
pub(super) fn table() -> String {
    let mut rows = TABLE;
    rows.sort_by_key(|row| (row.code, row.status));
    let row = |row: &&Row| format!("| {} | {} | {} |", row.code, row.status.as_u16(), row.meaning);
    rows.iter().map(row).collect::<Vec<_>>().join("\n")
}

/// The statuses that an operation can fail with. The recorder provokes each of them.
fn applicable(facts: &Facts, has_body: bool) -> Vec<StatusCode> {
    let authenticated = facts.authentication != Authentication::None;
    let conditional = matches!(facts.conditional, Conditional::Change | Conditional::Replace);
    let throttled = facts.throttled || facts.authentication == Authentication::Basic;
    let statuses = [
        (StatusCode::BAD_REQUEST, true),
        (StatusCode::UNAUTHORIZED, authenticated),
        (StatusCode::FORBIDDEN, facts.permission.can_be_denied()),
        (StatusCode::NOT_FOUND, facts.not_found),
        (StatusCode::REQUEST_TIMEOUT, has_body),
        (StatusCode::CONFLICT, facts.conflict),
        (StatusCode::PRECONDITION_FAILED, conditional),
        (StatusCode::PAYLOAD_TOO_LARGE, has_body),
        (StatusCode::UNSUPPORTED_MEDIA_TYPE, has_body),
        (StatusCode::TOO_MANY_REQUESTS, throttled),
        (StatusCode::INTERNAL_SERVER_ERROR, authenticated),
        (StatusCode::SERVICE_UNAVAILABLE, authenticated || facts.unavailable),
    ];
    statuses.into_iter().filter(|(_, applies)| *applies).map(|(status, _)| status).collect()
}
