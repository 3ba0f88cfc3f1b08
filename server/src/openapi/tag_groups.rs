//! Tags of the document, and the groups that docs browsers show as chapters (`x-tagGroups`).

use serde_json::{Map, Value, json};

use crate::catalog::{KINDS, TagGroup};

/// A tag: every operation has exactly one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tag {
    pub(crate) name: &'static str,
    pub(crate) group: TagGroup,
    pub(crate) description: &'static str,
}

/// The tags of operations that belong to no kind of resource.
const OTHERS: [Tag; 5] = [
    tag(
        "auth",
        TagGroup::Authentication,
        "Log in with user name and password, renew tokens, log out.",
    ),
    tag("cluster", TagGroup::Operations, "Cluster members and the cluster ID."),
    tag("discovery", TagGroup::Authentication, "API groups, versions and resources."),
    tag("health", TagGroup::Operations, "Health, readiness and metrics of the server."),
    tag("version", TagGroup::Operations, "Version of the server."),
];

/// The groups, in the order in which a new user needs them.
const GROUPS: [(TagGroup, &str); 5] = [
    (TagGroup::Authentication, "Authentication"),
    (TagGroup::Monitoring, "Monitoring"),
    (TagGroup::EventPipeline, "Event pipeline"),
    (TagGroup::AccessControl, "Access control"),
    (TagGroup::Operations, "Operations"),
];

const fn tag(name: &'static str, group: TagGroup, description: &'static str) -> Tag {
    Tag { name, group, description }
}

/// Every tag, in the order of names.
pub(crate) fn tags() -> Vec<Tag> {
    let kinds = KINDS.iter().map(|kind| tag(kind.plural, kind.group, kind.description));
    let mut tags: Vec<Tag> = kinds.chain(OTHERS).collect();
    tags.sort_by_key(|tag| tag.name);
    tags
}

/// Adds the groups.
pub(super) fn add(document: &mut Value) {
    let tags = tags();
    let group = |(group, name): &(TagGroup, &str)| {
        let tags: Vec<&str> =
            tags.iter().filter(|tag| tag.group == *group).map(|tag| tag.name).collect();
        json!({ "name": name, "tags": tags })
    };
    let groups: Vec<Value> = GROUPS.iter().map(group).collect();
    if let Some(document) = document.as_object_mut() {
        document.insert("x-tagGroups".into(), groups.into());
        // Operations come last, so that the introduction is what a reader sees first.
        let parts: Map<String, Value> = std::mem::take(document);
        let (late, early): (Vec<_>, Vec<_>) =
            parts.into_iter().partition(|(key, _)| ["paths", "components"].contains(&key.as_str()));
        document.extend(early.into_iter().chain(late));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tag_is_in_a_published_group() {
        for tag in tags() {
            assert!(GROUPS.iter().any(|(group, _)| *group == tag.group), "{}", tag.name);
        }
    }
}
