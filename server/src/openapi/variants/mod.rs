//! Separate schemas for responses and requests, derived from the one schema of each type.
//!
//! A response schema requires every field that the server always returns. A request schema requires
//! what the operation requires, excludes combinations of fields that are rejected, and has no read-only
//! fields. The body of a `POST` requires the name, which is in the URL of a `PUT`. The body of a `PATCH`
//! requires nothing, and accepts `null` for every field that can be removed. Schemas that would be
//! equal are one schema.

pub(super) mod combinations;
mod derive;
mod merge;
mod metadata;
mod names;
mod nullable;

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use serde_json::{Map, Value};

use super::each;
use super::facts::{Action, Operation};
use derive::{Derived, Role, Variant};

/// Beginning of a reference to a schema.
const SCHEMAS: &str = "#/components/schemas/";

/// Replaces the schemas of the document, and the references of its operations.
///
/// # Errors
/// If the document refers to a schema that it does not have, or two schemas would have the same name.
pub(super) fn split(document: &mut Value, operations: &[Operation]) -> anyhow::Result<()> {
    let base = document.pointer("/components/schemas").and_then(Value::as_object);
    let base = base.cloned().context("the document has no schemas")?;
    let kinds = names::returned_by(&[Action::Get], document, operations);
    let identified = names::returned_by(&[Action::Get, Action::Create], document, operations);
    let mut derived = Derived::new(&base, &identified);
    let mut failed = Ok(());
    let mut attempt = |result: anyhow::Result<()>| {
        if failed.is_ok() {
            failed = result;
        }
    };
    // Responses first: a type that no response contains needs no second name for requests.
    if let Some(shared) = document.pointer_mut("/components/responses") {
        attempt(derived.rewrite(shared, Role::Response));
    }
    each(document, operations, |operation| {
        attempt(derived.rewrite(&mut operation.value["responses"], Role::Response));
    });
    each(document, operations, |operation| {
        let facts = operation.facts;
        let kind =
            kinds.iter().find(|(_, kind)| facts.kind.is_some_and(|own| own.name == kind.name));
        let content = operation.value.pointer_mut("/requestBody/content");
        let Some(content) = content.and_then(Value::as_object_mut) else { return };
        for body in content.values_mut() {
            attempt(match (facts.action, kind) {
                (Action::Patch, Some((schema, _))) => derived
                    .add(&Variant::of(schema, Role::Patch))
                    .map(|name| body["schema"]["$ref"] = reference(&name)),
                (Action::Create, Some(_)) => derived.rewrite(&mut body["schema"], Role::Create),
                _ => derived.rewrite(&mut body["schema"], Role::Input),
            });
        }
    });
    failed?;
    let mut schemas = derived.into_schemas();
    let merged = merge::equal(&mut schemas);
    let mut published: BTreeMap<String, Value> = BTreeMap::new();
    for (variant, mut schema) in schemas {
        describe(&variant, &mut schema);
        let name = variant.name.clone();
        ensure!(published.insert(name.clone(), schema).is_none(), "two schemas are called {name}");
    }
    document["components"]["schemas"] = published.into_iter().collect::<Map<_, _>>().into();
    merge::redirect(document, &merged);
    Ok(())
}

fn reference(name: &str) -> Value {
    format!("{SCHEMAS}{name}").into()
}

/// Adds what distinguishes a schema for requests from that for responses.
fn describe(variant: &Variant, schema: &mut Value) {
    let difference = match variant.role {
        Role::Input if variant.name != variant.base => {
            "This schema is for requests: absent fields have their defaults."
        }
        Role::Create if variant.format.is_none() => {
            "This schema is for requests that create an object."
        }
        Role::Create => "This schema is for requests that create an object: the name is required.",
        Role::Patch if schema.get("properties").is_none() => {
            "This schema is for merge patches (RFC 7396): `null` resets the field to its default."
        }
        Role::Patch => {
            "This schema is for merge patches (RFC 7396): absent fields keep their values, and `null` \
             resets a field to its default."
        }
        Role::Response | Role::Input => return,
    };
    let text = schema["description"].as_str().unwrap_or_default();
    let of_metadata = metadata::describe(variant);
    schema["description"] = format!("{text}\n\n{difference}{of_metadata}").into();
}
