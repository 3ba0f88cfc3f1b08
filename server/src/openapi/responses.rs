//! Answers and bodies that Dropshot has no words for: 304, and the media type of merge patches.

use serde_json::{Value, json};

use super::each;
use super::facts::{Conditional, Operation};

/// The media type of RFC 7396.
pub(crate) const MERGE_PATCH: &str = "application/merge-patch+json";

/// Adds what operations answer besides their first success.
pub(super) fn complete(document: &mut Value, operations: &[Operation]) {
    each(document, operations, |operation| {
        if operation.facts.conditional == Conditional::Read {
            operation.value["responses"]["304"] =
                json!({ "description": "The object is the one that If-None-Match names." });
        }
        if let Some(media_type) = operation.facts.media_type {
            operation.value["responses"]["200"]["content"] =
                json!({ media_type: { "schema": { "type": "string" } } });
        }
        if operation.method == "patch"
            && let Some(content) = operation.value.pointer_mut("/requestBody/content")
            && let Some(content) = content.as_object_mut()
            && let Some(body) = content.shift_remove("application/json")
        {
            content.insert(MERGE_PATCH.into(), body);
        }
        conditions(operation.facts.conditional, operation.value);
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
        "An `ETag`, or several separated by commas: answer 304 if the object is still that one.",
    );
    let if_match = header("If-Match", "An `ETag`: act only if the object is still that one.");
    let if_absent = header("If-None-Match", "`*`: act only if there is no such object.");
    let mut headers = match conditional {
        Conditional::No => return,
        Conditional::Read => vec![if_none_match],
        Conditional::Change => vec![if_match],
        Conditional::Replace => vec![if_match, if_absent],
    };
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    parameters.into_iter().for_each(|parameters| parameters.append(&mut headers));
}
