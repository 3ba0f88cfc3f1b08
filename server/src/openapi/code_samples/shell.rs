//! Code samples for a shell: curl and sensuctl.

use std::fmt::Write as _;

use serde_json::Value;

use super::{SERVER, body};
use crate::openapi::Described;
use crate::openapi::facts::{Action, Authentication, Facts};

/// The request, sent by curl.
pub(super) fn curl(operation: &Described<'_>, example: &Value) -> String {
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
        (media_type.and_then(|content| content.keys().next()), body(example))
    {
        let _ = write!(
            command,
            " \\\n  -H 'Content-Type: {media_type}' \\\n  -d {}",
            quoted(&body.to_string())
        );
    }
    command
}

/// The command, if sensuctl has one.
pub(super) fn sensuctl(facts: &Facts, example: &Value) -> Option<String> {
    match example.get("sensuctl") {
        Some(command) => command.as_str().map(str::to_owned),
        None => regular_command(facts, example),
    }
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
