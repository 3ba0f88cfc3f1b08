//! The resource kinds, one file each: a descriptor, and the commands that only this kind has.
//!
//! To add a kind: write its file, and add it below in the list of modules and in [`ALL`]. Its
//! commands, `dump`, `describe-type`, `create --file` and completion follow from the descriptor.

mod api_key;
mod asset;
mod check;
mod entity;
mod event;
mod extension;
mod filter;
mod handler;
mod hook;
mod mutator;
mod namespace;
mod pipeline;
mod role;
mod role_binding;
mod silenced;
mod tessen;
mod user;

use crate::descriptor::Descriptor;

/// All kinds, in the order of `sensuctl --help`.
pub(crate) const ALL: &[&Descriptor] = &[
    &api_key::API_KEY,
    &asset::ASSET,
    &check::CHECK,
    &role::CLUSTER_ROLE,
    &role_binding::CLUSTER_ROLE_BINDING,
    &entity::ENTITY,
    &event::EVENT,
    &extension::EXTENSION,
    &filter::FILTER,
    &handler::HANDLER,
    &hook::HOOK,
    &mutator::MUTATOR,
    &namespace::NAMESPACE,
    &pipeline::PIPELINE,
    &role::ROLE,
    &role_binding::ROLE_BINDING,
    &silenced::SILENCED,
    &tessen::TESSEN,
    &user::USER,
];

/// The kind that a user means; see [`Descriptor::is_called`].
pub(crate) fn find(name: &str) -> Option<&'static Descriptor> {
    ALL.iter().find(|resource| resource.is_called(name)).copied()
}

/// The kinds that `dump all` writes, in the order in which `create --file` needs them: namespaces,
/// cluster-wide kinds, namespaced kinds, and events last, to which silenced entries then apply. Not the setting
/// of Tessen, which most releases do not have.
pub(crate) fn dumped() -> Vec<&'static Descriptor> {
    let mut kinds = ALL.to_vec();
    kinds.retain(|resource| resource.manifest_error.is_none() && !resource.is_singleton());
    kinds.sort_by_key(|resource| {
        (!resource.is_namespace, resource.is_namespaced(), resource.kind == event::EVENT.kind)
    });
    kinds
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::asset::ASSET;
    use super::event::EVENT;
    use super::role::CLUSTER_ROLE;
    use super::silenced::SILENCED;
    use super::*;
    use crate::schema;

    #[test]
    fn a_kind_is_found_by_each_of_its_names() {
        for name in ["check", "CheckConfig", "checks", "core/v2.CheckConfig", "check_config"] {
            assert_eq!(find(name).map(|found| found.command), Some("check"), "{name}");
        }
        assert!(find("nonsense").is_none());
    }

    #[test]
    fn every_kind_has_a_schema_and_nouns() {
        for resource in ALL {
            assert!(schema::exists(resource.schema()), "{}", resource.kind);
            let nouns = [resource.noun.singular, resource.noun.plural, resource.collection];
            assert!(!nouns.contains(&""), "{}", resource.kind);
            assert!(!resource.columns.is_empty() && !resource.details.is_empty());
        }
    }

    #[test]
    fn paths_are_encoded_as_in_sensu_go() {
        assert_eq!(ASSET.object_path("default", &["x/y"]), "/namespaces/default/assets/x%2Fy");
        assert_eq!(
            SILENCED.object_path("default", &["*:c1"]),
            "/namespaces/default/silenced/%2A:c1"
        );
        assert_eq!(EVENT.object_path("default", &["e9", "c9"]), "/namespaces/default/events/e9/c9");
    }

    #[test]
    fn an_object_without_a_namespace_gets_the_default_one() {
        let mut object = json!({"entity": {"metadata": {"name": "e"}}, "check": {}});
        EVENT.set_default_namespace(&mut object, "dev");
        assert_eq!(object["check"]["metadata"]["namespace"], "dev");
        assert_eq!(object["entity"]["metadata"], json!({"name": "e", "namespace": "dev"}));
        let mut role = json!({"metadata": {"name": "r"}});
        CLUSTER_ROLE.set_default_namespace(&mut role, "dev");
        assert_eq!(role, json!({"metadata": {"name": "r"}}));
    }

    #[test]
    fn a_silence_without_a_name_is_named_by_subscription_and_check() {
        let entry = json!({"subscription": "web", "check": ""});
        assert_eq!(SILENCED.name_of(&entry), ["web:*"]);
    }
}
