//! Every bound that the document states is enforced: a value just outside each is refused.
//!
//! The bodies are the document's own examples. One place in one of them is changed at a time, so what is
//! refused is refused because of it; that the example itself is taken is shown, too.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use regex::Regex;
use sensu_server::Limits;
use sensu_store::ManualClock;
use sensu_tests::TestServer;
use serde_json::{Map, Value, json};

use super::agree::Document;

/// Schemas of answers only, or of bodies that are read by other rules.
const NOT_SENT: [&str; 1] = ["MergePatch"];

/// A value that must be refused: where, whose bound it breaks, and the value; `None` for none at all.
struct Breach {
    pointer: String,
    bound: (String, String, &'static str),
    value: Option<Value>,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_documented_bound_is_enforced() {
    let document = Document::committed();
    let text = std::fs::read_to_string(xtask::root().join("openapi/examples.json"));
    let examples: Map<String, Value> =
        serde_json::from_str(&text.expect("the examples are there")).expect("they are JSON");
    let by_id: BTreeMap<String, _> =
        document.operations().into_iter().map(|op| (op.id.clone(), op)).collect();
    // The time at which the examples were recorded: some of them say when something ends.
    let clock =
        Arc::new(ManualClock::at(xtask_generate::examples::Scenario::read().expect("a story").at));
    let server = TestServer::with(Limits::default(), clock).await;
    let token = server.token().await;
    let (mut tried, mut broken) = (BTreeSet::new(), Vec::new());
    // In the order in which they were recorded: what is needed has been made before.
    for (id, example) in &examples {
        let operation = &by_id[id];
        if operation.value["tags"][0] == "auth" {
            continue;
        }
        let path = filled(&operation.path, &example["path"]);
        let schema = &operation.value["requestBody"]["content"]["application/json"]["schema"];
        if let (Some(body), false) = (example.get("body"), schema.is_null()) {
            let mut breaches = Vec::new();
            breaches_of(&document, schema, body, "", &mut breaches);
            for breach in breaches {
                let mut changed = body.clone();
                change(&mut changed, &breach);
                let answer =
                    server.send(&operation.method, &path, Some(&token), Some(&changed)).await;
                if answer.status != 400 || answer.body["code"] != 1 {
                    let (kind, field, bound) = &breach.bound;
                    let value = &breach.value;
                    broken.push(format!(
                        "{id}: {kind}.{field} {bound}: {value:?} gives {}",
                        answer.status
                    ));
                }
                tried.insert(breach.bound);
            }
        }
        for parameter in operation.value["parameters"].as_array().into_iter().flatten() {
            let (name, schema) = (&parameter["name"], &parameter["schema"]);
            if parameter["in"] != "query" || schema["type"] == "string" {
                continue;
            }
            let mut values = Vec::new();
            outside(schema, &mut |_, value| values.push(value));
            for value in values {
                let value = value.to_string().replace('"', "").replace(' ', "+");
                let name = name.as_str().unwrap_or_default();
                let query = format!("{path}?{name}={value}");
                let body = example.get("body");
                let answer = server.send(&operation.method, &query, Some(&token), body).await;
                if answer.status != 400 || answer.body["code"] != 1 {
                    broken.push(format!("{id}: ?{name}={value} gives {}", answer.status));
                }
            }
        }
        let query: Vec<String> = example["query"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()))
            .collect();
        let whole = if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) };
        let answer =
            server.send(&operation.method, &whole, Some(&token), example.get("body")).await;
        let status = example["status"].as_u64();
        let taken = status.is_none_or(|status| status == u64::from(answer.status));
        // What is found under random names is not there.
        assert!(
            taken || id.starts_with("api_key") || id.starts_with("cluster_member"),
            "the example of {id} is answered with {}: {}",
            answer.status,
            answer.body
        );
    }
    server.stop().await;
    assert!(broken.is_empty(), "not enforced:\n{}", broken.join("\n"));
    let documented = documented(&document);
    let untried: Vec<_> = documented.difference(&tried).collect();
    assert!(untried.is_empty(), "no example has: {untried:?}");
    assert!(tried.len() > 60, "only {} bounds were tried", tried.len());
}

