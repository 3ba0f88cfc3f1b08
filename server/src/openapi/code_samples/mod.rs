//! `x-codeSamples`: each example for curl, sensuctl, and the Python and TypeScript packages.

mod python;
mod shell;
mod typescript;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::facts::{Authentication, Operation};
use super::{Described, each};

/// The default address of a server.
const SERVER: &str = "http://127.0.0.1:8080";

/// Adds the samples. The language of a sensuctl command is its own: docs browsers would show it in place
/// of the one for curl.
pub(super) fn add(document: &mut Value, operations: &[Operation], recorded: &Value) {
    let schemas = document["components"]["schemas"].as_object().into_iter().flatten();
    let classes: BTreeSet<String> = schemas
        .filter(|(_, schema)| schema.get("properties").is_some())
        .map(|(name, _)| name.clone())
        .collect();
    each(document, operations, |operation| {
        let id = operation.value["operationId"].as_str().unwrap_or_default().to_owned();
        let Some(example) = recorded.get(&id) else { return };
        let sample = |language: &str, label: &str, source: String| json!({ "lang": language, "label": label, "source": source });
        let mut samples = vec![sample("Shell", "curl", shell::curl(&operation, example))];
        let sensuctl = shell::sensuctl(operation.facts, example);
        samples.extend(sensuctl.map(|command| sample("sensuctl", "sensuctl", command)));
        // The packages log in, renew tokens and log out themselves.
        if matches!(operation.facts.authentication, Authentication::Token | Authentication::None) {
            samples.push(sample(
                "Python",
                "Python",
                python::call(&operation, &id, example, &classes),
            ));
            let call = typescript::call(&operation, &id, example);
            samples.push(sample("TypeScript", "TypeScript", call));
        }
        operation.value["x-codeSamples"] = samples.into();
    });
}

/// The request body that samples send: the short one, if there are two.
fn body(example: &Value) -> Option<&Value> {
    example.get("minimal").or_else(|| example.get("body"))
}

/// The schema of the request body.
fn body_schema<'a>(operation: &'a Described<'_>) -> Option<&'a str> {
    let content = operation.value["requestBody"]["content"].as_object()?;
    content.values().next()?["schema"]["$ref"].as_str()?.rsplit('/').next()
}

/// The path parameters of an operation and their values, in the order of the URL.
fn path<'a>(operation: &'a Described<'_>, example: &'a Value) -> Vec<(&'a str, &'a str)> {
    let names =
        operation.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    names.map(|name| (name, example["path"][name].as_str().unwrap_or_default())).collect()
}

/// The query parameters and their values, as JSON of the type of each parameter.
fn query(operation: &Described<'_>, example: &Value) -> Map<String, Value> {
    let parameters = operation.value["parameters"].as_array();
    let is_text = |name: &str| {
        parameters
            .into_iter()
            .flatten()
            .any(|parameter| parameter["name"] == name && parameter["schema"]["type"] == "string")
    };
    let values = example["query"].as_object().into_iter().flatten();
    let typed = values.map(|(name, value)| {
        let text = value.as_str().unwrap_or_default();
        let parsed = serde_json::from_str(text).ok().filter(|_| !is_text(name));
        (name.clone(), parsed.unwrap_or_else(|| text.into()))
    });
    typed.collect()
}
