//! Responses and request bodies: descriptions, 304, conditional headers, and the media type of
//! merge patches.

use serde_json::{Value, json};

use super::each;
use super::examples::success;
use super::facts::{Action, Conditional, Facts, Operation};

/// The media type of RFC 7396.
pub(crate) const MERGE_PATCH: &str = "application/merge-patch+json";

/// Adds what operations return besides their first success, and describes the success.
pub(super) fn complete(document: &mut Value, operations: &[Operation]) {
    each(document, operations, |operation| {
        let facts = operation.facts;
        if let Some(status) = success(&operation.value["responses"]) {
            let response = &mut operation.value["responses"][&status];
            response["description"] = description(facts, &status).into();
            if let Some(media_type) = facts.media_type {
                response["content"] = json!({ media_type: { "schema": { "type": "string" } } });
            }
        }
        if facts.conditional == Conditional::Read {
            operation.value["responses"]["304"] = json!({
                "description": "Not modified: the object is in the state that `If-None-Match` names.",
            });
        }
        if operation.method == "patch"
            && let Some(content) = operation.value.pointer_mut("/requestBody/content")
            && let Some(content) = content.as_object_mut()
            && let Some(body) = content.shift_remove("application/json")
        {
            content.insert(MERGE_PATCH.into(), body);
        }
        conditions(facts.conditional, operation.value);
    });
}

/// The description of a successful response.
fn description(facts: &Facts, status: &str) -> String {
    let noun = facts.kind.map_or("object", |kind| kind.noun);
    match (facts.success, facts.action, status) {
        (Some(text), ..) => text.to_owned(),
        (None, _, "204") => "Deleted.".to_owned(),
        (None, Action::Get, _) => format!("The {noun}."),
        (None, Action::Create | Action::Put | Action::Patch, _) => format!("The {noun} as stored."),
        (None, Action::List | Action::ListAll | Action::Delete | Action::Custom, _) => {
            "Success.".to_owned()
        }
    }
}

/// The request headers that operations on one object read.
fn conditions(conditional: Conditional, operation: &mut Value) {
    let header = |name: &str, text: &str| {
        json!({
            "in": "header",
            "name": name,
            "description": text,
            "schema": { "type": "string" },
        })
    };
    let if_none_match = header(
        "If-None-Match",
        "One or more `ETag` values, separated by commas. If one of them names the current state \
         of the object, the status is 304.",
    );
    let if_match = header(
        "If-Match",
        "An `ETag` value. Unless it names the current state of the object, the status is 412.",
    );
    let if_absent = header("If-None-Match", "`*`. If the object exists, the status is 412.");
    let mut headers = match conditional {
        Conditional::No => return,
        Conditional::Read => vec![if_none_match],
        Conditional::Change => vec![if_match],
        Conditional::Replace => vec![if_match, if_absent],
    };
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    parameters.into_iter().for_each(|parameters| parameters.append(&mut headers));
}
