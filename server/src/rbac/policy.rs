//! The policy: all roles and bindings, cached until one of them is written.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

use sensu_store::{Revision, Store};
use sensu_types::Resource;
use sensu_types::binding::{ClusterRoleBinding, RoleBinding, RoleRef, Subject};
use sensu_types::role::{ClusterRole, Role, Rule};

use crate::error::Error;
use crate::keyspace;

/// The verbs of rules (D20).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    List,
    Create,
    Update,
    Delete,
}

impl Verb {
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

/// An operation to authorize.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AccessRequest<'a> {
    pub(crate) verb: Verb,
    /// RBAC resource, for example `checks`.
    pub(crate) resource: &'a str,
    /// Empty for cluster-wide resources and lists of all namespaces.
    pub(crate) namespace: &'a str,
    /// Empty for lists and for objects that are created without a name in the URL.
    pub(crate) name: &'a str,
}

/// All bindings with the rules of their roles. A binding to a role that does not exist allows nothing
/// (D19).
#[derive(Debug, Default)]
pub(crate) struct Policy {
    cluster_wide: Vec<Binding>,
    by_namespace: BTreeMap<String, Vec<Binding>>,
}

#[derive(Debug)]
struct Binding {
    subjects: Vec<Subject>,
    rules: Arc<[Rule]>,
}

impl Policy {
    /// Whether a binding applies to the user and has a rule that allows the request.
    pub(crate) fn allows(
        &self,
        user: &str,
        groups: &[String],
        request: &AccessRequest<'_>,
    ) -> bool {
        let namespaced = self.by_namespace.get(request.namespace).map_or(&[][..], Vec::as_slice);
        self.cluster_wide
            .iter()
            .chain(namespaced)
            .filter(|binding| binding.applies_to(user, groups))
            .any(|binding| binding.rules.iter().any(|rule| allows(rule, request)))
    }

    /// The namespaces with a binding that applies to the user.
    pub(crate) fn namespaces_of(&self, user: &str, groups: &[String]) -> Vec<String> {
        let applies = |bindings: &[Binding]| bindings.iter().any(|b| b.applies_to(user, groups));
        self.by_namespace.iter().filter(|(_, b)| applies(b)).map(|(name, _)| name.clone()).collect()
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
                policy.cluster_wide.push(Binding { subjects: binding.subjects, rules });
            }
        }
        for binding in all::<RoleBinding>(store).await? {
            let namespace = binding.metadata.namespace;
            if let Some(rules) = rules(&namespace, &binding.role_ref) {
                let binding = Binding { subjects: binding.subjects, rules };
                policy.by_namespace.entry(namespace).or_default().push(binding);
            }
        }
        Ok(policy)
    }
}

impl Binding {
    fn applies_to(&self, user: &str, groups: &[String]) -> bool {
        self.subjects.iter().any(|subject| match subject.kind.as_str() {
            "User" => subject.name == user,
            "Group" => groups.contains(&subject.name),
            _ => false,
        })
    }
}

/// Whether verb, resource and name match the rule. `*` matches any verb or resource, an empty list of names
/// any name.
fn allows(rule: &Rule, request: &AccessRequest<'_>) -> bool {
    let matches = |list: &[String], word: &str| list.iter().any(|item| item == "*" || item == word);
    matches(&rule.verbs, request.verb.as_str())
        && matches(&rule.resources, request.resource)
        && (rule.resource_names.is_empty() || rule.resource_names.iter().any(|n| n == request.name))
}

/// The collections of the policy.
const COLLECTIONS: [&str; 4] =
    [Role::PLURAL, RoleBinding::PLURAL, ClusterRole::PLURAL, ClusterRoleBinding::PLURAL];

/// Cache of the policy, valid until one of its collections is written.
#[derive(Default)]
pub(crate) struct PolicyCache(RwLock<Option<(Revision, Arc<Policy>)>>);

impl PolicyCache {
    /// The current policy: a request that starts after a role was written sees the role.
    ///
    /// # Errors
    /// [`Error`] if the store fails.
    pub(crate) async fn current(&self, store: &dyn Store) -> Result<Arc<Policy>, Error> {
        // Before the objects: a write in between leaves an old revision here, which the next request finds
        // outdated.
        let modified = store.last_modified(&COLLECTIONS).await?;
        if let Ok(cached) = self.0.read()
            && let Some((revision, policy)) = cached.as_ref()
            && *revision == modified
        {
            return Ok(Arc::clone(policy));
        }
        let policy = Arc::new(Policy::load(store).await?);
        if let Ok(mut cached) = self.0.write() {
            *cached = Some((modified, Arc::clone(&policy)));
        }
        Ok(policy)
    }
}

async fn all<T: Resource>(store: &dyn Store) -> Result<Vec<T>, Error> {
    keyspace::all(store, &keyspace::whole_collection(T::PLURAL)?).await
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// A policy of one binding in the namespace `dev` and one cluster-wide binding.
    fn policy(namespaced: Value, cluster_wide: Value) -> Policy {
        let binding = |binding: &Value| Binding {
            subjects: serde_json::from_value(binding["subjects"].clone()).unwrap(),
            rules: serde_json::from_value::<Vec<Rule>>(binding["rules"].clone()).unwrap().into(),
        };
        Policy {
            cluster_wide: vec![binding(&cluster_wide)],
            by_namespace: BTreeMap::from([("dev".to_owned(), vec![binding(&namespaced)])]),
        }
    }

    fn request<'a>(
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
    fn a_rule_allows_requests_whose_verb_resource_and_name_match() {
        let policy = example();
        let bob = |request: AccessRequest<'_>| policy.allows("bob", &[], &request);
        assert!(bob(request(Verb::Get, "checks", "dev", "a")));
        assert!(bob(request(Verb::List, "checks", "dev", "")));
        assert!(!bob(request(Verb::Create, "checks", "dev", "")));
        assert!(!bob(request(Verb::Get, "entities", "dev", "a")));
        assert!(bob(request(Verb::Delete, "hooks", "dev", "dump")));
        assert!(!bob(request(Verb::Get, "hooks", "dev", "other")));
        assert!(!bob(request(Verb::List, "hooks", "dev", "")), "a list has no name");
    }

    #[test]
    fn bindings_apply_in_their_own_namespace() {
        let policy = example();
        assert!(!policy.allows("bob", &[], &request(Verb::Get, "checks", "prod", "a")));
        assert!(
            !policy.allows("bob", &[], &request(Verb::Get, "checks", "", "")),
            "nor cluster-wide"
        );
        let all = ["all".to_owned()];
        assert!(policy.allows("eve", &all, &request(Verb::Get, "anything", "prod", "a")));
        assert!(!policy.allows("eve", &all, &request(Verb::List, "anything", "prod", "")));
    }

    #[test]
    fn other_subjects_than_users_and_groups_match_nothing() {
        let policy = example();
        let check = request(Verb::Get, "checks", "dev", "a");
        assert!(policy.allows("eve", &["ops".to_owned()], &check));
        assert!(!policy.allows("Bob", &[], &check), "names are case-sensitive");
        assert!(
            !policy.allows("bob", &[], &request(Verb::Get, "users", "", "a")),
            "a Robot is neither user nor group"
        );
        assert_eq!(policy.namespaces_of("bob", &[]), ["dev"]);
        assert_eq!(policy.namespaces_of("eve", &[]), [""; 0]);
    }
}
