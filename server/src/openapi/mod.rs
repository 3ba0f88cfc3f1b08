//! The published document: what Dropshot derives, completed in small steps.
//!
//! Paths, parameters, schemas, summaries and descriptions come from the operations and types. The
//! steps add what Dropshot cannot express (security, errors, links, examples), from the facts of
//! the operations, and rewrite what generators and linters do not support.

#![expect(
    clippy::indexing_slicing,
    reason = "the document is ours, and the same at every start and in every test"
)]

mod alternatives;
mod code_samples;
mod deprecation;
pub(crate) mod discovery;
mod errors;
mod examples;
pub(crate) mod facts;

mod headers;
mod info;
mod limits;
mod links;
mod namespaces;
mod operations;
mod order;
mod parameters;
mod permissions;
mod responses;

mod schemas;
mod security;
pub(crate) mod served;
pub(crate) mod tag_groups;
mod v3_1;
mod variants;

use anyhow::Context as _;
use dropshot::ApiDescription;
use serde_json::Value;

use crate::runtime::context::Cx;
use facts::{Facts, Operation};
pub use permissions::OperationPermission;
pub(crate) use permissions::permissions;
pub(crate) use schemas::write_whole_bounds;

/// Requests and responses, recorded by `cargo xtask generate`.
const RECORDED: &str = include_str!("../../../openapi/examples.json");

/// The published document: the content of `openapi/sensu-core-v2.json`.
///
/// # Errors
/// If the document cannot be derived: a defect that the tests find.
pub(crate) fn document(
    api: &ApiDescription<Cx>,
    operations: &[Operation],
) -> anyhow::Result<String> {
    document_with(api, operations, RECORDED)
}

/// The document with the given examples.
///
/// # Errors
/// As [`document`], and if the examples are not JSON.
pub(crate) fn document_with(
    api: &ApiDescription<Cx>,
    operations: &[Operation],
    examples: &str,
) -> anyhow::Result<String> {
    let mut text = serde_json::to_string_pretty(&published(api, operations, examples)?)?;
    text.push('\n');
    Ok(text)
}

/// The table of operations: `openapi/operations.txt`.
///
/// # Errors
/// As [`document`].
pub(crate) fn table(api: &ApiDescription<Cx>, operations: &[Operation]) -> anyhow::Result<String> {
    operations::table(&mut published(api, operations, RECORDED)?, operations)
}

/// Converts a published document to YAML.
///
/// # Errors
/// If the document is not JSON.
pub fn yaml(document: &str) -> anyhow::Result<String> {
    let document: Value = serde_json::from_str(document)?;
    Ok(serde_saphyr::to_string(&document)?)
}

/// Converts a published document to OpenAPI 3.1.
///
/// # Errors
/// If the document is not JSON.
pub fn v3_1(document: &str) -> anyhow::Result<String> {
    let mut document: Value = serde_json::from_str(document)?;
    v3_1::rewrite(&mut document);
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    Ok(text)
}

fn published(
    api: &ApiDescription<Cx>,
    operations: &[Operation],
    examples: &str,
) -> anyhow::Result<Value> {
    let recorded: Value = serde_json::from_str(examples).context("the recorded examples")?;
    let mut document = derived(api)?;
    alternatives::publish(&mut document, operations);
    namespaces::rename_parameter(&mut document);
    info::add(&mut document);
    security::add(&mut document, operations);
    schemas::tidy(&mut document);
    parameters::complete(&mut document, operations);
    responses::complete(&mut document, operations);
    permissions::describe(&mut document, operations);
    errors::name(&mut document, operations);
    headers::add(&mut document, operations);
    examples::add(&mut document, operations, &recorded);
    links::add(&mut document, operations);
    deprecation::mark(&mut document, operations);
    variants::split(&mut document, operations)?;
    order::sort(&mut document, operations);
    tag_groups::add(&mut document);
    // With the names of schemas and tags.
    code_samples::add(&mut document, operations, &recorded);
    limits::fill_in(&mut document);
    Ok(document)
}

/// The document that Dropshot derives.
fn derived(api: &ApiDescription<Cx>) -> anyhow::Result<Value> {
    let version = env!("CARGO_PKG_VERSION").parse().context("our own version")?;
    let mut bytes = Vec::new();
    // `write`, because `json` sorts all properties and invents defaults.
    api.openapi(info::TITLE, version).write(&mut bytes)?;
    Ok(serde_json::from_slice(&bytes)?)
}

/// One operation of a document.
struct Described<'a> {
    path: &'a str,
    method: &'a str,
    facts: &'a Facts,
    value: &'a mut Value,
}

/// Calls a function with every operation, in the order of the document.
fn each(document: &mut Value, operations: &[Operation], mut act: impl FnMut(Described<'_>)) {
    let facts = facts::published(operations);
    let Some(paths) = document["paths"].as_object_mut() else { return };
    for (path, item) in paths.iter_mut() {
        let Some(item) = item.as_object_mut() else { continue };
        for (method, value) in item.iter_mut() {
            let id = value["operationId"].as_str().unwrap_or_default();
            if let Some(facts) = facts.get(id) {
                act(Described { path, method, facts, value });
            }
        }
    }
}

/// Calls a function with every object of the document, outermost first.
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
