//! Roles and cluster roles: lists of rules, which bindings grant to users and groups.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::grammar::enumeration::Enumeration;
use crate::grammar::{name, schema};
use crate::invalid::Validated as _;
use crate::meta::{NAME, NAMESPACE};
use crate::{ClusterWide, Invalid, Namespaced, ObjectMeta, Resource};

/// A rule: allows any of the verbs for any of the resources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Rule {
    /// Allowed verbs: `get`, `list`, `create`, `update`, `delete`, or `*` for all.
    #[schemars(schema_with = "verbs")]
    pub verbs: Vec<String>,
    /// Resources that the verbs are allowed for, for example `checks`, or `*` for all. A resource that this
    /// server does not have is stored, and listed in a `Warning` header of the response.
    #[schemars(schema_with = "resources")]
    pub resources: Vec<String>,
    /// Names of the objects that the verbs are allowed for. Empty for all. A rule with names allows only
    /// requests with one of the names in the URL: neither lists of a collection nor `POST` to it. The URL
    /// of the list of an entity's events contains the name of the entity (verb `list`); the URL for
    /// executing a check, that of the check (verb `create`). The name of an event is `entity/check`.
    pub resource_names: Vec<String>,
}

/// A list of rules that role bindings in the same namespace can grant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Role {
    /// Rules of the role. Required, at least one. At most %rules% rules, with %rule-entries% verbs,
    /// resources and names in all.
    #[schemars(schema_with = "schema::required::<Vec<Rule>>")]
    pub rules: Vec<Rule>,
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
}

/// A list of rules that cluster role bindings can grant everywhere, and role bindings in their namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct ClusterRole {
    /// Rules of the role. Required, at least one. At most %rules% rules, with %rule-entries% verbs,
    /// resources and names in all.
    #[schemars(schema_with = "schema::required::<Vec<Rule>>")]
    pub rules: Vec<Rule>,
    /// Name, labels and annotations.
    pub metadata: ObjectMeta,
}

/// Maximum number of rules of a role.
pub const MAX_RULES: usize = 1_000;
/// Maximum number of verbs, resources and names of all rules of a role.
pub const MAX_RULE_ENTRIES: usize = 10_000;

/// Beginning of every message about roles and bindings. Sensu Go's messages consist of this (D27).
pub(crate) const INVALID: &str = "invalid argument(s) received";

const VERB: Enumeration = Enumeration {
    name: "Verb",
    description: "Verb that a rule allows. `*` stands for all.",
    values: &["get", "list", "create", "update", "delete", "*"],
    identifiers: &["GET", "LIST", "CREATE", "UPDATE", "DELETE", "ALL"],
};

fn verbs(generator: &mut schemars::r#gen::SchemaGenerator) -> schemars::schema::Schema {
    VERB.list(generator)
}

fn resources(_: &mut schemars::r#gen::SchemaGenerator) -> schemars::schema::Schema {
    schema::list_of(schema::pattern("^[a-z0-9*_./-]+$"))
}

impl Resource for Role {
    const KIND: &'static str = "Role";
    const PLURAL: &'static str = "roles";
    const NAMES: name::Format = name::WITH_COLON;
    const SINGULAR: &'static str = "role";
    type Scope = Namespaced;

    fn metadata(&self) -> Option<&ObjectMeta> {
        Some(&self.metadata)
    }

    fn metadata_mut(&mut self) -> Option<&mut ObjectMeta> {
        Some(&mut self.metadata)
    }

    fn validate(&self) -> Result<(), Invalid> {
        validate_name(&self.metadata.name).at(NAME)?;
        validate_rules(&self.rules)?;
        if self.metadata.namespace.is_empty() {
            return Err(Invalid::new(format!("{INVALID}: namespace must be set")).at(NAMESPACE));
        }
        Ok(())
    }

    fn resources_of_rules(&self) -> Vec<&str> {
        self.rules.iter().flat_map(|rule| &rule.resources).map(String::as_str).collect()
    }

    fn example(name: &str) -> Value {
        example(name)
    }
}

impl Resource for ClusterRole {
    const KIND: &'static str = "ClusterRole";
    const PLURAL: &'static str = "clusterroles";
    const NAMES: name::Format = name::WITH_COLON;
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
        validate_name(&self.metadata.name).at(NAME)?;
        validate_rules(&self.rules)?;
        require_no_namespace(&self.metadata)
    }

    fn resources_of_rules(&self) -> Vec<&str> {
        self.rules.iter().flat_map(|rule| &rule.resources).map(String::as_str).collect()
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

/// Validates the name of a role or binding.
pub(super) fn validate_name(name: &str) -> Result<(), Invalid> {
    name::with_colon(&format!("{INVALID}: name"), name)
}

/// Validates that a cluster-wide object cannot have a namespace.
pub(super) fn require_no_namespace(metadata: &ObjectMeta) -> Result<(), Invalid> {
    if metadata.namespace.is_empty() {
        return Ok(());
    }
    let message = format!("{INVALID}: a cluster-wide object cannot have a namespace");
    Err(Invalid::new(message).at(NAMESPACE))
}

fn validate_rules(rules: &[Rule]) -> Result<(), Invalid> {
    if rules.is_empty() {
        let message = format!("{INVALID}: a role needs at least one rule");
        return Err(Invalid::new(message).at("/rules"));
    }
    if rules.len() > MAX_RULES {
        let message = format!("{INVALID}: a role can have at most {MAX_RULES} rules");
        return Err(Invalid::new(message).at("/rules"));
    }
    let entries = |rule: &Rule| rule.verbs.len() + rule.resources.len() + rule.resource_names.len();
    if rules.iter().map(entries).sum::<usize>() > MAX_RULE_ENTRIES {
        let message = format!(
            "{INVALID}: the rules of a role can have at most {MAX_RULE_ENTRIES} verbs, resources and names \
             in all"
        );
        return Err(Invalid::new(message).at("/rules"));
    }
    for (index, rule) in rules.iter().enumerate() {
        let mut verbs = rule.verbs.iter().enumerate();
        if let Some((position, verb)) = verbs.find(|(_, verb)| !VERB.contains(verb)) {
            let verbs = VERB.values.join(", ");
            let message =
                format!("{INVALID}: rule {index}: unknown verb {verb:?}; verbs are {verbs}");
            return Err(Invalid::new(message).at(format!("/rules/{index}/verbs/{position}")));
        }
        let mut resources = rule.resources.iter().enumerate();
        if let Some((position, resource)) = resources.find(|(_, resource)| !is_resource(resource)) {
            let message = format!(
                "{INVALID}: rule {index}: {resource:?} cannot be a resource; use the lower-case plural, for \
                 example checks, or *"
            );
            return Err(Invalid::new(message).at(format!("/rules/{index}/resources/{position}")));
        }
    }
    Ok(())
}

/// Whether a text can be a resource. Resources of other editions and releases have digits and punctuation:
/// `etcd-replicators`, `rule-templates`.
fn is_resource(text: &str) -> bool {
    let is_valid =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"*_./-".contains(&byte);
    !text.is_empty() && text.bytes().all(is_valid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_of_other_editions_are_valid() {
        for good in ["*", "checks", "etcd-replicators", "a1_b.c/d", "rule-templates"] {
            assert!(is_resource(good), "{good}");
        }
        for bad in ["", "Checks", "a b", "é", "checks,hooks", "a:b"] {
            assert!(!is_resource(bad), "{bad}");
        }
    }
}
