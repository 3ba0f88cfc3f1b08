//! Tags in groups, which docs browsers show as chapters.

use serde_json::{Map, Value, json};

use crate::http::TAGS;

/// The chapters in the order in which somebody new needs them.
const ORDER: [&str; 5] = ["Getting in", "Monitoring", "Handling", "Access", "Operation"];

/// Adds the groups: every tag is in exactly one.
pub(super) fn add(document: &mut Value) {
    let group = |name: &str| {
        let tags: Vec<&str> =
            TAGS.iter().filter(|(_, group, _)| *group == name).map(|(tag, ..)| *tag).collect();
        json!({ "name": name, "tags": tags })
    };
    let groups: Vec<Value> = ORDER.iter().map(|name| group(name)).collect();
    if let Some(document) = document.as_object_mut() {
        document.insert("x-tagGroups".into(), groups.into());
        // Operations come last: what a reader sees first is what the document says of itself.
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
    fn every_tag_has_a_group_that_is_shown() {
        for (tag, group, _) in TAGS {
            assert!(ORDER.contains(group), "{tag} is in {group}, which is not shown");
        }
    }
}
