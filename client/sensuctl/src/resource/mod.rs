//! Resources: what each one is called, where it is, and what is shown and asked of it.
//!
//! One resource is one file with one descriptor. The verbs in [`crate::verbs`] know no resource;
//! what is irregular about one is a command of its own in the same file.

mod api_key;
mod asset;
mod check;
mod cluster;
mod entity;
mod event;
mod extension;
mod filter;
mod handler;
mod hook;
mod mutator;
mod namespace;
mod place;
mod role;
mod role_binding;
mod silenced;
mod user;

use anyhow::Result;
use clap::{ArgMatches, Command};
use serde_json::Value;

use crate::column::Cell;
use crate::context::Context;
use crate::field::Field;

/// A resource.
#[derive(Debug)]
pub(crate) struct Resource {
    /// The command of its verbs, such as `cluster-role`.
    pub command: &'static str,
    /// The type in wrapped documents, such as `ClusterRole`.
    pub kind: &'static str,
    /// The last part of its address, such as `clusterroles`.
    pub plural: &'static str,
    /// In sentences, in the singular: `cluster role`.
    pub noun: &'static str,
    /// Whether it is inside a namespace.
    pub namespaced: bool,
    /// Where its name is in an object.
    pub name_at: &'static str,
    /// The verbs that it has.
    pub verbs: &'static [Verb],
    /// What `create` says.
    pub created: &'static str,
    /// What `delete` says.
    pub deleted: &'static str,
    /// The fields with a flag or a question.
    pub fields: &'static [Field],
    /// What is wrong with an object that is about to be sent.
    pub refuse: fn(&Value) -> Result<()>,
    /// The fields that do not follow from documents alone: where, and whose they are.
    pub followed: &'static [(&'static str, Ownership)],
    /// The columns of `list`.
    pub columns: &'static [Cell],
    /// The rows of `info`, after the title.
    pub details: &'static [Cell],
    /// Its irregular commands.
    pub irregular: &'static [CustomCommand],
    /// Commands that show how it is used, for `--help`.
    pub examples: &'static str,
}

/// Whose a field is that does not follow from a document alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ownership {
    /// The server's, whatever a document says; or something that it does not show.
    ServerManaged,
    /// The document's if it says anything; or else it stays what it is.
    KeepExisting,
}

/// A regular verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    /// Show all of a namespace.
    List,
    /// Show one.
    Info,
    /// Make one.
    Create,
    /// Change one.
    Update,
    /// Remove one.
    Delete,
}

/// What most resources have.
pub(crate) const REGULAR: &[Verb] =
    &[Verb::List, Verb::Info, Verb::Create, Verb::Update, Verb::Delete];

/// A command that only one resource has.
#[derive(Debug)]
pub(crate) struct CustomCommand {
    /// What it is called and takes.
    pub command: fn() -> Command,
    /// What it does.
    pub run: fn(&Context, &ArgMatches) -> Result<()>,
}

/// A resource that is nothing in particular: to be completed with `..RESOURCE`.
pub(crate) const RESOURCE: Resource = Resource {
    command: "",
    kind: "",
    plural: "",
    noun: "",
    namespaced: true,
    name_at: "/metadata/name",
    verbs: REGULAR,
    created: "OK",
    deleted: "OK",
    fields: &[],
    refuse: |_| Ok(()),
    followed: &[],
    columns: &[],
    details: &[],
    irregular: &[],
    examples: "",
};

/// All of them, in the order of `sensuctl --help`.
pub(crate) const ALL: &[&Resource] = &[
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
    &role::ROLE,
    &role_binding::ROLE_BINDING,
    &silenced::SILENCED,
    &user::USER,
];

pub(crate) use check::setters;
pub(crate) use cluster::CLUSTER;

/// `set-*` and `remove-*` of checks.
pub(crate) fn set_or_remove(context: &Context, command: &str, matches: &ArgMatches) -> Result<()> {
    match check::settable(context, command, matches) {
        Some(done) => done,
        None => anyhow::bail!("no command {command:?}"),
    }
}

/// The resource that somebody means: by command, type, short name or address.
pub(crate) fn find(name: &str) -> Option<&'static Resource> {
    let name = name.strip_prefix("core/v2.").unwrap_or(name);
    let means = |resource: &&&Resource| {
        let names = [resource.command, resource.kind, resource.plural, resource.short_name()];
        names.iter().any(|known| known.eq_ignore_ascii_case(name))
            || name.eq_ignore_ascii_case("filters") && resource.kind == "EventFilter"
            || name.eq_ignore_ascii_case("hook_config") && resource.kind == "HookConfig"
    };
    ALL.iter().find(means).copied()
}

impl Resource {
    /// The name that `describe-type` shows: `cluster_role`.
    pub(crate) fn short_name(&self) -> &'static str {
        match self.kind {
            "APIKey" => "apikey",
            "CheckConfig" => "check_config",
            "ClusterRole" => "cluster_role",
            "ClusterRoleBinding" => "cluster_role_binding",
            "EventFilter" => "event_filter",
            "HookConfig" => "hook_config",
            "RoleBinding" => "role_binding",
            _ => self.command,
        }
    }

    /// Whether it has a verb.
    pub(crate) fn has(&self, verb: Verb) -> bool {
        self.verbs.contains(&verb)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_found_by_all_of_their_names() {
        for name in ["check", "CheckConfig", "checks", "core/v2.CheckConfig", "check_config"] {
            assert_eq!(find(name).map(|found| found.command), Some("check"), "{name}");
        }
        assert!(find("nonsense").is_none());
    }
}
