//! `sensuctl role` and `sensuctl cluster-role`

use serde_json::Value;

use crate::column::Column;
use crate::descriptor::{Descriptor, Noun, Verb};
use crate::field::Field;
use crate::pointer;

/// Permissions in one namespace.
pub(crate) const ROLE: Descriptor = Descriptor {
    command: "role",
    kind: "Role",
    collection: "roles",
    noun: Noun::a("role", "roles"),
    details: &[
        Column::value("Name", "/metadata/name"),
        Column::value("Namespace", "/metadata/namespace"),
        Column::computed("Rules", rules),
    ],
    columns: &[
        Column::value("Name", "/metadata/name"),
        Column::value("Namespace", "/metadata/namespace"),
        Column::count("Rules", "/rules"),
    ],
    verbs: VERBS,
    created: "Created",
    deleted: "Deleted",
    fields: FIELDS,
    examples: "  sensuctl role create read-checks --verb get,list --resource checks
  sensuctl role-binding create readers --role read-checks --group dev",
    ..Descriptor::NAMESPACED
};

/// Permissions in all namespaces, and on cluster-wide resources.
pub(crate) const CLUSTER_ROLE: Descriptor = Descriptor {
    command: "cluster-role",
    kind: "ClusterRole",
    collection: "clusterroles",
    short_name: Some("cluster_role"),
    noun: Noun::a("cluster role", "cluster roles"),
    details: &[Column::value("Name", "/metadata/name"), Column::computed("Rules", rules)],
    columns: &[Column::value("Name", "/metadata/name"), Column::count("Rules", "/rules")],
    verbs: VERBS,
    created: "Created",
    deleted: "Deleted",
    fields: FIELDS,
    examples: "  sensuctl cluster-role create auditor --verb get,list --resource '*'",
    ..Descriptor::CLUSTER_WIDE
};

const VERBS: &[Verb] = &[Verb::List, Verb::Info, Verb::Create, Verb::Delete];

const FIELDS: &[Field] = &[
    Field::list("verb", "/rules/0/verbs", "Allowed verbs: get, list, create, update, delete, or *")
        .value_name("VERB,...")
        .short('v')
        .required(),
    Field::list("resource", "/rules/0/resources", "Resources, such as checks or events, or *")
        .value_name("RESOURCE,...")
        .short('r')
        .required(),
    Field::list("resource-name", "/rules/0/resource_names", "Names of objects [default: all]")
        .short('n'),
];

/// One line per rule: `get,list on checks named check-cpu`.
fn rules(role: &Value) -> String {
    let rules = pointer::list(role, "/rules").iter().map(|rule| {
        let text = |at| pointer::text(rule, at);
        let names = text("/resource_names");
        let names = if names.is_empty() { names } else { format!(" named {names}") };
        format!("{} on {}{names}", text("/verbs"), text("/resources"))
    });
    rules.collect::<Vec<_>>().join("\n")
}
