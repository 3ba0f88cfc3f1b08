//! Requests of the scenario, and their variants that provoke a client error.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Operation, Step};

/// One request.
#[derive(Clone, Debug, Default)]
pub(super) struct Request {
    pub(super) path: BTreeMap<String, String>,
    pub(super) query: BTreeMap<String, String>,
    pub(super) body: Body,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) sender: Sender,
}

/// The body of a request.
#[derive(Clone, Debug, Default)]
pub(super) enum Body {
    #[default]
    Empty,
    Json(Value),
    /// Sent as it is, as JSON.
    Raw(String),
    /// Announced, but never sent.
    Stalled,
}

/// The credentials of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sender {
    /// The administrator, authenticated as the operation requires.
    #[default]
    Admin,
    /// No credentials.
    Anonymous,
    /// A user with a wrong password.
    PasswordGuesser,
}

/// The request as an invalid one (400): as the step says, or with an invalid query.
pub(super) fn invalid(step: &Step, operation: &Operation, request: &Request) -> Request {
    let mut request = request.clone();
    if !step.wrong_query.is_empty() {
        request.query.clone_from(&step.wrong_query);
    } else if let Some(body) = &step.wrong {
        request.body = Body::Json(body.clone());
    } else if operation.has_parameter("limit") {
        request.query.insert("limit".into(), "ten".into());
    } else if step.response_of.is_none() {
        request.query.insert("pretty".into(), "%zz".into());
    }
    request
}

/// The request for a missing object (404): as the step says, or in a missing namespace if it would create
/// the object, or with another name.
pub(super) fn for_missing(step: &Step, operation: &Operation, request: &Request) -> Request {
    let mut request = request.clone();
    if let Some(variant) = &step.missing {
        request.path.extend(variant.path.clone());
        return request;
    }
    let last = operation.path_parameters().next_back().unwrap_or_default();
    let is_namespaced = operation.path_parameters().any(|name| name == "namespace");
    let creates = match operation.method.as_str() {
        "POST" => last == "namespace",
        "PUT" => is_namespaced,
        _ => false,
    };
    match creates {
        true => request.path.insert("namespace".into(), "nowhere".into()),
        false => request.path.insert(last.into(), "missing".into()),
    };
    request
}
