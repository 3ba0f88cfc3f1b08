//! What there is to discover: groups, versions, and the resources of a version (D2).
//!
//! The resources are read off the facts of the operations, so they are what is served.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::facts::Operation;
use crate::error::Error;

/// A group of the API.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ApiGroup {
    /// Its name.
    pub(crate) name: String,
    /// Its versions.
    pub(crate) versions: Vec<ApiVersion>,
}

/// A version of a group.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ApiVersion {
    /// `v`, a major version, and for versions that are not stable `alpha` or `beta` and a number: `v2`,
    /// `v3alpha1`.
    pub(crate) version: String,
    /// Where its resources are listed.
    pub(crate) path: String,
}

/// A resource of a version.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ApiResource {
    /// Its name, as in URLs and in the rules of roles.
    pub(crate) name: String,
    /// Whether its objects belong to a namespace.
    pub(crate) namespaced: bool,
    /// What can be done with it, in the words of roles: `create`, `delete`, `get`, `list`, `update`.
    pub(crate) verbs: Vec<String>,
}

/// The groups.
pub(crate) fn groups() -> Vec<ApiGroup> {
    let version = ApiVersion { version: "v2".into(), path: "/apis/core/v2".into() };
    vec![ApiGroup { name: "core".into(), versions: vec![version] }]
}

/// The resources of `core/v2`: those that operations require permissions for.
pub(crate) fn resources(operations: &[Operation]) -> Vec<ApiResource> {
    let mut found: BTreeMap<&str, (bool, BTreeSet<&str>)> = BTreeMap::new();
    for Operation { facts, .. } in operations {
        let Some((verb, resource)) = facts.permission.rule() else { continue };
        let (namespaced, verbs) = found.entry(resource).or_default();
        *namespaced |= facts.is_namespaced();
        verbs.insert(verb.as_str());
    }
    let resource = |(name, (namespaced, verbs)): (&str, (bool, BTreeSet<&str>))| ApiResource {
        name: name.to_owned(),
        namespaced,
        verbs: verbs.into_iter().map(str::to_owned).collect(),
    };
    found.into_iter().map(resource).collect()
}

/// Why there is nothing under a path below `/apis`, if that is because of its group or version.
pub(crate) fn unknown(path: &str) -> Option<Error> {
    let mut words = path.strip_prefix("/apis/")?.split('/');
    let group = words.next()?;
    if group != "core" {
        return Some(Error::NotFound(format!("there is no group {group:?}; the groups are: core")));
    }
    let version = words.next().filter(|version| *version != "v2")?;
    let why = match is_version(version) {
        true => format!("there is no version {version:?} of the group core; the versions are: v2"),
        false => format!(
            "{version:?} is not a version; a version looks like v2 or v3alpha1, and those of the \
             group core are: v2"
        ),
    };
    Some(Error::NotFound(why))
}

/// `v{major}[{alpha|beta}{iteration}]`
fn is_version(text: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some(rest) = text.strip_prefix('v') else { return false };
    let parts = ["alpha", "beta"].iter().find_map(|level| rest.split_once(level));
    match parts {
        Some((major, iteration)) => number(major) && number(iteration),
        None => number(rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_from_other_words() {
        for good in ["v2", "v10", "v3alpha1", "v1beta12"] {
            assert!(is_version(good), "{good}");
        }
        for bad in ["", "2", "v", "vx", "v1alpha", "v1gamma1", "alpha1", "valpha1"] {
            assert!(!is_version(bad), "{bad}");
        }
    }

    #[test]
    fn what_is_not_there_is_named() {
        let message = |path: &str| match unknown(path) {
            Some(Error::NotFound(message)) => message,
            other => panic!("{path}: {other:?}"),
        };
        assert!(message("/apis/enterprise/v2/x").contains("the groups are: core"));
        assert!(message("/apis/core/v3/checks").contains("no version \"v3\""));
        assert!(message("/apis/core/checks").contains("is not a version"));
        assert!(unknown("/apis/core/v2/nope").is_none());
    }
}
