//! From what Dropshot derives to what we publish, one small step per concern.
//!
//! Nothing here is typed twice: paths, parameters, schemas, summaries and descriptions come from the
//! operations and types themselves. The steps add what Dropshot has no words for (servers, security,
//! named errors, media types) and cure what generators and linters stumble over.

#![expect(
    clippy::indexing_slicing,
    reason = "what is indexed is our own document, the same at every start and in every test"
)]

pub(crate) mod discovery;
mod errors;
mod examples;

mod code_samples;
mod headers;
mod info;
mod links;
mod operations;
mod parameters;
mod responses;

mod schemas;
mod security;
pub(crate) mod served;
mod split;
pub(crate) mod tag_groups;
mod v3_1;

use anyhow::Context as _;
use serde_json::Value;

use crate::http;

pub(crate) use operations::asked;
pub use operations::operations;

/// Requests and what a server answered, as `cargo xtask generate` recorded them.
const RECORDED: &str = include_str!("../../../openapi/examples.json");

/// The published OpenAPI document, as text: the very bytes of `openapi/sensu-core-v2.json`.
///
/// # Errors
/// If an operation cannot be registered or described: a defect that the tests find.
pub fn document() -> anyhow::Result<String> {
    document_with(RECORDED)
}

/// The document with other examples than those that the server was built with: for whoever records
/// them.
///
/// # Errors
/// As [`document`], and if the examples are not JSON.
pub fn document_with(examples: &str) -> anyhow::Result<String> {
    let mut text = serde_json::to_string_pretty(&published_with(examples)?)?;
    text.push('\n');
    Ok(text)
}

/// A published document in YAML.
///
/// # Errors
/// If it is not JSON.
pub fn yaml(document: &str) -> anyhow::Result<String> {
    let document: Value = serde_json::from_str(document)?;
    Ok(serde_saphyr::to_string(&document)?)
}

/// A published document in OpenAPI 3.1.
///
/// # Errors
/// If it is not JSON.
pub fn newer(document: &str) -> anyhow::Result<String> {
    let mut document: Value = serde_json::from_str(document)?;
    v3_1::rewrite(&mut document);
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    Ok(text)
}

pub(crate) fn published() -> anyhow::Result<Value> {
    published_with(RECORDED)
}

fn published_with(examples: &str) -> anyhow::Result<Value> {
    let recorded: Value = serde_json::from_str(examples).context("the recorded examples")?;
    let mut document = derived()?;
    split::silenced(&mut document);
    info::add(&mut document);
    security::add(&mut document);
    schemas::tidy(&mut document);
    parameters::order(&mut document);
    responses::complete(&mut document);
    errors::name(&mut document);
    headers::add(&mut document);
    examples::add(&mut document, &recorded);
    code_samples::add(&mut document, &recorded);
    links::add(&mut document);
    tag_groups::add(&mut document);
    Ok(document)
}

/// What Dropshot derives from the operations.
fn derived() -> anyhow::Result<Value> {
    let version = env!("CARGO_PKG_VERSION").parse().context("our own version")?;
    let mut bytes = Vec::new();
    // `write`, because `json` sorts all properties and invents defaults.
    http::api()?.openapi(info::TITLE, version).write(&mut bytes)?;
    Ok(serde_json::from_slice(&bytes)?)
}

/// One operation of a document.
struct Operation<'a> {
    path: &'a str,
    method: &'a str,
    value: &'a mut Value,
}

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Every operation of the document, in its order.
fn each(document: &mut Value, mut act: impl FnMut(Operation<'_>)) {
    let Some(paths) = document["paths"].as_object_mut() else { return };
    for (path, item) in paths.iter_mut() {
        let Some(item) = item.as_object_mut() else { continue };
        for (method, value) in item.iter_mut() {
            if METHODS.contains(&method.as_str()) {
                act(Operation { path, method, value });
            }
        }
    }
}

/// Every object anywhere in the document, outermost first.
fn walk(value: &mut Value, act: &mut impl FnMut(&mut serde_json::Map<String, Value>)) {
    match value {
        Value::Object(map) => {
            act(map);
            map.values_mut().for_each(|value| walk(value, act));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| walk(value, act)),
        _ => {}
    }
}
