//! The policy: all roles and bindings, ready for evaluation, read again when one of them changes.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

use sensu_store::{Revision, Store};
use sensu_types::Resource;
use sensu_types::binding::{ClusterRoleBinding, RoleBinding, RoleRef, Subject};
use sensu_types::role::{ClusterRole, Role, Rule};

use crate::error::Error;
use crate::keyspace;

/// What a caller wants to do (D20).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    List,
    Create,
    Update,
    Delete,
}

impl Verb {
    /// The verb as rules spell it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// One question to the policy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AccessRequest<'a> {
    pub(crate) verb: Verb,
    /// The RBAC resource: `checks`.
    pub(crate) resource: &'a str,
    /// Empty for cluster-wide resources and list-all.
    pub(crate) namespace: &'a str,
    /// Empty for collections.
    pub(crate) name: &'a str,
}

/// All bindings, with the rules of the roles they refer to. A binding to a role that does not
/// exist grants nothing (D19).
#[derive(Debug, Default)]
pub(crate) struct Policy {
    everywhere: Vec<Bound>,
    inside: BTreeMap<String, Vec<Bound>>,
}

#[derive(Debug)]
struct Bound {
    subjects: Vec<Subject>,
    rules: Arc<[Rule]>,
}

impl Policy {
    /// Whether some binding that applies has a rule that allows it.
    pub(crate) fn allows(&self, user: &str, groups: &[String], ask: &AccessRequest<'_>) -> bool {
        let inside = self.inside.get(ask.namespace).map_or(&[][..], Vec::as_slice);
        self.everywhere
            .iter()
            .chain(inside)
            .filter(|bound| bound.applies_to(user, groups))
            .any(|bound| bound.rules.iter().any(|rule| allows(rule, ask)))
    }

    /// The namespaces that hold a binding which applies to the user.
    pub(crate) fn namespaces_of(&self, user: &str, groups: &[String]) -> Vec<String> {
        let applies = |bounds: &[Bound]| bounds.iter().any(|b| b.applies_to(user, groups));
        self.inside.iter().filter(|(_, b)| applies(b)).map(|(name, _)| name.clone()).collect()
    }

    async fn load(store: &dyn Store) -> Result<Self, Error> {
        let roles: BTreeMap<(String, String), Arc<[Rule]>> = all::<Role>(store)
            .await?
            .into_iter()
            .map(|role| ((role.metadata.namespace, role.metadata.name), role.rules.into()))
            .collect();
        let cluster_roles: BTreeMap<String, Arc<[Rule]>> = all::<ClusterRole>(store)
            .await?
            .into_iter()
            .map(|role| (role.metadata.name, role.rules.into()))
            .collect();
        let rules = |namespace: &str, role: &RoleRef| match role.kind.as_str() {
            "ClusterRole" => cluster_roles.get(&role.name).cloned(),
            "Role" => roles.get(&(namespace.to_owned(), role.name.clone())).cloned(),
            _ => None,
        };
        let mut policy = Self::default();
        for binding in all::<ClusterRoleBinding>(store).await? {
            if let Some(rules) = rules("", &binding.role_ref) {
                policy.everywhere.push(Bound { subjects: binding.subjects, rules });
            }
        }
        for binding in all::<RoleBinding>(store).await? {
            let namespace = binding.metadata.namespace;
            if let Some(rules) = rules(&namespace, &binding.role_ref) {
                let bound = Bound { subjects: binding.subjects, rules };
                policy.inside.entry(namespace).or_default().push(bound);
            }
        }
        Ok(policy)
    }
}

impl Bound {
    fn applies_to(&self, user: &str, groups: &[String]) -> bool {
        self.subjects.iter().any(|subject| match subject.kind.as_str() {
            "User" => subject.name == user,
            "Group" => groups.contains(&subject.name),
            _ => false,
        })
    }
}

/// A rule allows if verb, resource and name all match. `*` stands for any verb or resource; an
/// empty list of names for any name.
fn allows(rule: &Rule, ask: &AccessRequest<'_>) -> bool {
    let matches = |list: &[String], word: &str| list.iter().any(|item| item == "*" || item == word);
    matches(&rule.verbs, ask.verb.as_str())
        && matches(&rule.resources, ask.resource)
        && (rule.resource_names.is_empty() || rule.resource_names.iter().any(|n| n == ask.name))
}

/// The collections that contain the policy.
const COLLECTIONS: [&str; 4] =
    [Role::PLURAL, RoleBinding::PLURAL, ClusterRole::PLURAL, ClusterRoleBinding::PLURAL];

