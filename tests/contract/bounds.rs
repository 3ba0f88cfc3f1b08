//! The server enforces every bound that the document states: it rejects a value just outside each.
//!
//! The bodies are the recorded examples, with one value changed at a time. The unchanged example succeeds, so
//! each rejection is due to the change.

use std::collections::BTreeSet;

use regex::Regex;
use sensu_tests::{Document, Response, TestServer};
use serde_json::{Value, json};

use super::scenario::{Request, Scenario};

/// Type, field and keyword of a bound.
type Bound = (String, String, &'static str);

/// A value that must be rejected.
struct Breach {
    /// Where in the body.
    pointer: String,
    bound: Bound,
    /// The value; `None` removes the field.
    value: Option<Value>,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_documented_bound_is_enforced() {
    let document = Document::committed();
    let server = Scenario::server().await;
    let token = server.token().await;
    let (mut tried, mut accepted) = (BTreeSet::new(), Vec::new());
    let mut scenario = Scenario::read();
    while let Some(request) = scenario.next() {
        let bodies = [request.body.clone(), request.minimal.clone()].into_iter().flatten();
        let requests = bodies.map(|body| Request { body: Some(body), ..request.clone() });
        let breaches: Vec<_> = requests
            .flat_map(|request| {
                let breaches = body_breaches(&document, &request);
                breaches.into_iter().map(move |breach| (request.clone(), breach))
            })
            .collect();
        for (request, breach) in breaches {
            let response = send_breach(&server, &token, &request, &breach).await;
            let (bound, value) = (&breach.bound, &breach.value);
            if !is_rejected(&response) {
                accepted.push(format!("{bound:?}: {value:?} gets {}", response.status));
            } else if !names_field(&response, &breach) {
                let (field, body) = (&breach.pointer, &response.body);
                accepted.push(format!("{bound:?} at {field}: {value:?} gets {body}"));
            }
            tried.insert(breach.bound);
        }
        for (name, value) in query_breaches(&request) {
            let response = request.with(&name, &value).send(&server, &token).await;
            if !is_rejected(&response) {
                accepted.push(format!("?{name}={value} gets {}", response.status));
            }
        }
        let response = request.send(&server, &token).await;
        request.assert_recorded(response.status, &response.body);
        scenario.record(&request, &response.body);
    }
    server.stop().await;
    assert!(accepted.is_empty(), "not enforced, or without the field:\n{}", accepted.join("\n"));
    let documented = documented(&document);
    let untried: Vec<_> = documented.difference(&tried).collect();
    assert!(untried.is_empty(), "no example has: {untried:?}");
    assert!(tried.len() > 60, "only {} bounds were tried", tried.len());
}

#[test]
fn patterns_are_valid_in_every_dialect() {
    fn visit(value: &Value, found: &mut usize) {
        if let Some(pattern) = value["pattern"].as_str() {
            *found += 1;
            // The syntax of RE2: no assertions. Classes of Unicode and flags differ between dialects.
            Regex::new(pattern).expect("a pattern");
            assert!(!pattern.contains("\\p") && !pattern.contains("(?"), "{pattern}");
        }
        match value {
            Value::Object(map) => map.values().for_each(|value| visit(value, found)),
            Value::Array(items) => items.iter().for_each(|item| visit(item, found)),
            _ => {}
        }
    }
    let mut found = 0;
    visit(Document::committed().json(), &mut found);
    assert!(found > 200, "only {found} patterns");
}

fn is_rejected(response: &Response) -> bool {
    response.status == 400 && response.body["code"] == 1
}

/// Whether the error names the field. If an object is missing, it can name a required part of it.
fn names_field(response: &Response, breach: &Breach) -> bool {
    let field = response.body["field"].as_str().unwrap_or_default();
    let below = field.strip_prefix(&breach.pointer);
    below.is_some_and(|below| below.is_empty() || below.starts_with('/') && breach.value.is_none())
}

fn body_breaches(document: &Document, request: &Request) -> Vec<Breach> {
    let schema = request.operation.body_schema();
    let mut breaches = Vec::new();
    if let (Some(body), false) = (&request.body, schema.is_null()) {
        breaches_of(document, schema, body, "", &mut breaches);
    }
    breaches
}

async fn send_breach(
    server: &TestServer,
    token: &str,
    request: &Request,
    breach: &Breach,
) -> Response {
    let mut request = request.clone();
    change(request.body.as_mut().expect("a body"), breach);
    request.send(server, token).await
}

/// Name and value of query parameters outside their bounds.
fn query_breaches(request: &Request) -> Vec<(String, String)> {
    let mut breaches = Vec::new();
    for parameter in request.operation.parameters() {
        let schema = &parameter["schema"];
        if parameter["in"] == "query" {
            let name = parameter["name"].as_str().expect("a name");
            outside(schema, &mut |bound, value| {
                if (bound, &schema["type"]) == ("type", &json!("string")) {
                    // Every query parameter is a text.
                    return;
                }
                let value = value.to_string().replace('"', "").replace(' ', "+");
                breaches.push((name.to_owned(), value));
            });
        }
    }
    breaches
}

/// Every breach of a schema in one value.
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
        let Some(current) = value.get(field) else { continue };
        let mut breach = |bound, value| {
            let bound = (name.clone(), field.clone(), bound);
            found.push(Breach { pointer: pointer.clone(), bound, value });
        };
        if is_required(&schema, field) {
            breach("required", None);
        }
        outside(values(document, property), &mut |bound, value| breach(bound, Some(value)));
        if let (Some(items), Some(list)) = (property.get("items"), current.as_array()) {
            for (index, item) in list.iter().enumerate() {
                let pointer = format!("{pointer}/{index}");
                outside(values(document, items), &mut |bound, value| {
                    let bound = (name.clone(), field.clone(), item_bound(bound));
                    found.push(Breach { pointer: pointer.clone(), bound, value: Some(value) });
                });
                breaches_of(document, items, item, &pointer, found);
            }
        }
        breaches_of(document, property, current, &pointer, found);
    }
}

