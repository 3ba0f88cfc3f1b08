//! The kinds of resources: the one list from which everything that concerns all kinds is derived.
//!
//! Adding a kind is one line in [`for_each_kind`]. What the list offers:
//!
//! - [`KINDS`]: the facts of every kind, for code that needs no types (tags of the document,
//!   collections of a namespace, seeded roles, code samples);
//! - [`Cataloged`]: the facts of one kind, for code that is generic over it (`T::FACTS`);
//! - `for_each_kind!(callback)`: calls a macro with `type => facts;` for every kind, for tables of
//!   functions that are generic over the kind (operations, import).
//!
//! The order is that of the resources in Sensu Go's seeded roles, then access control. Import order
//! is [`ImportStage`], then the order of the list.

use sensu_types::{Resource, Scope, name};

/// Calls the macro `$callback` with every kind and its facts: tag group, coverage by the seeded
/// roles, import stage, `sensuctl` command, and description of the tag.
macro_rules! for_each_kind {
    ($callback:ident) => {
        $callback! {
            sensu_types::asset::Asset: Monitoring, ViewEditAdmin, Configuration, "asset",
                "Archives with the executables that checks, filters, mutators and handlers need.";
            sensu_types::check::CheckConfig: Monitoring, ViewEditAdmin, Configuration, "check",
                "Monitoring commands: what agents run, when, and which handlers process the results.";
            sensu_types::entity::Entity: Monitoring, ViewEditAdmin, Entities, "entity",
                "Monitored systems: hosts whose agents create and update their entities, and proxy entities for everything else.";
            sensu_types::extension::Extension: EventPipeline, ViewEditAdmin, Configuration, "extension",
                "External services that filter, mutate or handle events.";
            sensu_types::event::Event: Monitoring, ViewEditAdmin, Events, "event",
                "Monitoring results: the latest result of each check on each entity, with its history.";
            sensu_types::filter::EventFilter: EventPipeline, ViewEditAdmin, Configuration, "filter",
                "Conditions that decide which events reach a handler.";
            sensu_types::handler::Handler: EventPipeline, ViewEditAdmin, Configuration, "handler",
                "Actions on events: run a command, write to a socket, or call other handlers.";
            sensu_types::hook::HookConfig: Monitoring, ViewEditAdmin, Configuration, "hook",
                "Commands that agents run in response to check results.";
            sensu_types::mutator::Mutator: EventPipeline, ViewEditAdmin, Configuration, "mutator",
                "Transformations of events before a handler processes them.";
            sensu_types::pipeline::Pipeline: EventPipeline, ViewEditAdmin, Configuration, "pipeline",
                "Workflows of filters, a mutator and a handler for the events of a check.";
            sensu_types::silenced::Silenced: Monitoring, ViewEditAdmin, Silences, "silenced",
                "Silenced entries, which suppress the handling of events for a time.";
            sensu_types::role::Role: AccessControl, Admin, Roles, "role",
                "Permissions within one namespace.";
            sensu_types::binding::RoleBinding: AccessControl, Admin, Bindings, "role-binding",
                "Assignments of roles to users and groups, in one namespace.";
            sensu_types::namespace::Namespace: AccessControl, ReadOnly, Namespaces, "namespace",
                "Isolated groups of objects, typically one for each team.";
            sensu_types::role::ClusterRole: AccessControl, ClusterAdmin, Roles, "cluster-role",
                "Permissions in all namespaces and on cluster-wide resources.";
            sensu_types::binding::ClusterRoleBinding: AccessControl, ClusterAdmin, Bindings, "cluster-role-binding",
                "Assignments of cluster roles to users and groups, in all namespaces.";
            sensu_types::user::User: AccessControl, ClusterAdmin, Users, "user",
                "User accounts: passwords, groups, and whether a user is disabled.";
            sensu_types::api_key::ApiKey: AccessControl, ClusterAdmin, Never, "api-key",
                "Credentials for programs. A key authenticates as its user and can have an expiry.";
            sensu_types::tessen::TessenConfig: Operations, ClusterAdmin, Configuration, "tessen",
                "The setting of usage reports, for released clients. This server never sends anything.";
        }
    };
}

pub(crate) use for_each_kind;

/// The facts of one kind of resource.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    /// [`Resource::KIND`]: `CheckConfig`.
    pub(crate) name: &'static str,
    /// [`Resource::NOUN`]: `check`.
    pub(crate) noun: &'static str,
    /// [`Resource::PLURAL`]: the collection, URL segment, RBAC resource and tag: `checks`.
    pub(crate) plural: &'static str,
    /// Whether objects belong to a namespace.
    pub(crate) namespaced: bool,
    /// [`Resource::NAMESPACE_POINTER`].
    pub(crate) namespace_pointer: &'static str,
    /// [`Resource::NAME_POINTERS`].
    pub(crate) name_pointers: &'static [&'static str],
    /// [`Resource::NAMES`].
    pub(crate) names: name::Format,
    /// [`Resource::HAS_LABELS`].
    pub(crate) has_labels: bool,
    /// The fields that field selectors can use.
    pub(crate) selectable_fields: fn() -> Vec<String>,
    /// The pattern of field selectors.
    pub(crate) field_selectors: fn() -> String,
    /// [`Resource::NAME_IS_COMPUTED`].
    pub(crate) name_is_computed: bool,
    /// The group of the kind's tag in the document.
    pub(crate) group: TagGroup,
    /// The description of the kind's tag in the document.
    pub(crate) description: &'static str,
    /// Which of the seeded roles cover the kind (D19).
    pub(crate) coverage: Coverage,
    /// When an import writes objects of the kind.
    pub(crate) import: ImportStage,
    /// The `sensuctl` command: `check`.
    pub(crate) command: &'static str,
}

