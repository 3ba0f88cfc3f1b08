//! Resources in the rules of roles: those that this server has, and others (D27).

use std::collections::BTreeSet;

use sensu_types::Resource;

use crate::catalog::KINDS;
use crate::rbac::SELF_USER;
use crate::resources::cluster::Cluster;
use crate::resources::grant::Protected as _;

/// The resources in the rules of an object that this server does not have, sorted and without
/// duplicates: resources of other editions and releases, such as `etcd-replicators`, or mistakes.
pub(crate) fn unknown_resources<T: Resource>(object: &T) -> Vec<&str> {
    let resources = object.resources_of_rules().into_iter();
    let unknown: BTreeSet<&str> = resources.filter(|resource| !is_known(resource)).collect();
    unknown.into_iter().collect()
}

fn is_known(resource: &str) -> bool {
    let others = ["*", SELF_USER, Cluster::RBAC_RESOURCE];
    others.contains(&resource) || KINDS.iter().any(|kind| kind.plural == resource)
}

#[cfg(test)]
mod tests {
    use sensu_types::role::{Role, Rule};

    use super::*;

    #[test]
    fn resources_that_no_operation_requires_are_unknown() {
        let rule = |resources: &[&str]| Rule {
            resources: resources.iter().map(|text| (*text).to_owned()).collect(),
            ..Rule::default()
        };
        let rules = vec![rule(&["ldap", "checks", "*"]), rule(&["cluster", "ldap", "providers"])];
        assert_eq!(unknown_resources(&Role { rules, ..Role::default() }), ["ldap", "providers"]);
    }

    #[test]
    fn resources_that_operations_require_are_known() {
        for operation in crate::permissions().unwrap() {
            let Some((_, resource)) = operation.rule else { continue };
            assert!(is_known(resource), "{resource}: {}", operation.operation);
        }
    }
}
