//! Answers and bodies that Dropshot has no words for: 304, and the media type of merge patches.

use serde_json::{Value, json};

use super::each;
use crate::metrics;

/// The media type of RFC 7396.
pub(crate) const MERGE_PATCH: &str = "application/merge-patch+json";

/// Adds what operations answer besides their first success.
pub(super) fn complete(document: &mut Value) {
    each(document, |operation| {
        let tagged = !operation.value["responses"]["200"]["headers"]["ETag"].is_null();
        if operation.method == "get" && tagged {
            operation.value["responses"]["304"] =
                json!({ "description": "The object is the one that If-None-Match names." });
        }
        if operation.value["operationId"] == "metrics_get" {
            operation.value["responses"]["200"]["content"] =
                json!({ metrics::MEDIA_TYPE: { "schema": { "type": "string" } } });
        }
        if operation.method == "patch"
            && let Some(content) = operation.value.pointer_mut("/requestBody/content")
            && let Some(content) = content.as_object_mut()
            && let Some(body) = content.shift_remove("application/json")
        {
            content.insert(MERGE_PATCH.into(), body);
        }
        if tagged || operation.method == "delete" {
            conditions(operation.method, operation.value);
        }
        let responses = &mut operation.value["responses"];
        for (code, text) in
            [("200", "Done."), ("202", "Taken."), ("204", "Gone."), ("201", "Created.")]
        {
            if responses[code]["description"].as_str().is_some_and(is_derived) {
                responses[code]["description"] = text.into();
            }
        }
    });
}

/// Texts that Dropshot gives answers by their status alone.
fn is_derived(text: &str) -> bool {
    matches!(
        text,
        "" | "successful operation"
            | "successful deletion"
            | "successful creation"
            | "successfully enqueued operation"
            | "resource updated"
    )
}

/// The request headers that operations on one object read.
fn conditions(method: &str, operation: &mut Value) {
    let header = |name: &str, text: &str| {
        json!({
            "in": "header",
            "name": name,
            "description": text,
            "schema": { "type": "string" },
        })
    };
    let mut headers = Vec::new();
    match method {
        "get" => headers.push(header(
            "If-None-Match",
            "An `ETag`, or several separated by commas: answer 304 if the object is still that one.",
        )),
        "put" | "patch" | "delete" => {
            headers.push(header("If-Match", "An `ETag`: act only if the object is still that one."));
            if method == "put" {
                headers.push(header("If-None-Match", "`*`: act only if there is no such object."));
            }
        }
        _ => return,
    }
    // Users are disabled and their groups changed whatever their state.
    let id = operation["operationId"].as_str().unwrap_or_default();
    let regular = ["_get", "_put", "_patch", "_delete"].iter().any(|verb| id.ends_with(verb));
    if regular || id.starts_with("check_hook") {
        let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
        parameters.into_iter().for_each(|parameters| parameters.append(&mut headers));
    }
}
