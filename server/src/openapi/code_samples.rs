//! `x-codeSamples`: each example as a command line for curl and for sensuctl.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::facts::{Action, Authentication, Facts, Operation};
use super::{Described, each};

/// The default address of a server.
const SERVER: &str = "http://127.0.0.1:8080";

/// Adds the command lines.
pub(super) fn add(document: &mut Value, operations: &[Operation], recorded: &Value) {
    each(document, operations, |operation| {
        let id = operation.value["operationId"].as_str().unwrap_or_default().to_owned();
        let Some(example) = recorded.get(&id) else { return };
        let sample = |label: &str, source: String| json!({ "lang": "Shell", "label": label, "source": source });
        let mut samples = vec![sample("curl", curl(&operation, example))];
        let sensuctl = match example.get("sensuctl") {
            Some(command) => command.as_str().map(str::to_owned),
            None => regular_command(operation.facts, example),
        };
        samples.extend(sensuctl.map(|command| sample("sensuctl", command)));
        operation.value["x-codeSamples"] = samples.into();
    });
}

fn curl(operation: &Described<'_>, example: &Value) -> String {
    let mut path = operation.path.to_owned();
    for (name, value) in example["path"].as_object().into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        let escaped: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
        // A colon needs no escape in a path.
        path = path.replace(&format!("{{{name}}}"), &escaped.replace("%3A", ":"));
    }
    let query: Vec<String> = example["query"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()))
        .collect();
    let query = if query.is_empty() { query.concat() } else { format!("?{}", query.join("&")) };
    let mut command = match operation.method {
        "get" => "curl".to_owned(),
        method => format!("curl -X {}", method.to_uppercase()),
    };
    let _ = write!(command, " {}", quoted(&format!("{SERVER}{path}{query}")));
    match operation.facts.authentication {
        Authentication::None => {}
        Authentication::Basic => command.push_str(" -u 'admin:P@ssw0rd!'"),
        Authentication::Session | Authentication::Token => {
            command.push_str(" \\\n  -H \"Authorization: Bearer $TOKEN\"");
        }
    }
    let media_type = operation.value["requestBody"]["content"].as_object();
    if let (Some(media_type), Some(body)) =
        (media_type.and_then(|content| content.keys().next()), example.get("body"))
    {
        let _ = write!(
            command,
            " \\\n  -H 'Content-Type: {media_type}' \\\n  -d {}",
            quoted(&body.to_string())
        );
    }
    command
}

/// The regular sensuctl command of an action: list, info, create from a file, delete.
fn regular_command(facts: &Facts, example: &Value) -> Option<String> {
    let command = facts.kind?.command;
    let path = example["path"].as_object()?;
    // The last parameter is the name of the object.
    let name = path.values().next_back().and_then(Value::as_str).unwrap_or_default();
    let name = path.get("name").and_then(Value::as_str).unwrap_or(name);
    let name = quoted(name);
    match facts.action {
        Action::ListAll => Some(format!("sensuctl {command} list --all-namespaces")),
        Action::List => Some(format!("sensuctl {command} list")),
        Action::Get => Some(format!("sensuctl {command} info {name}")),
        Action::Put => Some(format!("sensuctl create --file {command}.json")),
        Action::Delete => Some(format!("sensuctl {command} delete {name} --skip-confirm")),
        Action::Create | Action::Patch | Action::Custom => None,
    }
}

/// Quotes a word for a shell, if necessary.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%".contains(c);
    if word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
