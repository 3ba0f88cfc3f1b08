//! Schemas of metadata: their names, and the names of objects in them.
//!
//! In requests, metadata has no field that the URL determines: the namespace, and the name except in
//! requests that create an object. A body may repeat both, but no schema can state that they must agree.

use sensu_types::name;
use serde_json::{Map, Value};

use super::combinations;
use super::derive::{Role, Variant};

/// The Rust type of all metadata.
pub(super) const BASE: &str = "ObjectMeta";

/// Metadata in responses, by the fields that it always has.
const IN_RESPONSES: [(&[&str], &str); 2] =
    [(&["name", "namespace"], BASE), (&["name"], "ClusterObjectMeta")];

/// Metadata of parts of objects: its name is optional and without rules, as is its namespace in responses.
const PARTIAL: &str = "PartialObjectMeta";

/// Metadata in requests that create an object, by the format of names.
fn for_names(format: name::Format) -> &'static str {
    match format {
        name::ASSET => "AssetMeta",
        name::WITH_COLON => "RoleMeta",
        _ => BASE,
    }
}

/// The name of a schema, without the suffix of its role.
pub(super) fn name_of(variant: &Variant) -> &'static str {
    let has = |field: &&str| variant.names.contains(*field);
    match (variant.role, variant.format) {
        (Role::Response, _) => {
            let row = IN_RESPONSES.iter().find(|(fields, _)| fields.iter().all(has));
            row.map_or(PARTIAL, |(_, name)| name)
        }
        (Role::Create, Some(format)) => for_names(format),
        _ if is_of_object(variant) => BASE,
        _ => PARTIAL,
    }
}

/// Whether metadata in a request is that of the object, and not of a part of it.
fn is_of_object(variant: &Variant) -> bool {
    variant.role == Role::Patch || variant.names.contains("name")
}

/// Whether the URL has a field of metadata, or a part of a computed name.
pub(super) fn is_in_url(variant: &Variant, field: &str) -> bool {
    if combinations::name_fields(&variant.base).contains(&field) {
        return matches!(variant.role, Role::Input | Role::Patch);
    }
    variant.base == BASE
        && match (field, variant.role) {
            ("name", Role::Input | Role::Patch) => is_of_object(variant),
            // Parts of an object are in its namespace.
            ("namespace", Role::Input | Role::Create | Role::Patch) => true,
            _ => false,
        }
}

/// What distinguishes metadata in requests.
pub(super) fn describe(variant: &Variant) -> &'static str {
    if is_in_url(variant, "name") && variant.base == BASE {
        " Name and namespace are those of the URL; the body may repeat them."
    } else if is_in_url(variant, "namespace") {
        " The namespace is that of the URL; the body may repeat it."
    } else {
        ""
    }
}

/// Adds bounds to a required field that identifies an object. Requests have a format of names.
pub(super) fn restrict(property: &mut Map<String, Value>, format: Option<name::Format>) {
    if format.is_some() {
        property.shift_remove("default");
    }
    if !property.contains_key("default") {
        property.insert("minLength".into(), 1.into());
    }
    let Some(format) = format.filter(|_| !property.contains_key("pattern")) else { return };
    property.insert("pattern".into(), format.pattern().into());
    let text = property.get("description").and_then(Value::as_str).unwrap_or_default();
    let text = format!("{text} Valid names: {}.", format.description);
    property.insert("description".into(), text.into());
}
