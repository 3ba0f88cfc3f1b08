//! `sensuctl namespace`

use crate::column::Column;
use crate::descriptor::{DeleteFlag, Descriptor, NamePart, Noun, Verb};

pub(crate) const NAMESPACE: Descriptor = Descriptor {
    command: "namespace",
    kind: "Namespace",
    collection: "namespaces",
    noun: Noun::a("namespace", "namespaces"),
    name: &[NamePart::at("/name")],
    is_namespace: true,
    verbs: &[Verb::List, Verb::Info, Verb::Create, Verb::Delete],
    created: "Created",
    deleted: "Deleted",
    delete_flags: &[DeleteFlag {
        name: "cascade",
        help: "Delete the objects in the namespace too; without it, the namespace must be empty",
    }],
    columns: &[Column::value("Name", "/name")],
    details: &[Column::value("Name", "/name")],
    examples: "  sensuctl namespace create dev
  sensuctl namespace delete dev --cascade",
    ..Descriptor::CLUSTER_WIDE
};