fn filled(path: &str, values: &Value) -> String {
    let part = |part: &str| {
        let name = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
        let value = name.and_then(|name| values[name].as_str());
        value.map_or_else(|| part.to_owned(), |value| value.replace('/', "%2F"))
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// Everything that could be wrong with a value of a schema, one at a time.
fn breaches_of(
    document: &Document,
    schema: &Value,
    value: &Value,
    at: &str,
    found: &mut Vec<Breach>,
) {
    let (name, schema) = named(document, schema);
    for (field, property) in schema["properties"].as_object().into_iter().flatten() {
        if property["readOnly"] == true {
            continue;
        }
        let pointer = format!("{at}/{field}");
        let required = schema["required"].as_array().is_some_and(|all| all.contains(&json!(field)));
        let Some(there) = value.get(field) else { continue };
        let mut breach = |bound, value| {
            let bound = (name.clone(), field.clone(), bound);
            found.push(Breach { pointer: pointer.clone(), bound, value });
        };
        if required {
            breach("required", None);
        }
        outside(property, &mut |bound, value| breach(bound, Some(value)));
        if let (Some(items), Some(list)) = (property.get("items"), there.as_array()) {
            for (index, item) in list.iter().enumerate() {
                let pointer = format!("{pointer}/{index}");
                outside(items, &mut |bound, value| {
                    let bound = (name.clone(), field.clone(), item_bound(bound));
                    found.push(Breach { pointer: pointer.clone(), bound, value: Some(value) });
                });
                breaches_of(document, items, item, &pointer, found);
            }
        }
        breaches_of(document, property, there, &pointer, found);
    }
}

/// The schema that a reference names, and its name.
fn named(document: &Document, schema: &Value) -> (String, Value) {
    // What may be `null` names the other choice first.
    let places = [&schema["$ref"], &schema["allOf"][0]["$ref"], &schema["oneOf"][0]["$ref"]];
    match places.into_iter().find_map(Value::as_str) {
        Some(reference) => {
            let name = reference.rsplit('/').next().unwrap_or_default().to_owned();
            let schema = document.0["components"]["schemas"][&name].clone();
            (name, schema)
        }
        None => (String::new(), schema.clone()),
    }
}

/// Values just outside each bound of a schema.
fn outside(schema: &Value, found: &mut impl FnMut(&'static str, Value)) {
    let number = |name: &str| schema[name].as_i64();
    if let Some(shortest) = number("minLength") {
        let shorter = usize::try_from(shortest - 1).expect("a length");
        found("minLength", "a".repeat(shorter).into());
    }
    if let Some(longest) = number("maxLength") {
        let longer = usize::try_from(longest + 1).expect("a length");
        found("maxLength", "a".repeat(longer).into());
    }
    if let Some(pattern) = schema["pattern"].as_str() {
        let pattern = Regex::new(pattern).expect("a pattern");
        let candidates = ["spaced out", "no:t/th=is=", "ÄÖÜ", ""];
        let other = candidates.into_iter().find(|text| !pattern.is_match(text));
        found("pattern", other.expect("something that does not match").into());
    }
    if schema.get("enum").is_some() {
        found("enum", "something-else".into());
    }
    if schema["format"] == "date-time" {
        found("format", "yesterday".into());
    }
    if let Some(least) = number("minimum") {
        found("minimum", (least - 1).into());
    }
    if let Some(most) = number("maximum") {
        found("maximum", (most + 1).into());
    }
    if number("minItems") == Some(1) {
        found("minItems", json!([]));
    }
    let other = match schema["type"].as_str() {
        Some("string") => json!(1),
        Some(_) => json!("a text"),
        None if schema.get("oneOf").is_some() => json!("a text"),
        None => return,
    };
    found("type", other);
}

fn item_bound(bound: &'static str) -> &'static str {
    match bound {
        "pattern" => "pattern of items",
        "enum" => "enum of items",
        "type" => "type of items",
        "minLength" => "minLength of items",
        other => other,
    }
}

fn change(body: &mut Value, breach: &Breach) {
    let (parent, field) = breach.pointer.rsplit_once('/').expect("a pointer");
    let parent = body.pointer_mut(parent).expect("what holds the field");
    match (parent, &breach.value) {
        (Value::Object(map), Some(value)) => _ = map.insert(field.to_owned(), value.clone()),
        (Value::Object(map), None) => _ = map.shift_remove(field),
        (Value::Array(items), Some(value)) => {
            items[field.parse::<usize>().expect("an index")] = value.clone();
        }
        (other, _) => panic!("{other} has no fields"),
    }
}

/// Every bound of every schema that can be sent, but for types: those are tried where examples are.
fn documented(document: &Document) -> BTreeSet<(String, String, &'static str)> {
    let mut sent = BTreeSet::new();
    for operation in document.operations() {
        if operation.value["tags"][0] != "auth" {
            references(document, &operation.value["requestBody"], &mut sent);
        }
    }
    let mut found = BTreeSet::new();
    for name in sent.iter().filter(|name| !NOT_SENT.contains(&name.as_str())) {
        let schema = &document.0["components"]["schemas"][name];
        for (field, property) in schema["properties"].as_object().into_iter().flatten() {
            if property["readOnly"] == true {
                continue;
            }
            let required = schema["required"].as_array();
            if required.is_some_and(|all| all.contains(&json!(field))) {
                found.insert((name.clone(), field.clone(), "required"));
            }
            outside(property, &mut |bound, _| {
                if bound != "type" {
                    found.insert((name.clone(), field.clone(), bound));
                }
            });
            outside(&property["items"], &mut |bound, _| {
                if bound != "type" {
                    found.insert((name.clone(), field.clone(), item_bound(bound)));
                }
            });
        }
    }
    found
}

/// The names of all schemas that a value refers to.
fn references(document: &Document, value: &Value, found: &mut BTreeSet<String>) {
    if value["readOnly"] == true {
        return;
    }
    if let Some(name) = value["$ref"].as_str().and_then(|r| r.strip_prefix("#/components/schemas/"))
        && found.insert(name.to_owned())
    {
        references(document, &document.0["components"]["schemas"][name], found);
    }
    match value {
        Value::Object(map) => map.values().for_each(|value| references(document, value, found)),
        Value::Array(items) => items.iter().for_each(|value| references(document, value, found)),
        _ => {}
    }
}
