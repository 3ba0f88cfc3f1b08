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
mod role;
mod role_binding;
mod silenced;
mod user;

use anyhow::Result;
use clap::{ArgMatches, Command};
use serde_json::{Value, json};

use crate::cell::Cell;
use crate::context::Context;
use crate::field::{Field, place, text};
use crate::path;

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
    pub followed: &'static [(&'static str, Follows)],
    /// The columns of `list`.
    pub columns: &'static [Cell],
    /// The rows of `info`, after the title.
    pub details: &'static [Cell],
    /// Its irregular commands.
    pub irregular: &'static [Irregular],
    /// Commands that show how it is used, for `--help`.
    pub examples: &'static str,
}

/// Whose a field is that does not follow from a document alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Follows {
    /// The server's, whatever a document says; or something that it does not show.
    Server,
    /// The document's if it says anything; or else it stays what it is.
    Before,
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
pub(crate) struct Irregular {
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
    /// Where all of them are; of all namespaces if `namespace` is `None`.
    pub(crate) fn collection(&self, namespace: Option<&str>) -> String {
        match namespace {
            Some(namespace) if self.namespaced => {
                format!("/namespaces/{}/{}", path::part(namespace), self.plural)
            }
            _ => format!("/{}", self.plural),
        }
    }

    /// Where one is.
    pub(crate) fn item(&self, namespace: &str, name: &str) -> String {
        // The two parts of an event's name are two parts of its address.
        let name = match self.command == "event" {
            true => name.split('/').map(path::part).collect::<Vec<_>>().join("/"),
            false => path::part(name),
        };
        format!("{}/{name}", self.collection(Some(namespace)))
    }

    /// Where the object is that a document holds.
    pub(crate) fn place_of(&self, object: &Value) -> String {
        self.item(&self.namespace_of(object), &self.name_of(object))
    }

    /// The name that an object has.
    pub(crate) fn name_of(&self, object: &Value) -> String {
        match self.command {
            "event" => format!(
                "{}/{}",
                text(object.pointer("/entity/metadata/name")),
                text(object.pointer("/check/metadata/name"))
            ),
            "silenced" => match text(object.pointer(self.name_at)) {
                name if name.is_empty() => silenced::name(
                    &text(object.pointer("/subscription")),
                    &text(object.pointer("/check")),
                ),
                name => name,
            },
            _ => text(object.pointer(self.name_at)),
        }
    }

    /// The namespace that an object says it is in.
    pub(crate) fn namespace_of(&self, object: &Value) -> String {
        match self.command {
            "event" => text(object.pointer("/entity/metadata/namespace")),
            _ => text(object.pointer("/metadata/namespace")),
        }
    }

    /// Puts an object into a namespace if it does not say where it is.
    pub(crate) fn put_into(&self, object: &mut Value, namespace: &str) {
        let places: &[&str] = match self.command {
            "event" => &["/entity/metadata/namespace", "/check/metadata/namespace"],
            _ => &["/metadata/namespace"],
        };
        for at in places {
            let parent = at.trim_end_matches("/metadata/namespace");
            let exists = parent.is_empty() || object.pointer(parent).is_some();
            if self.namespaced && exists && text(object.pointer(at)).is_empty() {
                place(object, at, json!(namespace));
            }
        }
    }

    /// A new object with this name.
    pub(crate) fn named(&self, namespace: &str, name: &str) -> Value {
        let mut object = json!({});
        if !name.is_empty() {
            place(&mut object, self.name_at, json!(name));
        }
        if self.namespaced {
            place(&mut object, "/metadata/namespace", json!(namespace));
        }
        object
    }

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

    #[test]
    fn addresses_are_escaped_as_the_original_does() {
        assert_eq!(asset::ASSET.item("default", "x/y"), "/namespaces/default/assets/x%2Fy");
        assert_eq!(
            silenced::SILENCED.item("default", "*:c1"),
            "/namespaces/default/silenced/%2A:c1"
        );
        assert_eq!(event::EVENT.item("default", "e9/c9"), "/namespaces/default/events/e9/c9");
    }

    #[test]
    fn a_document_gets_the_namespace_that_it_lacks() {
        let mut object = json!({"entity": {"metadata": {"name": "e"}}, "check": {}});
        event::EVENT.put_into(&mut object, "dev");
        assert_eq!(object["check"]["metadata"]["namespace"], "dev");
        assert_eq!(object["entity"]["metadata"], json!({"name": "e", "namespace": "dev"}));
        let mut role = json!({"metadata": {"name": "r"}});
        role::CLUSTER_ROLE.put_into(&mut role, "dev");
        assert_eq!(role, json!({"metadata": {"name": "r"}}));
    }
}
