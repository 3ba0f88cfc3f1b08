//! Links: from the response to a write to what can be done with the object next.

use serde_json::{Map, Value, json};

use super::each;
use super::examples::success;
use super::facts::{Action, Facts, Operation};
use super::namespaces::published_path;

/// The regular links: their names and descriptions.
const REGULAR: [(Action, &str, &str); 4] = [
    (Action::Get, "get", "Get the object."),
    (Action::Put, "put", "Replace the object."),
    (Action::Patch, "patch", "Update fields of the object."),
    (Action::Delete, "delete", "Delete the object."),
];

/// Adds links to the responses of operations that create an object, and those that facts ask for.
pub(super) fn add(document: &mut Value, operations: &[Operation]) {
    each(document, operations, |operation| {
        let id = operation.value["operationId"].as_str().unwrap_or_default();
        let links: Map<String, Value> = targets(id, operation.facts, operations)
            .into_iter()
            .map(|(target, name, description)| (name.to_owned(), link(target, description)))
            .collect();
        let status = success(&operation.value["responses"]);
        if let Some(status) = status.filter(|_| !links.is_empty()) {
            operation.value["responses"][&status]["links"] = Value::Object(links);
        }
    });
}

/// The operations that one leads to, with the names and descriptions of the links.
fn targets<'a>(
    id: &str,
    from: &Facts,
    operations: &'a [Operation],
) -> Vec<(&'a Operation, &'static str, &'static str)> {
    let mut targets = Vec::new();
    if let (Some(kind), Action::Create | Action::Put) = (from.kind, from.action) {
        let same_kind = |facts: &Facts| facts.kind.is_some_and(|other| other.name == kind.name);
        for (action, name, description) in REGULAR {
            let found = operations.iter().find(|target| {
                target.id != id && target.facts.action == action && same_kind(&target.facts)
            });
            targets.extend(found.map(|target| (target, name, description)));
        }
    }
    for target in operations {
        if let Some(link) = target.facts.link.filter(|link| link.from == id) {
            targets.push((target, link.name, link.description));
        }
    }
    targets
}

fn link(target: &Operation, description: &str) -> Value {
    let mut link = json!({ "operationId": target.id, "description": description });
    if let Some(kind) = target.facts.kind {
        let namespace = kind.namespaced.then_some(&kind.namespace_pointer);
        let pointers = namespace.into_iter().chain(kind.name_pointers);
        let path = published_path(&target.path);
        let filled = parameters(&path).zip(pointers);
        link["parameters"] = filled
            .map(|(name, pointer)| (name.to_owned(), format!("$response.body#{pointer}").into()))
            .collect::<Map<String, Value>>()
            .into();
    }
    if let Some(body) = target.facts.link.and_then(|link| link.body) {
        // As text with an expression in it: openapi-generator refuses documents with an object
        // here.
        link["requestBody"] = body.into();
    }
    link
}

/// The parameters of a path template, in its order.
fn parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}
