//! Merges schemas of a type that are equal.

use std::collections::BTreeMap;

use serde_json::Value;

use super::derive::{Role, Variant};
use super::{SCHEMAS, reference};
use crate::openapi::walk;

/// Names of merged schemas, and the names of those that replace them.
pub(super) type Merged = BTreeMap<String, String>;

/// Removes schemas that equal another one of their type: that of a request if it equals that of responses,
/// and that for `POST` if it equals that of other requests.
pub(super) fn equal(schemas: &mut Vec<(Variant, Value)>) -> Merged {
    let mut merged = Merged::new();
    // A schema can become equal to another one when those that it refers to are merged.
    while let Some((name, other)) = next(schemas) {
        schemas.retain(|(variant, _)| variant.name != name);
        let merge = Merged::from([(name, other)]);
        schemas.iter_mut().for_each(|(_, schema)| redirect(schema, &merge));
        merged.values_mut().for_each(|target| {
            if let Some(other) = merge.get(target) {
                target.clone_from(other);
            }
        });
        merged.extend(merge);
    }
    merged
}

fn next(schemas: &[(Variant, Value)]) -> Option<(String, String)> {
    schemas.iter().find_map(|(variant, schema)| {
        let replaces = |other: &Variant| match variant.role {
            Role::Input => other.role == Role::Response,
            Role::Create => [Role::Response, Role::Input].contains(&other.role),
            Role::Response | Role::Patch => false,
        };
        let (other, _) = schemas.iter().find(|(other, same)| {
            // Metadata in requests is not called as that in responses of some kinds.
            let has_other_name =
                other.role == Role::Response && other.name != variant.name_without_suffix();
            other.base == variant.base && !has_other_name && replaces(other) && same == schema
        })?;
        Some((variant.name.clone(), other.name.clone()))
    })
}

/// Replaces references to merged schemas.
pub(super) fn redirect(value: &mut Value, merged: &Merged) {
    walk(value, &mut |map| {
        let target = map.get("$ref").and_then(Value::as_str);
        let name = target.and_then(|target| merged.get(target.strip_prefix(SCHEMAS)?));
        if let Some(name) = name {
            map.insert("$ref".into(), reference(name));
        }
    });
}
