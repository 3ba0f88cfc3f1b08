//! Discovery: API groups, their versions, and the resources of a version (D2), derived from the
//! operation facts.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::facts::Operation;
use crate::error::Error;

/// An API group.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ApiGroup {
    /// Name of the group: `core`.
    pub(crate) name: String,
    /// Versions of the group.
    pub(crate) versions: Vec<ApiVersion>,
}

/// A version of an API group.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ApiVersion {
    /// Name of the version: `v2`. Versions that are not stable have a suffix: `v3alpha1`.
    pub(crate) version: String,
    /// Path that lists the resources of the version.
    pub(crate) path: String,
}

/// A resource of an API version.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ApiResource {
    /// Name of the resource in URLs and in the rules of roles.
    pub(crate) name: String,
    /// Whether its objects belong to a namespace.
    pub(crate) namespaced: bool,
    /// Verbs that rules can allow: `create`, `delete`, `get`, `list`, `update`.
    pub(crate) verbs: Vec<String>,
}

/// All API groups.
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

/// The error for a path below `/apis` with an unknown group or version; `None` for other paths.
pub(crate) fn unknown(path: &str) -> Option<Error> {
    let mut words = path.strip_prefix("/apis/")?.split('/');
    let group = words.next()?;
    if group != "core" {
        let message = format!("there is no group {group:?}; the groups are: core");
        return Some(Error::NotFound(message.into()));
    }
    let version = words.next().filter(|version| *version != "v2")?;
    let message = match is_version(version) {
        true => format!("there is no version {version:?} of the group core; the versions are: v2"),
        false => format!(
            "{version:?} is not a version; a version looks like v2 or v3alpha1, and those of the \
             group core are: v2"
        ),
    };
    Some(Error::NotFound(message.into()))
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
    fn versions_have_a_pattern() {
        for good in ["v2", "v10", "v3alpha1", "v1beta12"] {
            assert!(is_version(good), "{good}");
        }
        for bad in ["", "2", "v", "vx", "v1alpha", "v1gamma1", "alpha1", "valpha1"] {
            assert!(!is_version(bad), "{bad}");
        }
    }

    #[test]
    fn unknown_groups_and_versions_are_named() {
        let message = |path: &str| match unknown(path) {
            Some(Error::NotFound(reason)) => reason.message,
            other => panic!("{path}: {other:?}"),
        };
        assert!(message("/apis/enterprise/v2/x").contains("the groups are: core"));
        assert!(message("/apis/core/v3/checks").contains("no version \"v3\""));
        assert!(message("/apis/core/checks").contains("is not a version"));
        assert!(unknown("/apis/core/v2/nope").is_none());
    }
}
