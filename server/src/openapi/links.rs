//! Links: from the answer to a write to what can be done with the object next.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::each;
use super::examples::success;

/// Operations that have a name of their own: what they follow, what they are.
const IRREGULAR: [(&str, &str, &str, &str); 4] = [
    ("check_create", "execute", "check_execute", "Run it now."),
    ("user_create", "disable", "user_disable", "Keep the user from logging in."),
    ("auth_login", "refresh", "auth_refresh", "Exchange both tokens for new ones."),
    ("auth_login", "logout", "auth_logout", "End the session."),
];

/// What the regular links are called, and what they are for.
const REGULAR: [(&str, &str); 4] = [
    ("get", "Read it again."),
    ("put", "Replace it as a whole."),
    ("patch", "Change parts of it."),
    ("delete", "Remove it."),
];

/// Adds links to the answers of what creates.
pub(super) fn add(document: &mut Value) {
    // Operation ids, and their path parameters.
    let mut known: BTreeMap<String, Vec<String>> = BTreeMap::new();
    each(document, |operation| {
        let parameters = operation
            .path
            .split('/')
            .filter_map(|part| Some(part.strip_prefix('{')?.strip_suffix('}')?.to_owned()));
        let id = operation.value["operationId"].as_str().unwrap_or_default();
        known.insert(id.to_owned(), parameters.collect());
    });
    each(document, |operation| {
        let id = operation.value["operationId"].as_str().unwrap_or_default().to_owned();
        let mut links = Map::new();
        let made = id.strip_suffix("_create").or_else(|| id.strip_suffix("_put"));
        for (verb, text) in REGULAR {
            let target = made.map(|noun| format!("{noun}_{verb}")).unwrap_or_default();
            if let Some(parameters) = known.get(&target)
                && target != id
            {
                links.insert(verb.into(), link(&target, parameters, text));
            }
        }
        for (from, name, target, text) in IRREGULAR {
            if from == id
                && let Some(parameters) = known.get(target)
            {
                links.insert(name.into(), link(target, parameters, text));
            }
        }
        let status = success(&operation.value["responses"]);
        if let Some(status) = status.filter(|_| !links.is_empty()) {
            operation.value["responses"][&status]["links"] = Value::Object(links);
        }
    });
}

fn link(target: &str, parameters: &[String], text: &str) -> Value {
    let from: Map<String, Value> =
        parameters.iter().map(|name| (name.clone(), place(target, name).into())).collect();
    let mut link = json!({ "operationId": target, "description": text });
    if !from.is_empty() {
        link["parameters"] = Value::Object(from);
    }
    if target.starts_with("auth_") {
        // As text with an expression in it: openapi-generator refuses documents with an object here.
        link["requestBody"] = r#"{"refresh_token": "{$response.body#/refresh_token}"}"#.into();
    }
    link
}

/// Where the answer says what to fill in for a parameter.
fn place(target: &str, parameter: &str) -> &'static str {
    match (target.split_once('_').map_or(target, |(noun, _)| noun), parameter) {
        ("event", "namespace") => "$response.body#/entity/metadata/namespace",
        ("event", "entity") => "$response.body#/entity/metadata/name",
        ("event", "check") => "$response.body#/check/metadata/name",
        ("namespace", _) => "$response.body#/name",
        ("user", _) => "$response.body#/username",
        (_, "namespace") => "$response.body#/metadata/namespace",
        _ => "$response.body#/metadata/name",
    }
}
