//! The hooks of a check, by type of result.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::Schema;
use serde::{Deserialize, Serialize};

/// The hooks that are executed for one type of result.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct HookList(pub BTreeMap<String, Vec<String>>);

/// Hand-written, because the derived schema of a transparent type has neither name nor description.
impl JsonSchema for HookList {
    fn schema_name() -> String {
        "HookList".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = BTreeMap::<String, Vec<String>>::json_schema(generator).into_object();
        schema.metadata().description = Some(
            "Names of the hooks that are executed for one type of result: \
             `{\"critical\": [\"dump-heap\"]}`. The types are `ok`, `warning`, `critical`, `unknown`, \
             `non-zero`, and exit statuses from 1 to 255."
                .into(),
        );
        schema.into()
    }
}

impl HookList {
    /// Gives a list without a type the type with the empty name, as in Sensu Go.
    pub fn normalize(&mut self) {
        if self.0.is_empty() {
            self.0.insert(String::new(), Vec::new());
        }
    }
}

/// Adds hooks to a check. Hooks that the check already has for the type keep their position; the others
/// are appended in order.
pub fn add(lists: &mut Vec<HookList>, mut added: HookList) {
    added.normalize();
    for (kind, hooks) in added.0 {
        match lists.iter_mut().find_map(|list| list.0.get_mut(&kind)) {
            Some(present) => {
                for hook in hooks {
                    if !present.contains(&hook) {
                        present.push(hook);
                    }
                }
            }
            None => lists.push(HookList(BTreeMap::from([(kind, hooks)]))),
        }
    }
}

/// Removes the first hook with this name from a type of result, and the type if it was its last hook.
/// Returns whether a hook was removed.
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
    fn added_hooks_are_appended_without_those_present() {
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
    fn removing_the_last_hook_removes_the_type() {
        let mut lists = vec![list("ok", &["a"]), list("255", &["d", "d"])];
        assert!(remove(&mut lists, "255", "d"));
        assert!(remove(&mut lists, "ok", "a"));
        assert!(!remove(&mut lists, "ok", "a"));
        assert!(!remove(&mut lists, "255", "x"));
        assert_eq!(lists, [list("255", &["d"])]);
    }
}
