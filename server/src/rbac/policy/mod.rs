//! The policy: roles and bindings, cached until one of them is written.
//!
//! Roles and bindings of a namespace are cached for themselves, and those of the cluster. So the cost
//! of a request does not depend on the roles that other namespaces have.

use std::collections::BTreeSet;
use std::sync::Arc;

use foldhash::HashMap;
use sensu_store::{Entry, Prefix, Revision, Store};
use sensu_types::Resource;
use sensu_types::binding::{ClusterRoleBinding, RoleBinding, RoleRef, Subject};
use sensu_types::role::{ClusterRole, Role};
use sensu_types::user::User;

use super::rules::Rules;
use super::visible::VisibleNamespaces;
use crate::error::Error;
use crate::keyspace::{self, Snapshots, View};
use crate::limits::cooperative::YieldBudget;

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

/// The roles and bindings that can allow a request. A binding to a role that does not exist allows
/// nothing (D19).
pub(crate) struct Policy {
    cluster_wide: Arc<ClusterWide>,
    namespaced: Option<Arc<OneNamespace>>,
}

/// Cluster roles and their bindings.
struct ClusterWide(Part);

/// Roles and role bindings of one namespace.
struct OneNamespace(Part);

/// Roles and bindings of one scope.
#[derive(Default)]
struct Part {
    /// The roles, as [`Object::Role`], by name.
    roles: HashMap<String, Arc<Object>>,
    by_user: RolesBySubject,
    by_group: RolesBySubject,
}

type RolesBySubject = HashMap<String, BTreeSet<Arc<GrantedRole>>>;

/// The role of a binding.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct GrantedRole {
    pub(super) is_cluster_role: bool,
    pub(super) name: String,
}

/// A stored role or binding.
enum Object {
    Role { name: String, rules: Rules },
    Binding { subjects: Vec<Subject>, role: Option<Arc<GrantedRole>> },
}

impl Policy {
    /// Whether a binding applies to the user and has a rule that allows the request. The policy is that
    /// of the request's namespace.
    pub(crate) async fn allows(
        &self,
        user: &str,
        groups: &[String],
        request: &AccessRequest<'_>,
    ) -> bool {
        let mut budget = YieldBudget::default();
        for part in self.parts() {
            for role in part.granted(user, groups) {
                let Some(rules) = self.rules(role) else { continue };
                if rules.allow(request) {
                    return true;
                }
                budget.spend(rules.len().saturating_mul(RULE_COST)).await;
            }
        }
        false
    }

    fn parts(&self) -> impl Iterator<Item = &Part> {
        let namespaced = self.namespaced.as_ref().map(|namespaced| &namespaced.0);
        [Some(&self.cluster_wide.0), namespaced].into_iter().flatten()
    }

    fn rules(&self, role: &GrantedRole) -> Option<&Rules> {
        let part = match role.is_cluster_role {
            true => &self.cluster_wide.0,
            false => &self.namespaced.as_ref()?.0,
        };
        match part.roles.get(&role.name)?.as_ref() {
            Object::Role { rules, .. } => Some(rules),
            Object::Binding { .. } => None,
        }
    }
}

/// Cost of comparing a request with a rule, in bytes to decode.
const RULE_COST: usize = 16;

impl Part {
    /// The roles that bindings grant to the user.
    fn granted(&self, user: &str, groups: &[String]) -> impl Iterator<Item = &GrantedRole> {
        let by_group = groups.iter().filter_map(|group| self.by_group.get(group));
        self.by_user.get(user).into_iter().chain(by_group).flatten().map(Arc::as_ref)
    }

    async fn build(objects: Vec<Arc<Object>>) -> Self {
        let (mut part, mut budget) = (Self::default(), YieldBudget::default());
        for object in objects {
            let (subjects, role) = match object.as_ref() {
                Object::Role { name, .. } => {
                    part.roles.insert(name.clone(), Arc::clone(&object));
                    continue;
                }
                Object::Binding { role: None, .. } => continue,
                Object::Binding { subjects, role: Some(role) } => (subjects, role),
            };
            for subject in subjects {
                budget.spend(SUBJECT_COST).await;
                let by_name = match subject.kind.as_str() {
                    "User" => &mut part.by_user,
                    "Group" => &mut part.by_group,
                    _ => continue,
                };
                by_name.entry(subject.name.clone()).or_default().insert(Arc::clone(role));
            }
        }
        part
    }
}

/// Cost of indexing a subject, in bytes to decode.
const SUBJECT_COST: usize = 64;

