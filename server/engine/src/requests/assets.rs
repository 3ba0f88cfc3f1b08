//! The assets and hooks that a check request contains.

use std::collections::{BTreeMap, HashSet};

use sensu_types::asset::Asset;
use sensu_types::check::CheckConfig;
use sensu_types::hook::HookConfig;

/// The assets and hooks of a check, each once, in the order in which the check lists them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attachments<'a> {
    /// The assets of the check.
    pub assets: Vec<&'a Asset>,
    /// The hooks of the check.
    pub hooks: Vec<&'a HookConfig>,
    /// The assets of each hook that has some, by name of the hook.
    pub hook_assets: BTreeMap<&'a str, Vec<&'a Asset>>,
    /// Names of assets that do not exist.
    pub missing_assets: Vec<String>,
    /// Names of hooks that do not exist.
    pub missing_hooks: Vec<String>,
}

/// Names of the hooks of a check, for any type of result, each once.
fn hook_names(check: &CheckConfig) -> Vec<&str> {
    unique(check.check_hooks.iter().flat_map(|list| list.0.values()).flatten())
}

/// Collects the assets and hooks of a check, by exact names. Sensu Go adds all assets whose names begin with a
/// listed name.
pub fn attachments<'a>(
    check: &CheckConfig,
    asset: impl Fn(&str) -> Option<&'a Asset>,
    hook: impl Fn(&str) -> Option<&'a HookConfig>,
) -> Attachments<'a> {
    let (hooks, missing_hooks) = find(hook_names(check), hook);
    let (assets, missing) = find(unique(&check.runtime_assets), &asset);
    let mut missing_assets = missing;
    let mut hook_assets = BTreeMap::new();
    for hook in hooks.iter().filter(|hook| !hook.runtime_assets.is_empty()) {
        let (found, missing) = find(unique(&hook.runtime_assets), &asset);
        hook_assets.insert(hook.metadata.name.as_str(), found);
        missing_assets.extend(missing);
    }
    let missing_assets = unique(&missing_assets).into_iter().map(str::to_owned).collect();
    Attachments { assets, hooks, hook_assets, missing_assets, missing_hooks }
}

fn unique<'n>(names: impl IntoIterator<Item = &'n String>) -> Vec<&'n str> {
    let mut known = HashSet::new();
    names.into_iter().map(String::as_str).filter(|name| known.insert(*name)).collect()
}

/// The objects with these names, and the names without one.
fn find<'a, T>(
    names: Vec<&str>,
    object: impl Fn(&str) -> Option<&'a T>,
) -> (Vec<&'a T>, Vec<String>) {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for name in names {
        match object(name) {
            Some(object) => found.push(object),
            None => missing.push(name.to_owned()),
        }
    }
    (found, missing)
}

#[cfg(test)]
mod tests {
    use sensu_types::Resource as _;
    use sensu_types::check::HookList;

    use super::*;

    fn strings(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn hooks(kind: &str, names: &[&str]) -> HookList {
        HookList([(kind.to_owned(), strings(names))].into())
    }

    /// B17.
    #[test]
    fn assets_have_exact_names_and_the_listed_order() {
        let assets = ["foo", "foo-bar", "a"].map(Asset::fixture);
        let mut hook = HookConfig::fixture("dump");
        hook.runtime_assets = strings(&["a", "gone", "lost"]);
        let mut check = CheckConfig::fixture("cpu");
        check.runtime_assets = strings(&["foo", "gone", "a", "foo"]);
        check.check_hooks = vec![hooks("1", &["dump", "absent"]), hooks("ok", &["dump"])];
        let asset = |name: &str| assets.iter().find(|asset| asset.metadata.name == name);
        let found = attachments(&check, asset, |name| (name == "dump").then_some(&hook));
        assert_eq!(found.assets, [&assets[0], &assets[2]]);
        assert_eq!(found.hooks, [&hook]);
        assert_eq!(found.hook_assets, BTreeMap::from([("dump", vec![&assets[2]])]));
        assert_eq!(found.missing_assets, ["gone", "lost"]);
        assert_eq!(found.missing_hooks, ["absent"]);
    }

    #[test]
    fn a_check_without_assets_and_hooks_has_no_attachments() {
        let found = attachments(&CheckConfig::fixture("cpu"), |_| None, |_| None);
        assert_eq!(found, Attachments::default());
    }
}
