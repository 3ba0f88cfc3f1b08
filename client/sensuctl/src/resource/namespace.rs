//! `sensuctl namespace`: what keeps the resources of one team apart from those of another.

use super::{RESOURCE, Resource, Verb};
use crate::column::Cell;

/// Namespaces.
pub(crate) const NAMESPACE: Resource = Resource {
    command: "namespace",
    kind: "Namespace",
    plural: "namespaces",
    noun: "namespace",
    namespaced: false,
    name_at: "/name",
    verbs: &[Verb::List, Verb::Info, Verb::Create, Verb::Delete],
    created: "Created",
    deleted: "Deleted",
    columns: &[Cell::at("Name", "/name")],
    details: &[Cell::at("Name", "/name")],
    examples: "  sensuctl namespace create dev
  sensuctl namespace delete dev --cascade",
    ..RESOURCE
};
