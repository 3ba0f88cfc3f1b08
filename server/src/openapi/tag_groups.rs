//! Tags of the document, and the groups that docs browsers show as chapters (`x-tagGroups`).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::catalog::{KINDS, Kind, TagGroup};

/// A tag: every operation has exactly one.
#[derive(Clone, Debug)]
pub(crate) struct Tag {
    /// The name in the code.
    pub(crate) name: &'static str,
    /// The name in the document.
    title: String,
    pub(crate) group: TagGroup,
    pub(crate) description: &'static str,
}

/// The tags of operations that belong to no kind of resource: name, title, group, description.
const OTHERS: [(&str, &str, TagGroup, &str); 5] = [
    (
        "auth",
        "Authentication",
        TagGroup::Authentication,
        "Log in with user name and password, renew tokens, log out.",
    ),
    ("cluster", "Cluster", TagGroup::Operations, "Cluster members and the cluster ID."),
    ("discovery", "Discovery", TagGroup::Authentication, "API groups, versions and resources."),
    ("health", "Health", TagGroup::Operations, "Health, readiness and metrics of the server."),
    ("version", "Version", TagGroup::Operations, "Version of the server."),
];

/// The groups, in the order in which a new user needs them.
const GROUPS: [(TagGroup, &str); 5] = [
    (TagGroup::Authentication, "Authentication"),
    (TagGroup::Monitoring, "Monitoring"),
    (TagGroup::EventPipeline, "Event pipeline"),
    (TagGroup::AccessControl, "Access control"),
    (TagGroup::Operations, "Operations"),
];

/// Every tag, in the order of titles.
pub(crate) fn tags() -> Vec<Tag> {
    let kinds = KINDS.iter().map(|kind| Tag {
        name: kind.plural,
        title: title(kind),
        group: kind.group,
        description: kind.description,
    });
    let others = OTHERS.into_iter().map(|(name, title, group, description)| Tag {
        name,
        title: title.to_owned(),
        group,
        description,
    });
    let mut tags: Vec<Tag> = kinds.chain(others).collect();
    tags.sort_by(|one, other| one.title.cmp(&other.title));
    tags
}

/// The noun of a kind in the plural: `Cluster role bindings`. A setting has no plural.
fn title(kind: &Kind) -> String {
    let words = match (kind.noun.strip_suffix('y'), kind.noun.starts_with("setting of ")) {
        (_, true) => kind.plural.to_owned(),
        (Some(stem), _) if !kind.noun.ends_with("key") => format!("{stem}ies"),
        _ => format!("{}s", kind.noun),
    };
    let (first, rest) = words.split_at(words.chars().next().map_or(0, char::len_utf8));
    format!("{}{rest}", first.to_uppercase())
}

/// Names the tags by their titles, and adds the groups.
pub(super) fn add(document: &mut Value) {
    let tags = tags();
    rename(document, &tags);
    let group = |(group, name): &(TagGroup, &str)| {
        let tags: Vec<&str> =
            tags.iter().filter(|tag| tag.group == *group).map(|tag| tag.title.as_str()).collect();
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

fn rename(document: &mut Value, tags: &[Tag]) {
    let titles: BTreeMap<&str, &str> =
        tags.iter().map(|tag| (tag.name, tag.title.as_str())).collect();
    let rename = |name: &mut Value| {
        if let Some(title) = name.as_str().and_then(|name| titles.get(name)) {
            *name = (*title).into();
        }
    };
    if let Some(Value::Array(described)) = document.get_mut("tags") {
        described.iter_mut().for_each(|tag| rename(&mut tag["name"]));
        described.sort_by(|one, other| one["name"].as_str().cmp(&other["name"].as_str()));
    }
    let items = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    for operation in items.filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
        operation["tags"].as_array_mut().into_iter().flatten().for_each(rename);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_words() {
        let titles: Vec<String> = tags().into_iter().map(|tag| tag.title).collect();
        for title in ["API keys", "Cluster role bindings", "Entities", "Silenced entries", "Tessen"]
        {
            assert!(titles.iter().any(|found| found == title), "{title} is not in {titles:?}");
        }
    }

    #[test]
    fn every_tag_is_in_a_published_group() {
        for tag in tags() {
            assert!(GROUPS.iter().any(|(group, _)| *group == tag.group), "{}", tag.name);
        }
    }
}
