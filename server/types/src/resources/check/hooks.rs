//! Which hooks run in response to which results of a check.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::Schema;
use serde::{Deserialize, Serialize};

/// The hooks to run for one kind of result.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct HookList(pub BTreeMap<String, Vec<String>>);

/// By hand, because a derived schema of a transparent type has neither name nor description.
impl JsonSchema for HookList {
    fn schema_name() -> String {
        "HookList".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = BTreeMap::<String, Vec<String>>::json_schema(generator).into_object();
        schema.metadata().description = Some(
            "The hooks to run for one kind of result: `{\"critical\": [\"dump-heap\"]}`. The kinds are \
             `ok`, `warning`, `critical`, `unknown`, `non-zero`, and exit statuses from 1 to 255."
                .into(),
        );
        schema.into()
    }
}

impl HookList {
    /// As in the reference, a list of no kind is of the kind with the empty name.
    pub fn name_the_nameless(&mut self) {
        if self.0.is_empty() {
            self.0.insert(String::new(), Vec::new());
        }
    }
}

/// Adds hooks: those that a kind has already stay where they are, others follow in order.
pub fn add(lists: &mut Vec<HookList>, mut more: HookList) {
    more.name_the_nameless();
    for (kind, hooks) in more.0 {
        match lists.iter_mut().find_map(|list| list.0.get_mut(&kind)) {
            Some(there) => {
                for hook in hooks {
                    if !there.contains(&hook) {
                        there.push(hook);
                    }
                }
            }
            None => lists.push(HookList(BTreeMap::from([(kind, hooks)]))),
        }
    }
}

/// Removes the first hook of this name from a kind, and the kind with its last hook. Says whether
/// there was one.
pub fn remove(lists: &mut Vec<HookList>, kind: &str, hook: &str) -> bool {
    let Some(index) = lists.iter().position(|list| list.0.contains_key(kind)) else { return false };
    let Some(HookList(kinds)) = lists.get_mut(index) else { return false };
    let Some(hooks) = kinds.get_mut(kind) else { return false };
    let Some(at) = hooks.iter().position(|name| name == hook) else { return false };
    hooks.remove(at);
    if hooks.is_empty() {
        kinds.remove(kind);
    }
    if kinds.is_empty() {
        lists.remove(index);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(kind: &str, hooks: &[&str]) -> HookList {
        let hooks = hooks.iter().map(|hook| (*hook).to_owned()).collect();
        HookList(BTreeMap::from([(kind.to_owned(), hooks)]))
    }

    #[test]
    fn hooks_are_added_once_and_in_order() {
        let mut lists = Vec::new();
        add(&mut lists, list("critical", &["a"]));
        add(&mut lists, list("critical", &["a", "b"]));
        add(&mut lists, list("255", &["d", "d"]));
        add(&mut lists, list("255", &["e", "e"]));
        add(&mut lists, HookList::default());
        assert_eq!(
            lists,
            [list("critical", &["a", "b"]), list("255", &["d", "d", "e"]), list("", &[])]
        );
    }

    #[test]
    fn the_last_hook_takes_its_kind_along() {
        let mut lists = vec![list("ok", &["a"]), list("255", &["d", "d"])];
        assert!(remove(&mut lists, "255", "d"));
        assert!(remove(&mut lists, "ok", "a"));
        assert!(!remove(&mut lists, "ok", "a"));
        assert!(!remove(&mut lists, "255", "x"));
        assert_eq!(lists, [list("255", &["d"])]);
    }
}
