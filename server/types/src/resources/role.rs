//! Roles: lists of rules, for one namespace or for the whole cluster.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::grammar::{name, schema};
use crate::{ClusterWide, Invalid, Namespaced, ObjectMeta, Resource};

/// What a rule allows: any of the verbs on any of the resources, on any of the names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Rule {
    /// What may be done: `get`, `list`, `create`, `update`, `delete`, or `*` for all of it.
    #[schemars(schema_with = "verbs")]
    pub verbs: Vec<String>,
    /// To what: `checks`, `events`, `entities` and so on, or `*` for everything.
    #[schemars(schema_with = "resources")]
    pub resources: Vec<String>,
    /// To which objects, by name. Empty for all. A rule with names never allows listing or creating,
    /// because those name no object.
    pub resource_names: Vec<String>,
}

/// Rules that a role binding can give to users and groups in the role's namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Role {
    /// What the role allows. At least one rule.
    #[schemars(schema_with = "schema::required::<Vec<Rule>>")]
    pub rules: Vec<Rule>,
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
}

/// Rules that can be given in every namespace, or in one by a role binding of that namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct ClusterRole {
    /// What the role allows. At least one rule.
    #[schemars(schema_with = "schema::required::<Vec<Rule>>")]
    pub rules: Vec<Rule>,
    /// Name, labels and annotations.
    pub metadata: ObjectMeta,
}

/// The start of every message about roles and bindings, as in the reference; what follows is ours
/// (D27).
pub(crate) const INVALID: &str = "invalid argument(s) received";

const VERBS: [&str; 6] = ["get", "list", "create", "update", "delete", "*"];

fn verbs(_: &mut schemars::r#gen::SchemaGenerator) -> schemars::schema::Schema {
    schema::list_of(schema::one_of(&VERBS))
}

fn resources(_: &mut schemars::r#gen::SchemaGenerator) -> schemars::schema::Schema {
    schema::list_of(schema::pattern("^([a-z]+|\\*)$"))
}

impl Resource for Role {
    const KIND: &'static str = "Role";
    const PLURAL: &'static str = "roles";
    const SINGULAR: &'static str = "role";
    type Scope = Namespaced;

    fn metadata(&self) -> Option<&ObjectMeta> {
        Some(&self.metadata)
    }

    fn metadata_mut(&mut self) -> Option<&mut ObjectMeta> {
        Some(&mut self.metadata)
    }

    fn validate(&self) -> Result<(), Invalid> {
        named(&self.metadata.name)?;
        rules(&self.rules)?;
        if self.metadata.namespace.is_empty() {
            return Err(Invalid::new(format!("{INVALID}: namespace must be set")));
        }
        Ok(())
    }

    fn example(name: &str) -> Value {
        example(name)
    }
}

impl Resource for ClusterRole {
    const KIND: &'static str = "ClusterRole";
    const PLURAL: &'static str = "clusterroles";
    const SINGULAR: &'static str = "clusterrole";
    const NOUN: &'static str = "cluster role";
    type Scope = ClusterWide;

    fn metadata(&self) -> Option<&ObjectMeta> {
        Some(&self.metadata)
    }

    fn metadata_mut(&mut self) -> Option<&mut ObjectMeta> {
        Some(&mut self.metadata)
    }

    fn validate(&self) -> Result<(), Invalid> {
        named(&self.metadata.name)?;
        rules(&self.rules)?;
        everywhere(&self.metadata)
    }

    fn example(name: &str) -> Value {
        example(name)
    }
}

fn example(name: &str) -> Value {
    json!({
        "metadata": {"name": name},
        "rules": [{"verbs": ["get", "list"], "resources": ["checks"]}],
    })
}

/// Whether a role or binding may have this name.
pub(crate) fn named(name: &str) -> Result<(), Invalid> {
    name::with_colon(&format!("{INVALID}: name"), name)
}

/// Whether a cluster-wide object has no namespace.
pub(crate) fn everywhere(metadata: &ObjectMeta) -> Result<(), Invalid> {
    if metadata.namespace.is_empty() {
        return Ok(());
    }
    Err(Invalid::new(format!("{INVALID}: a cluster-wide object has no namespace")))
}

fn rules(rules: &[Rule]) -> Result<(), Invalid> {
    if rules.is_empty() {
        return Err(Invalid::new(format!("{INVALID}: a role needs at least one rule")));
    }
    for (index, rule) in rules.iter().enumerate() {
        let unknown = rule.verbs.iter().find(|verb| !VERBS.contains(&verb.as_str()));
        if let Some(verb) = unknown {
            let verbs = VERBS.join(", ");
            return Err(Invalid::new(format!(
                "{INVALID}: rule {index}: unknown verb {verb:?}; verbs are {verbs}"
            )));
        }
        let word = |text: &str| {
            text == "*" || (!text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase()))
        };
        if let Some(resource) = rule.resources.iter().find(|resource| !word(resource)) {
            return Err(Invalid::new(format!(
                "{INVALID}: rule {index}: {resource:?} cannot be a resource; write its plural in \
                 lower case, for example checks, or *"
            )));
        }
    }
    Ok(())
}