fn is_required(schema: &Value, field: &str) -> bool {
    schema["required"].as_array().is_some_and(|all| all.contains(&json!(field)))
}

/// The schema that a reference names, and its name.
fn named(document: &Document, schema: &Value) -> (String, Value) {
    let places = [&schema["$ref"], &schema["allOf"][0]["$ref"]];
    match places.into_iter().find_map(Value::as_str) {
        Some(reference) => {
            let name = reference.rsplit('/').next().unwrap_or_default();
            (document.type_of(name).to_owned(), document.schema(name).clone())
        }
        None => (String::new(), schema.clone()),
    }
}

/// The schema with the bounds of a value: an enumeration, or the schema itself.
fn values<'a>(document: &'a Document, schema: &'a Value) -> &'a Value {
    let reference =
        [&schema["$ref"], &schema["allOf"][0]["$ref"]].into_iter().find_map(Value::as_str);
    let named = reference.and_then(|reference| reference.rsplit('/').next());
    let named = named.map(|name| document.schema(name));
    named.filter(|named| named.get("enum").is_some()).unwrap_or(schema)
}

/// A value just outside each bound of a schema.
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
        found("pattern", other.expect("a candidate that does not match").into());
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
    let parent = body.pointer_mut(parent).expect("the parent of the field");
    match (parent, &breach.value) {
        (Value::Object(map), Some(value)) => _ = map.insert(field.to_owned(), value.clone()),
        (Value::Object(map), None) => _ = map.shift_remove(field),
        (Value::Array(items), Some(value)) => {
            items[field.parse::<usize>().expect("an index")] = value.clone();
        }
        (other, _) => panic!("{other} has no fields"),
    }
}

/// Every bound in the schemas of request bodies. Types are left out: they are tried wherever an example has
/// the field.
fn documented(document: &Document) -> BTreeSet<Bound> {
    let mut schemas = BTreeSet::new();
    for operation in document.operations() {
        if operation.tag() != "Authentication" {
            references(document, &operation.value["requestBody"], &mut schemas);
        }
    }
    let mut found = BTreeSet::new();
    for name in &schemas {
        let schema = document.schema(name);
        for (field, property) in schema["properties"].as_object().into_iter().flatten() {
            if property["readOnly"] == true {
                continue;
            }
            let mut add = |bound| {
                if bound != "type" {
                    found.insert((document.type_of(name).to_owned(), field.clone(), bound));
                }
            };
            if is_required(schema, field) {
                add("required");
            }
            outside(values(document, property), &mut |bound, _| add(bound));
            outside(values(document, &property["items"]), &mut |bound, _| {
                if bound != "type" {
                    add(item_bound(bound));
                }
            });
        }
    }
    found
}

/// The names of all schemas that a value refers to, directly or through others.
fn references(document: &Document, value: &Value, found: &mut BTreeSet<String>) {
    if value["readOnly"] == true {
        return;
    }
    if let Some(name) = value["$ref"].as_str().and_then(|r| r.strip_prefix("#/components/schemas/"))
        && found.insert(name.to_owned())
    {
        references(document, document.schema(name), found);
    }
    match value {
        Value::Object(map) => map.values().for_each(|value| references(document, value, found)),
        Value::Array(items) => items.iter().for_each(|value| references(document, value, found)),
        _ => {}
    }
}
