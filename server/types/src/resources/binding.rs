//! Role bindings and cluster role bindings: they grant roles to users and groups.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::grammar::enumeration::Enumeration;
use crate::grammar::selector::{Field, fields};
use crate::grammar::{name, schema};
use crate::invalid::Validated as _;
use crate::meta::{NAME, NAMESPACE};
use crate::resources::role::{INVALID, require_no_namespace, validate_name};
use crate::{ClusterWide, Invalid, Namespaced, ObjectMeta, Resource};

/// The role that a binding grants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct RoleRef {
    /// `Role`, for a role in the namespace of the binding, or `ClusterRole`. Required.
    #[serde(rename = "type")]
    #[schemars(schema_with = "role_type")]
    pub kind: String,
    /// Name of the role. Required. A role that does not exist grants nothing.
    #[schemars(schema_with = "schema::required::<String>")]
    pub name: String,
}

/// A user or group to which a binding grants a role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Subject {
    /// `User` or `Group`. Required.
    #[serde(rename = "type")]
    #[schemars(schema_with = "subject_type")]
    pub kind: String,
    /// Name of the user or group. Required.
    #[schemars(schema_with = "schema::required::<String>")]
    pub name: String,
}

/// Grants a role to users and groups, in the namespace of the binding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct RoleBinding {
    /// Users and groups to which the role is granted. Required, at least one and at most %subjects%.
    #[schemars(schema_with = "schema::required::<Vec<Subject>>")]
    pub subjects: Vec<Subject>,
    /// The role that a binding grants.
    #[schemars(schema_with = "schema::required::<RoleRef>")]
    pub role_ref: RoleRef,
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
}

/// Grants a cluster role to users and groups, in every namespace and for cluster-wide resources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct ClusterRoleBinding {
    /// Users and groups to which the role is granted. Required, at least one and at most %subjects%.
    #[schemars(schema_with = "schema::required::<Vec<Subject>>")]
    pub subjects: Vec<Subject>,
    /// The cluster role that the binding grants. Required.
    #[schemars(schema_with = "schema::required::<RoleRef>")]
    pub role_ref: RoleRef,
    /// Name, labels and annotations.
    pub metadata: ObjectMeta,
}

impl Resource for RoleBinding {
    const KIND: &'static str = "RoleBinding";
    const PLURAL: &'static str = "rolebindings";
    const NAMES: name::Format = name::WITH_COLON;
    const SINGULAR: &'static str = "rolebinding";
    const NOUN: &'static str = "role binding";
    const FIELDS: &'static [Field<Self>] = &[
        Field::new("role_ref.name", |binding| fields::text(&binding.role_ref.name)),
        Field::new("role_ref.type", |binding| fields::text(&binding.role_ref.kind)),
    ];
    type Scope = Namespaced;

    fn metadata(&self) -> Option<&ObjectMeta> {
        Some(&self.metadata)
    }

    fn metadata_mut(&mut self) -> Option<&mut ObjectMeta> {
        Some(&mut self.metadata)
    }

    fn validate(&self) -> Result<(), Invalid> {
        validate_name(&self.metadata.name).at(NAME)?;
        validate_binding(&self.subjects, &self.role_ref, ROLE_TYPE.values)?;
        if self.metadata.namespace.is_empty() {
            return Err(Invalid::new(format!("{INVALID}: namespace must be set")).at(NAMESPACE));
        }
        Ok(())
    }

    fn example(name: &str) -> Value {
        json!({
            "metadata": {"name": name},
            "subjects": [{"type": "User", "name": "admin"}],
            "role_ref": {"type": "Role", "name": "operator"},
        })
    }
}

impl Resource for ClusterRoleBinding {
    const KIND: &'static str = "ClusterRoleBinding";
    const PLURAL: &'static str = "clusterrolebindings";
    const NAMES: name::Format = name::WITH_COLON;
    const SINGULAR: &'static str = "clusterrolebinding";
    const NOUN: &'static str = "cluster role binding";
    const FIELDS: &'static [Field<Self>] = &[
        Field::new("role_ref.name", |binding| fields::text(&binding.role_ref.name)),
        Field::new("role_ref.type", |binding| fields::text(&binding.role_ref.kind)),
    ];
    type Scope = ClusterWide;

    fn metadata(&self) -> Option<&ObjectMeta> {
        Some(&self.metadata)
    }

    fn metadata_mut(&mut self) -> Option<&mut ObjectMeta> {
        Some(&mut self.metadata)
    }

    fn validate(&self) -> Result<(), Invalid> {
        validate_name(&self.metadata.name).at(NAME)?;
        validate_binding(&self.subjects, &self.role_ref, &["ClusterRole"])?;
        require_no_namespace(&self.metadata)
    }

    fn example(name: &str) -> Value {
        json!({
            "metadata": {"name": name},
            "subjects": [{"type": "User", "name": "admin"}],
            "role_ref": {"type": "ClusterRole", "name": "view"},
        })
    }
}

/// Maximum number of subjects of a binding.
pub const MAX_SUBJECTS: usize = 10_000;

const ROLE_TYPE: Enumeration = Enumeration {
    name: "RoleType",
    description: "Type of the role that a binding grants: `Role`, in the namespace of the binding, or `ClusterRole`.",
    values: &["Role", "ClusterRole"],
    identifiers: &[],
};

const SUBJECT_TYPE: Enumeration = Enumeration {
    name: "SubjectType",
    description: "Type of a subject of a binding.",
    values: &["User", "Group"],
    identifiers: &[],
};

fn role_type(generator: &mut schemars::r#gen::SchemaGenerator) -> schemars::schema::Schema {
    schema::mark_required(ROLE_TYPE.schema(generator))
}

fn subject_type(generator: &mut schemars::r#gen::SchemaGenerator) -> schemars::schema::Schema {
    schema::mark_required(SUBJECT_TYPE.schema(generator))
}

fn validate_binding(subjects: &[Subject], role: &RoleRef, kinds: &[&str]) -> Result<(), Invalid> {
    if subjects.is_empty() {
        let message = format!("{INVALID}: a binding needs at least one subject");
        return Err(Invalid::new(message).at("/subjects"));
    }
    if subjects.len() > MAX_SUBJECTS {
        let limit = format!("{INVALID}: a binding can have at most {MAX_SUBJECTS} subjects");
        return Err(Invalid::new(limit).at("/subjects"));
    }
    for (index, Subject { kind, name }) in subjects.iter().enumerate() {
        let field = invalid_part(name, SUBJECT_TYPE.contains(kind));
        if let Some(field) = field {
            let message = format!(
                "{INVALID}: subject {name:?} of type {kind:?}; a subject needs a name and the type User or \
                 Group"
            );
            return Err(Invalid::new(message).at(format!("/subjects/{index}{field}")));
        }
    }
    let RoleRef { kind, name } = role;
    if let Some(field) = invalid_part(name, kinds.contains(&kind.as_str())) {
        let kinds = kinds.join(" or ");
        let message = format!(
            "{INVALID}: role_ref {name:?} of type {kind:?}; it needs a name and the type {kinds}"
        );
        return Err(Invalid::new(message).at(format!("/role_ref{field}")));
    }
    Ok(())
}

/// The field of a reference that is invalid.
fn invalid_part(name: &str, has_valid_type: bool) -> Option<&'static str> {
    match (has_valid_type, name.is_empty()) {
        (false, _) => Some("/type"),
        (true, true) => Some("/name"),
        (true, false) => None,
    }
}
