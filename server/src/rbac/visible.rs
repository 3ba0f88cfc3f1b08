//! The namespaces in which bindings apply to a user, for lists of namespaces (D19).

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use sensu_store::{Entry, Prefix};
use sensu_types::Resource;
use sensu_types::binding::{RoleBinding, Subject};
use sensu_types::role::{ClusterRole, Role};

use super::policy::GrantedRole;
use crate::error::Error;
use crate::keyspace::{self, View};
use crate::limits::cooperative::YieldBudget;

/// The namespaces of each user and group with a binding to a role that exists.
pub(super) struct VisibleNamespaces {
    by_user: HashMap<String, BTreeSet<Arc<str>>>,
    by_group: HashMap<String, BTreeSet<Arc<str>>>,
}

/// What is needed of a role or a binding.
pub(super) enum Object {
    /// Namespace, which is empty for cluster roles, and name.
    Role(String, String),
    Binding {
        namespace: Arc<str>,
        subjects: Vec<Subject>,
        role: Option<GrantedRole>,
    },
}

impl VisibleNamespaces {
    /// The namespaces with a binding that applies to the user.
    pub(super) fn of(&self, user: &str, groups: &[String]) -> BTreeSet<String> {
        let by_group = groups.iter().filter_map(|group| self.by_group.get(group));
        let namespaces = self.by_user.get(user).into_iter().chain(by_group).flatten();
        namespaces.map(|namespace| namespace.as_ref().to_owned()).collect()
    }
}

impl View for VisibleNamespaces {
    type Item = Object;
    const COLLECTIONS: &'static [&'static str] =
        &[ClusterRole::PLURAL, Role::PLURAL, RoleBinding::PLURAL];

    fn prefix(collection: &'static str, _: &str) -> Option<Prefix> {
        keyspace::whole_collection(collection).ok()
    }

    fn decode(entry: &Entry) -> Result<Object, Error> {
        let segment = |index| entry.key.segments().nth(index).unwrap_or_default().to_owned();
        match entry.key.collection() {
            ClusterRole::PLURAL => Ok(Object::Role(String::new(), segment(1))),
            Role::PLURAL => Ok(Object::Role(segment(1), segment(2))),
            _ => {
                let RoleBinding { subjects, role_ref, .. } = keyspace::parse(entry)?;
                let (namespace, role) = (segment(1).into(), GrantedRole::new(role_ref));
                Ok(Object::Binding { namespace, subjects, role })
            }
        }
    }

    async fn build(objects: Vec<Arc<Object>>) -> Self {
        let mut budget = YieldBudget::default();
        let mut roles: HashSet<(&str, &str)> = HashSet::new();
        for object in &objects {
            if let Object::Role(namespace, name) = object.as_ref() {
                budget.spend(OBJECT_COST).await;
                roles.insert((namespace, name));
            }
        }
        let (mut by_user, mut by_group) = (HashMap::new(), HashMap::new());
        for object in &objects {
            let Object::Binding { namespace, subjects, role: Some(role) } = object.as_ref() else {
                continue;
            };
            let scope = if role.is_cluster_role { "" } else { namespace };
            if !roles.contains(&(scope, role.name.as_str())) {
                continue;
            }
            for subject in subjects {
                budget.spend(OBJECT_COST).await;
                let by_name: &mut HashMap<String, BTreeSet<Arc<str>>> = match subject.kind.as_str()
                {
                    "User" => &mut by_user,
                    "Group" => &mut by_group,
                    _ => continue,
                };
                by_name.entry(subject.name.clone()).or_default().insert(Arc::clone(namespace));
            }
        }
        Self { by_user, by_group }
    }
}

/// Cost of indexing a role or a subject, in bytes to decode.
const OBJECT_COST: usize = 64;
