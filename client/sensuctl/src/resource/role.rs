//! `sensuctl role` and `sensuctl cluster-role`: what somebody may do.

use serde_json::Value;

use super::{RESOURCE, Resource, Verb};
use crate::column::{Cell, Of};
use crate::field::{FIELD, Field, Shape, text};

/// Roles, which are about one namespace.
pub(crate) const ROLE: Resource = Resource {
    command: "role",
    kind: "Role",
    plural: "roles",
    noun: "role",
    details: &[
        Cell::at("Name", "/metadata/name"),
        Cell::at("Namespace", "/metadata/namespace"),
        Cell::made("Rules", rules),
    ],
    columns: &[
        Cell::at("Name", "/metadata/name"),
        Cell::at("Namespace", "/metadata/namespace"),
        Cell { title: "Rules", of: Of::Count("/rules") },
    ],
    examples: "  sensuctl role create read-checks --verb get,list --resource checks
  sensuctl role-binding create readers --role read-checks --group dev",
    ..ANY
};

/// Cluster roles, which are about all namespaces and what is outside of them.
pub(crate) const CLUSTER_ROLE: Resource = Resource {
    command: "cluster-role",
    kind: "ClusterRole",
    plural: "clusterroles",
    noun: "cluster role",
    namespaced: false,
    details: &[Cell::at("Name", "/metadata/name"), Cell::made("Rules", rules)],
    columns: &[
        Cell::at("Name", "/metadata/name"),
        Cell { title: "Rules", of: Of::Count("/rules") },
    ],
    examples: "  sensuctl cluster-role create auditor --verb get,list --resource '*'",
    ..ANY
};

const ANY: Resource = Resource {
    verbs: &[Verb::List, Verb::Info, Verb::Create, Verb::Delete],
    created: "Created",
    deleted: "Deleted",
    fields: &[
        Field {
            flag: "verb",
            short: Some('v'),
            at: "/rules/0/verbs",
            shape: Shape::List,
            help: "What is allowed: get, list, create, update, delete, or *",
            required: true,
            ..FIELD
        },
        Field {
            flag: "resource",
            short: Some('r'),
            at: "/rules/0/resources",
            shape: Shape::List,
            help: "What it is allowed with, such as checks or events, or *",
            required: true,
            ..FIELD
        },
        Field {
            flag: "resource-name",
            short: Some('n'),
            at: "/rules/0/resource_names",
            shape: Shape::List,
            help: "Names of the only ones that it is allowed with; all if left out",
            ..FIELD
        },
    ],
    ..RESOURCE
};

/// The rules, one to a line.
fn rules(role: &Value) -> String {
    let rules = role.pointer("/rules").and_then(Value::as_array);
    let rules = rules.map(Vec::as_slice).unwrap_or_default();
    let shown = rules.iter().map(|rule| {
        let names = text(rule.pointer("/resource_names"));
        let names = if names.is_empty() { String::new() } else { format!(" named {names}") };
        let (verbs, resources) = (text(rule.pointer("/verbs")), text(rule.pointer("/resources")));
        format!("{verbs} on {resources}{names}")
    });
    shown.collect::<Vec<_>>().join("\n")
}
