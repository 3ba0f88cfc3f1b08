//! Requests, and how they are broken to see what is answered then.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Operation, Step};

/// One request.
#[derive(Clone, Debug, Default)]
pub(super) struct Request {
    pub(super) path: BTreeMap<String, String>,
    pub(super) query: BTreeMap<String, String>,
    pub(super) body: Option<Value>,
    /// A body that is sent as it is, instead.
    pub(super) raw: Option<String>,
    /// Whether the body never arrives.
    pub(super) stalls: bool,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) by: As,
}

/// Who sends a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum As {
    /// The administrator, in the way that the operation wants.
    #[default]
    Usual,
    /// Somebody without credentials.
    Nobody,
    /// Somebody who guesses passwords.
    Guesser,
}

/// The request, broken: as the step says, or where every operation can be broken.
pub(super) fn wrong(step: &Step, operation: &Operation, asked: &Request) -> Request {
    let mut request = asked.clone();
    if !step.wrong_query.is_empty() {
        request.query.clone_from(&step.wrong_query);
    } else if step.wrong.is_some() {
        request.body.clone_from(&step.wrong);
    } else if step.op.contains("_list") && operation.method == "GET" && pages(operation) {
        request.query.insert("limit".into(), "ten".into());
    } else if step.response_of.is_none() {
        request.query.insert("pretty".into(), "%zz".into());
    }
    request
}

fn pages(operation: &Operation) -> bool {
    let parameters = operation.value["parameters"].as_array();
    parameters.is_some_and(|parameters| parameters.iter().any(|p| p["name"] == "limit"))
}

/// The request for something that is not there: as the step says, a namespace for what is made, another
/// name for what is read.
pub(super) fn missing(step: &Step, operation: &Operation, asked: &Request) -> Request {
    let mut request = asked.clone();
    if let Some(variant) = &step.missing {
        request.path.extend(variant.path.clone());
        return request;
    }
    let is_made = step.op.ends_with("_create") || step.op.ends_with("_put");
    let last = operation.path.rsplit('/').find_map(|part| part.strip_prefix('{'));
    let last = last.and_then(|part| part.strip_suffix('}')).unwrap_or_default();
    match is_made {
        true => request.path.insert("namespace".into(), "nowhere".into()),
        false => request.path.insert(last.into(), "missing".into()),
    };
    request
}