/// A chapter of the document; every tag is in exactly one. In the order in which they are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TagGroup {
    Authentication,
    Monitoring,
    EventPipeline,
    AccessControl,
    Operations,
}

/// Which of the seeded cluster roles, besides `cluster-admin`, cover a kind (D19).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coverage {
    /// `view` (get, list), `edit` and `admin` (everything).
    ViewEditAdmin,
    /// `admin`.
    Admin,
    /// `view`, `edit`, `admin` and `system:user`: get and list.
    ReadOnly,
    /// None: only `cluster-admin`, which covers everything.
    ClusterAdmin,
}

/// When an import writes objects of a kind: earlier stages hold what later ones refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ImportStage {
    Namespaces,
    Roles,
    Users,
    Bindings,
    Configuration,
    Entities,
    Silences,
    Events,
    /// Objects of the kind cannot be imported.
    Never,
}

/// A kind that is in the catalog.
pub(crate) trait Cataloged: Resource {
    /// Its facts.
    const FACTS: Kind;
}

macro_rules! catalog {
    ($($kind:ty: $group:ident, $coverage:ident, $stage:ident, $command:literal, $text:literal;)*) => {
        $(impl Cataloged for $kind {
            const FACTS: Kind = Kind {
                name: <$kind>::KIND,
                noun: <$kind>::NOUN,
                plural: <$kind>::PLURAL,
                namespaced: <<$kind as Resource>::Scope as Scope>::NAMESPACED,
                namespace_pointer: <$kind>::NAMESPACE_POINTER,
                name_pointers: <$kind>::NAME_POINTERS,
                names: <$kind>::NAMES,
                has_labels: <$kind>::HAS_LABELS,
                selectable_fields: sensu_types::selectable_fields::<$kind>,
                field_selectors: sensu_types::field_selectors::<$kind>,
                name_is_computed: <$kind>::NAME_IS_COMPUTED,
                group: TagGroup::$group,
                description: $text,
                coverage: Coverage::$coverage,
                import: ImportStage::$stage,
                command: $command,
            };
        })*

        /// Every kind, in the order of [`for_each_kind`].
        pub(crate) const KINDS: &[Kind] = &[$(<$kind>::FACTS),*];
    };
}
for_each_kind!(catalog);

/// The kinds whose objects belong to a namespace: their collections have to be empty before it can
/// be deleted.
pub(crate) fn namespaced() -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().filter(|kind| kind.namespaced)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use sensu_types::WriteContext;

    use super::*;

    macro_rules! validate_examples {
        ($($kind:ty: $group:ident, $coverage:ident, $stage:ident, $command:literal, $text:literal;)*) => {
            $(the_example_is_valid::<$kind>();)*
        };
    }

    macro_rules! cascades {
        ($($kind:ty: $group:ident, $coverage:ident, $stage:ident, $command:literal, $text:literal;)*) => {
            [$(<$kind>::CASCADES_TO),*]
        };
    }

    fn the_example_is_valid<T: Resource>() {
        let (kind, body) = (T::KIND, T::example("web").to_string());
        let decoded = sensu_decode::from_slice::<T>(body.as_bytes());
        let decoded = decoded.unwrap_or_else(|error| panic!("{kind}: {error}"));
        assert_eq!(decoded.unknown, [""; 0], "{kind}");
        let mut object = decoded.value;
        object.fill_identity(if T::Scope::NAMESPACED { "default" } else { "" }, "");
        object.prepare(&WriteContext { caller: "admin", now: 1 }, None);
        assert_eq!(object.validate(), Ok(()), "{kind}");
        assert_eq!(object.namespace().is_empty(), !T::Scope::NAMESPACED, "{kind}");
        match kind {
            "APIKey" | "TessenConfig" => {}
            "Silenced" => assert_eq!(object.name(), "web:*"),
            _ => assert_eq!(object.name(), "web", "{kind}"),
        }
    }

    #[test]
    fn every_example_is_a_valid_body_with_the_name() {
        for_each_kind!(validate_examples);
    }

    #[test]
    fn names_and_plurals_are_unique() {
        let names: BTreeSet<&str> = KINDS.iter().map(|kind| kind.name).collect();
        let plurals: BTreeSet<&str> = KINDS.iter().map(|kind| kind.plural).collect();
        assert_eq!((names.len(), plurals.len()), (KINDS.len(), KINDS.len()));
    }

    #[test]
    fn kinds_cascade_to_collections_of_the_catalog() {
        for collection in for_each_kind!(cascades).concat() {
            assert!(KINDS.iter().any(|kind| kind.plural == collection), "{collection}");
        }
    }
}
