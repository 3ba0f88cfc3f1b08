//! Compares a response with a recorded one, by the options of the recording.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fancy_regex::Regex;
use serde_json::{Value, json};

use super::exchange::Response;
use super::scenario::Record;

/// Tags of steps whose messages come from libraries of Sensu Go.
const LIBRARY_MESSAGES: [&str; 5] = ["go-json", "js", "etcd", "go-time", "go-fmt"];

/// Everything in which the response differs; empty if it is equal.
pub(crate) fn differences(record: &Record, response: &Response) -> Vec<String> {
    if let Some(any) = record.options["status_any"].as_array() {
        let is_one = any.contains(&response.status.into());
        return if is_one {
            Vec::new()
        } else {
            vec![format!("status {} not in {any:?}", response.status)]
        };
    }
    let (mut theirs, mut ours) = (normal(record, &record.response), normal(record, response));
    if record.tags.iter().any(|tag| LIBRARY_MESSAGES.contains(&tag.as_str())) {
        forget_message(&mut theirs);
        forget_message(&mut ours);
    }
    let mut found = Vec::new();
    delta(&theirs, &ours, "", &mut found);
    found
}

/// The response, with placeholders for what the recording says changes from run to run.
pub(super) fn normal(record: &Record, response: &Response) -> Value {
    let options = &record.options;
    let mut document = response.document();
    let root = document.as_object_mut().expect("an object");
    if options["no_headers"] == true {
        root.remove("headers");
    }
    if options["status_only"] == true {
        root.remove("body");
        root.remove("body_kind");
        return document;
    }
    let list = |name: &str| options[name].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for spec in list("keep") {
        let pattern = Regex::new(&text(&spec[2])).expect("a pattern");
        let key = text(&spec[1]);
        each(&mut document, &text(&spec[0]), &mut |value| {
            if let Value::Array(items) = value {
                items.retain(|item| {
                    let found = super::scenario::lookup(item, &key);
                    found.is_some_and(|found| pattern.is_match(&plain(found)).unwrap_or_default())
                });
            }
        });
    }
    for path in list("drop") {
        drop_path(&mut document, &text(&path));
    }
    for path in list("jwt") {
        each(&mut document, &text(&path), &mut |value| *value = decoded(value, response.time));
    }
    for spec in list("now") {
        let (path, offset, tolerance) = match &spec {
            Value::String(path) => (path.clone(), 0.0, 5.0),
            spec => {
                let number = |index: usize| spec[index].as_f64().unwrap_or_default();
                (text(&spec[0]), number(1), number(2))
            }
        };
        each(&mut document, &path, &mut |value| {
            let near =
                value.as_f64().is_some_and(|v| (v - response.time - offset).abs() <= tolerance);
            if near {
                // As in the golden files.
                let offset = if offset == 0.0 { String::new() } else { format!("{offset:+}") };
                *value = format!("<now{offset}>").into();
            }
        });
    }
    for spec in list("near") {
        let (center, tolerance) =
            (spec[1].as_f64().unwrap_or_default(), spec[2].as_f64().unwrap_or_default());
        each(&mut document, &text(&spec[0]), &mut |value| {
            if value.as_f64().is_some_and(|v| (v - center).abs() <= tolerance) {
                *value = format!("<near {center}>").into();
            }
        });
    }
    for spec in list("regex") {
        let pattern = Regex::new(&text(&spec[1])).expect("a pattern");
        each(&mut document, &text(&spec[0]), &mut |value| {
            if value.as_str().is_some_and(|text| pattern.is_match(text).unwrap_or_default()) {
                *value = format!("<match {}>", pattern.as_str()).into();
            }
        });
    }
    for path in list("ignore") {
        each(&mut document, &text(&path), &mut |value| {
            *value = format!("<{}>", kind(value)).into()
        });
    }
    for path in list("sort") {
        each(&mut document, &text(&path), &mut |value| {
            if let Value::Array(items) = value {
                items.sort_by_key(Value::to_string);
            }
        });
    }
    document
}

