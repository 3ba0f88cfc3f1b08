//! The hooks of a check, by type of result.

use std::collections::{BTreeMap, HashMap, HashSet};

use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::Schema;
use serde::{Deserialize, Serialize};

use crate::Invalid;

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
             `non-zero`, and exit statuses from 0 to 255."
                .into(),
        );
        schema.into()
    }
}

/// Types of results, besides exit statuses.
const SEVERITIES: [&str; 5] = ["ok", "warning", "critical", "unknown", "non-zero"];

impl HookList {
    /// Validates the types of results (D27).
    ///
    /// # Errors
    /// [`Invalid`] for the first type that is none.
    pub(super) fn validate(&self) -> Result<(), Invalid> {
        match self.0.keys().find(|kind| !is_type(kind)) {
            Some(kind) => Err(Invalid::new(format!(
                "{kind:?} is not a type of check hooks; types are {} and the exit statuses 0 to 255",
                SEVERITIES.join(", ")
            ))),
            None => Ok(()),
        }
    }

    /// Whether the list has no hooks and no type: `{}`, which Sensu Go stores under the empty type.
    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|(kind, hooks)| kind.is_empty() && hooks.is_empty())
    }
}

/// Whether a text is a type of results: a severity, or an exit status without leading zeros.
fn is_type(text: &str) -> bool {
    let is_status = text.parse::<u8>().is_ok_and(|status| status.to_string() == text);
    is_status || SEVERITIES.contains(&text)
}

/// Adds hooks to a check. Hooks that the check already has for the type keep their position; the others
/// are appended in order.
pub fn add(lists: &mut Vec<HookList>, added: HookList) {
    // The first list with each type. Types and hooks come from the client: none is searched for in a list.
    let mut positions = HashMap::new();
    for (position, list) in lists.iter().enumerate() {
        for kind in list.0.keys() {
            positions.entry(kind.clone()).or_insert(position);
        }
    }
    for (kind, hooks) in added.0 {
        let list = positions.get(&kind).and_then(|position| lists.get_mut(*position));
        match list.and_then(|list| list.0.get_mut(&kind)) {
            Some(present) => append_missing(present, hooks),
            None => lists.push(HookList(BTreeMap::from([(kind, hooks)]))),
        }
    }
}

fn append_missing(present: &mut Vec<String>, hooks: Vec<String>) {
    let mut known: HashSet<String> = present.iter().cloned().collect();
    present.extend(hooks.into_iter().filter(|hook| known.insert(hook.clone())));
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
        assert_eq!(lists, [list("critical", &["a", "b"]), list("255", &["d", "d", "e"])]);
    }

    /// Compared one by one, these names would take hours.
    #[test]
    fn many_hooks_and_types_are_not_compared_one_by_one() {
        let names = |prefix: char| (0..300_000).map(move |n| format!("{prefix}{n}"));
        let hooks = |prefix: char| names(prefix).collect::<Vec<_>>();
        let mut lists = vec![HookList([("ok".to_owned(), hooks('a'))].into())];
        add(&mut lists, HookList([("ok".to_owned(), hooks('b'))].into()));
        assert_eq!(lists[0].0["ok"].len(), 600_000);
        let types = |prefix| HookList(names(prefix).map(|kind| (kind, Vec::new())).collect());
        add(&mut lists, types('c'));
        add(&mut lists, types('d'));
        assert_eq!(lists.len(), 600_001);
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

    #[test]
    fn types_are_severities_and_exit_statuses() {
        for good in ["ok", "warning", "critical", "unknown", "non-zero", "0", "9", "100", "255"] {
            assert_eq!(list(good, &["a"]).validate(), Ok(()), "{good}");
        }
        for bad in ["", "OK", "nonsense", "256", "-1", "+1", "01", "1.0", "non_zero"] {
            assert!(list(bad, &["a"]).validate().is_err(), "{bad}");
        }
        let several = HookList([("ok".into(), Vec::new()), ("x".into(), Vec::new())].into());
        let message = several.validate().expect_err("invalid").message;
        assert!(
            message.starts_with("\"x\" is not a type of check hooks; types are ok, "),
            "{message}"
        );
    }
}