/// The current policy, kept until one of its collections is changed.
#[derive(Default)]
pub(crate) struct Policies(RwLock<Option<(Revision, Arc<Policy>)>>);

impl Policies {
    /// The policy as of now: a request that starts after a role was written sees it.
    pub(crate) async fn current(&self, store: &dyn Store) -> Result<Arc<Policy>, Error> {
        // Taken before reading, so that a write in between makes the next request read again.
        let stamp = store.last_modified(&COLLECTIONS).await?;
        if let Ok(kept) = self.0.read()
            && let Some((at, policy)) = kept.as_ref()
            && *at == stamp
        {
            return Ok(Arc::clone(policy));
        }
        let policy = Arc::new(Policy::load(store).await?);
        if let Ok(mut kept) = self.0.write() {
            *kept = Some((stamp, Arc::clone(&policy)));
        }
        Ok(policy)
    }
}

/// Every object of a kind.
async fn all<T: Resource>(store: &dyn Store) -> Result<Vec<T>, Error> {
    keyspace::all(store, &keyspace::whole_collection(T::PLURAL)?).await
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// A policy of one binding in `dev` and one everywhere.
    fn policy(inside: Value, everywhere: Value) -> Policy {
        let bound = |binding: &Value| Bound {
            subjects: serde_json::from_value(binding["subjects"].clone()).unwrap(),
            rules: serde_json::from_value::<Vec<Rule>>(binding["rules"].clone()).unwrap().into(),
        };
        Policy {
            everywhere: vec![bound(&everywhere)],
            inside: BTreeMap::from([("dev".to_owned(), vec![bound(&inside)])]),
        }
    }

    fn ask<'a>(
        verb: Verb,
        resource: &'a str,
        namespace: &'a str,
        name: &'a str,
    ) -> AccessRequest<'a> {
        AccessRequest { verb, resource, namespace, name }
    }

    fn example() -> Policy {
        policy(
            json!({
                "subjects": [{ "type": "User", "name": "bob" }, { "type": "Group", "name": "ops" }],
                "rules": [
                    { "verbs": ["get", "list"], "resources": ["checks"] },
                    { "verbs": ["*"], "resources": ["hooks"], "resource_names": ["dump"] },
                ],
            }),
            json!({
                "subjects": [{ "type": "Group", "name": "all" }, { "type": "Robot", "name": "bob" }],
                "rules": [{ "verbs": ["get"], "resources": ["*"] }],
            }),
        )
    }

    #[test]
    fn a_rule_allows_if_verb_resource_and_name_match() {
        let policy = example();
        let bob = |ask: AccessRequest<'_>| policy.allows("bob", &[], &ask);
        assert!(bob(ask(Verb::Get, "checks", "dev", "a")));
        assert!(bob(ask(Verb::List, "checks", "dev", "")));
        assert!(!bob(ask(Verb::Create, "checks", "dev", "")));
        assert!(!bob(ask(Verb::Get, "entities", "dev", "a")));
        assert!(bob(ask(Verb::Delete, "hooks", "dev", "dump")));
        assert!(!bob(ask(Verb::Get, "hooks", "dev", "other")));
        assert!(!bob(ask(Verb::List, "hooks", "dev", "")), "a list has no name");
    }

    #[test]
    fn bindings_count_where_they_are() {
        let policy = example();
        assert!(!policy.allows("bob", &[], &ask(Verb::Get, "checks", "prod", "a")));
        assert!(!policy.allows("bob", &[], &ask(Verb::Get, "checks", "", "")), "nor everywhere");
        let all = ["all".to_owned()];
        assert!(policy.allows("eve", &all, &ask(Verb::Get, "anything", "prod", "a")));
        assert!(!policy.allows("eve", &all, &ask(Verb::List, "anything", "prod", "")));
    }

    #[test]
    fn subjects_are_users_and_groups_and_nothing_else() {
        let policy = example();
        let check = ask(Verb::Get, "checks", "dev", "a");
        assert!(policy.allows("eve", &["ops".to_owned()], &check));
        assert!(!policy.allows("Bob", &[], &check), "the case of a name matters");
        assert!(
            !policy.allows("bob", &[], &ask(Verb::Get, "users", "", "a")),
            "a robot is neither"
        );
        assert_eq!(policy.namespaces_of("bob", &[]), ["dev"]);
        assert_eq!(policy.namespaces_of("eve", &[]), [""; 0]);
    }
}