impl Object {
    fn role(name: String, rules: Vec<sensu_types::role::Rule>) -> Self {
        Self::Role { name, rules: Rules::new(rules) }
    }

    fn binding(subjects: Vec<Subject>, role: RoleRef) -> Self {
        Self::Binding { subjects, role: GrantedRole::new(role).map(Arc::new) }
    }
}

impl GrantedRole {
    /// `None` if the type is not that of a role: it allows nothing.
    pub(super) fn new(role: RoleRef) -> Option<Self> {
        let is_cluster_role = match role.kind.as_str() {
            "ClusterRole" => true,
            "Role" => false,
            _ => return None,
        };
        Some(Self { is_cluster_role, name: role.name })
    }
}

/// The collections of the policy, and of users: the same revision dates the groups of users.
const CHECKED: &[&str] = &[
    Role::PLURAL,
    RoleBinding::PLURAL,
    ClusterRole::PLURAL,
    ClusterRoleBinding::PLURAL,
    User::PLURAL,
];

impl View for ClusterWide {
    type Item = Object;
    const COLLECTIONS: &'static [&'static str] = &[ClusterRole::PLURAL, ClusterRoleBinding::PLURAL];
    const CHECKED: &'static [&'static str] = CHECKED;

    fn prefix(collection: &'static str, _: &str) -> Option<Prefix> {
        keyspace::whole_collection(collection).ok()
    }

    fn decode(entry: &Entry) -> Result<Object, Error> {
        if entry.key.collection() == ClusterRole::PLURAL {
            let role: ClusterRole = keyspace::parse(entry)?;
            return Ok(Object::role(role.metadata.name, role.rules));
        }
        let binding: ClusterRoleBinding = keyspace::parse(entry)?;
        Ok(Object::binding(binding.subjects, binding.role_ref))
    }

    async fn build(objects: Vec<Arc<Object>>) -> Self {
        Self(Part::build(objects).await)
    }
}

impl View for OneNamespace {
    type Item = Object;
    const COLLECTIONS: &'static [&'static str] = &[Role::PLURAL, RoleBinding::PLURAL];
    const CHECKED: &'static [&'static str] = CHECKED;

    fn prefix(collection: &'static str, namespace: &str) -> Option<Prefix> {
        keyspace::in_namespace(collection, namespace)
    }

    fn decode(entry: &Entry) -> Result<Object, Error> {
        if entry.key.collection() == Role::PLURAL {
            let role: Role = keyspace::parse(entry)?;
            return Ok(Object::role(role.metadata.name, role.rules));
        }
        let binding: RoleBinding = keyspace::parse(entry)?;
        Ok(Object::binding(binding.subjects, binding.role_ref))
    }

    async fn build(objects: Vec<Arc<Object>>) -> Self {
        Self(Part::build(objects).await)
    }
}

/// Cache of roles and bindings, by namespace.
#[derive(Default)]
pub(crate) struct PolicyCache {
    cluster_wide: Snapshots<ClusterWide>,
    namespaced: Snapshots<OneNamespace>,
    visible: Snapshots<VisibleNamespaces>,
}

impl PolicyCache {
    /// The current policy of a namespace; of cluster-wide requests if `namespace` is empty. A request
    /// that starts after a role was written sees the role. Also returns the last revision of the policy
    /// or a user, read before the policy: one read of the store serves both, on every request.
    ///
    /// # Errors
    /// [`Error`] if the store fails.
    pub(crate) async fn current(
        &self,
        store: &Arc<dyn Store>,
        namespace: &str,
    ) -> Result<(Policy, Revision), Error> {
        let revision = Snapshots::<ClusterWide>::revision(store.as_ref()).await?;
        let cluster_wide = self.cluster_wide.at(revision, store, "").await?;
        let namespaced = match namespace {
            "" => None,
            _ => Some(self.namespaced.at(revision, store, namespace).await?),
        };
        Ok((Policy { cluster_wide, namespaced }, revision))
    }

    /// The namespaces with a binding that applies to the user, in order.
    ///
    /// # Errors
    /// [`Error`] if the store fails.
    pub(crate) async fn namespaces_of(
        &self,
        store: &Arc<dyn Store>,
        user: &str,
        groups: &[String],
    ) -> Result<BTreeSet<String>, Error> {
        let revision = Snapshots::<VisibleNamespaces>::revision(store.as_ref()).await?;
        let visible = self.visible.at(revision, store, "").await?;
        Ok(visible.of(user, groups))
    }
}

#[cfg(test)]
mod tests;