/// Calls a function with every value at a dotted path; `*` is any step.
pub(super) fn each(value: &mut Value, path: &str, act: &mut impl FnMut(&mut Value)) {
    let (step, rest) = path.split_once('.').map_or((path, None), |(step, rest)| (step, Some(rest)));
    let mut go = |value: &mut Value| match rest {
        Some(rest) => each(value, rest, act),
        None => act(value),
    };
    match value {
        Value::Object(map) if step == "*" => map.values_mut().for_each(go),
        Value::Object(map) => map.get_mut(step).into_iter().for_each(go),
        Value::Array(items) if step == "*" => items.iter_mut().for_each(go),
        Value::Array(items) => {
            let index = match step.parse::<isize>() {
                Ok(index) if index < 0 => items.len().checked_add_signed(index),
                Ok(index) => usize::try_from(index).ok(),
                Err(_) => None,
            };
            if let Some(item) = index.and_then(|index| items.get_mut(index)) {
                go(item);
            }
        }
        _ => {}
    }
}

fn drop_path(document: &mut Value, path: &str) {
    let (parent, last) = path.rsplit_once('.').unwrap_or(("", path));
    let mut remove = |value: &mut Value| {
        if let Value::Object(map) = value {
            if last == "*" {
                map.clear();
            } else {
                map.shift_remove(last);
            }
        }
    };
    if parent.is_empty() { remove(document) } else { each(document, parent, &mut remove) }
}

/// A token, decoded, with placeholders for what changes from run to run.
fn decoded(token: &Value, now: f64) -> Value {
    let part = |text: &str| -> Option<Value> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
    };
    let mut parts = token.as_str().unwrap_or_default().split('.');
    let (Some(header), Some(claims), Some(signature)) = (parts.next(), parts.next(), parts.next())
    else {
        return format!("<not a token: {token}>").into();
    };
    let (Some(header), Some(mut claims)) = (part(header), part(claims)) else {
        return format!("<not a token: {token}>").into();
    };
    let hex = |id: &str| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if claims["jti"].as_str().is_some_and(hex) {
        claims["jti"] = "<hex32>".into();
    }
    if claims["exp"].as_f64().is_some_and(|exp| (exp - now - 900.0).abs() <= 5.0) {
        claims["exp"] = "<now+900>".into();
    }
    json!({ "header": header, "claims": claims, "signature": signature.len() })
}

/// Replaces a message by a placeholder.
fn forget_message(document: &mut Value) {
    for path in ["body.message", "body.Message"] {
        each(document, path, &mut |value| *value = "<text>".into());
    }
    if document["body_kind"] == "text" {
        document["body"] = "<text>".into();
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Where two documents differ.
pub(super) fn delta(theirs: &Value, ours: &Value, path: &str, found: &mut Vec<String>) {
    let short = |value: &Value| value.to_string().chars().take(160).collect::<String>();
    let below =
        |step: &str| if path.is_empty() { step.to_owned() } else { format!("{path}.{step}") };
    match (theirs, ours) {
        (Value::Object(a), Value::Object(b)) => {
            for (key, value) in a {
                match b.get(key) {
                    Some(other) => delta(value, other, &below(key), found),
                    None => found.push(format!("{}: {} != (absent)", below(key), short(value))),
                }
            }
            for (key, value) in b.iter().filter(|(key, _)| !a.contains_key(*key)) {
                found.push(format!("{}: (absent) != {}", below(key), short(value)));
            }
            let order: Vec<&String> = b.keys().filter(|key| a.contains_key(*key)).collect();
            let same = a.keys().filter(|key| b.contains_key(*key)).eq(order.iter().copied());
            // Sensu Go writes some maps in random order; ours are always sorted.
            let is_map = path.ends_with(".labels") || path.ends_with(".annotations");
            let right = same || is_map && order.is_sorted();
            // Headers have no order.
            if !right && path != "headers" {
                found.push(format!("{path}: other order of fields: {order:?}"));
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (x, y)) in a.iter().zip(b).enumerate() {
                delta(x, y, &below(&index.to_string()), found);
            }
        }
        (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => {}
        (a, b) if a == b => {}
        (a, b) => found.push(format!("{path}: {} != {}", short(a), short(b))),
    }
}
