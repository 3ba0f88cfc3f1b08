//! The OpenAPI document of the test kit: `openapi/sensu-dev.json`, served at `/dev/openapi.json`.

#![expect(
    clippy::indexing_slicing,
    reason = "assigns to fields of JSON objects that this module creates"
)]

use anyhow::Context as _;
use schemars::r#gen::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};

use super::examples;
use super::filter::Parameter;
use super::operations::{OPERATIONS, Operation, RequestBody, ResponseBody};
use crate::error::ApiError;
use crate::openapi;

const DESCRIPTION: &str = "Controls a server that replaces a Sensu backend in the tests of other programs: `sensu-server start --dev`. \
    Without `--dev`, these paths do not exist. They need no credentials, and accept requests from this machine only. \
    `docs/contract-testing.md` is the guide.";

/// The document.
///
/// # Errors
/// If a schema cannot be derived: a defect that the tests find.
pub(crate) fn document() -> anyhow::Result<String> {
    let mut generator = SchemaSettings::openapi3().into_generator();
    let mut paths = Map::new();
    for operation in OPERATIONS.iter() {
        let described = describe(operation, &mut generator)?;
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        let methods = path.as_object_mut().context("a path")?;
        methods.insert(operation.method.as_str().to_lowercase(), described);
    }
    let error = serde_json::to_value(generator.subschema_for::<ApiError>())?;
    let mut schemas = serde_json::to_value(generator.definitions())?;
    simplify(&mut schemas);
    let mut document = json!({
        "openapi": "3.0.3",
        "info": {
            "title": "Test kit of sensu-server",
            "description": DESCRIPTION,
            "version": env!("CARGO_PKG_VERSION"),
            "contact": {
                "name": "Issue tracker",
                "url": concat!(env!("CARGO_PKG_REPOSITORY"), "/issues"),
            },
            "license": { "name": "MIT OR Apache-2.0", "url": "https://spdx.org/licenses/MIT.html" },
        },
        "servers": [{ "url": "http://127.0.0.1:8080", "description": "A server that was started with `--dev`" }],
        "tags": [{ "name": "Test kit", "description": "Control of a server in tests" }],
        "security": [],
        "paths": paths,
        "components": { "schemas": schemas },
    });
    document["components"]["responses"] = json!({ "Error": {
        "description": "The request cannot be carried out. The message says what to change.",
        "content": { "application/json": { "schema": error, "example": examples::error() } },
    }});
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    Ok(text)
}

fn describe(operation: &Operation, generator: &mut SchemaGenerator) -> anyhow::Result<Value> {
    let mut described = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "description": operation.description,
        "tags": ["Test kit"],
        "security": [],
    });
    let mut parameters: Vec<Value> = path_parameter(operation).into_iter().collect();
    let has_object = !parameters.is_empty();
    parameters.extend(operation.parameters.iter().map(query_parameter));
    if !parameters.is_empty() {
        described["parameters"] = parameters.into();
    }
    let body = match operation.request {
        RequestBody::None => None,
        RequestBody::Json(schema) => {
            let schema = serde_json::to_value(schema(generator))?;
            let example = examples::request(operation.call);
            Some(json!({ "application/json": { "schema": schema, "example": example } }))
        }
        RequestBody::Manifests => {
            let example = examples::request(operation.call);
            let text = json!({ "schema": { "type": "string" }, "example": example });
            Some(json!({ "application/yaml": text }))
        }
    };
    if let Some(content) = body {
        described["requestBody"] = json!({ "required": true, "content": content });
    }
    let mut responses = Map::new();
    let (status, response) = match operation.response {
        ResponseBody::NoContent => ("204", json!({ "description": "Done" })),
        ResponseBody::Json(schema) => {
            ("200", content(serde_json::to_value(schema(generator))?, operation))
        }
        ResponseBody::AnyObject => ("200", content(json!({ "type": "object" }), operation)),
    };
    responses.insert(status.into(), response);
    let error = json!({ "$ref": "#/components/responses/Error" });
    let statuses = if has_object { ["400", "403", "404"].as_slice() } else { &["400", "403"] };
    responses.extend(statuses.iter().map(|status| ((*status).to_owned(), error.clone())));
    described["responses"] = responses.into();
    Ok(described)
}

fn content(schema: Value, operation: &Operation) -> Value {
    let content = json!({ "schema": schema, "example": examples::response(operation.call) });
    json!({ "description": "Success", "content": { "application/json": content } })
}

fn path_parameter(operation: &Operation) -> Option<Value> {
    let (_, rest) = operation.path.split_once('{')?;
    let (name, _) = rest.split_once('}')?;
    let (description, example) = match name {
        "id" => ("Identifier of the fault.", "fault-1"),
        _ => (
            "Name of the snapshot: 1 to 100 letters, digits, dots, hyphens and underscores.",
            "two-checks",
        ),
    };
    Some(json!({
        "name": name,
        "in": "path",
        "required": true,
        "description": description,
        "schema": { "type": "string" },
        "example": example,
    }))
}

fn query_parameter(parameter: &Parameter) -> Value {
    let mut schema = json!({ "type": "string" });
    if let Some(pattern) = parameter.pattern {
        schema["pattern"] = pattern.into();
    }
    json!({
        "name": parameter.name,
        "in": "query",
        "description": parameter.description,
        "schema": schema,
        "example": parameter.example,
    })
}

/// Rewrites derived schemas into forms that generators and linters support: absent values are not null, unsigned
/// formats are not standard, and bounds of integers are integers.
fn simplify(value: &mut Value) {
    match value {
        Value::Object(map) => {
            let is_schema = map.contains_key("type") || map.contains_key("allOf");
            if is_schema && matches!(map.get("default"), Some(Value::Null | Value::Object(_))) {
                map.shift_remove("default");
            }
            // Any value, or not a schema.
            if map.contains_key("nullable") && !map.contains_key("type") {
                map.shift_remove("nullable");
            }
            let is_unsigned =
                |format: &Value| format.as_str().is_some_and(|one| one.starts_with("uint"));
            if map.get("format").is_some_and(is_unsigned) {
                map.insert("format".into(), "int64".into());
            }
            if map.get("type").and_then(Value::as_str) == Some("integer") {
                openapi::write_whole_bounds(map);
            }
            map.values_mut().for_each(simplify);
        }
        Value::Array(items) => items.iter_mut().for_each(simplify),
        _ => {}
    }
}
