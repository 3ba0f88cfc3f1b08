//! `sensuctl entity`: what is monitored.

use super::{Ownership, RESOURCE, Resource};
use crate::column::Cell;
use crate::field::{FIELD, Field, Shape, text};

/// Entities.
pub(crate) const ENTITY: Resource = Resource {
    command: "entity",
    kind: "Entity",
    plural: "entities",
    noun: "entity",
    fields: &[
        Field {
            flag: "entity-class",
            short: Some('c'),
            at: "/entity_class",
            help: "The class of the entity: proxy, or agent",
            question: "Entity Class:",
            required: true,
            ..FIELD
        },
        Field {
            flag: "subscriptions",
            short: Some('s'),
            at: "/subscriptions",
            shape: Shape::List,
            help: "Subscriptions, which decide which checks are run",
            question: "Subscriptions:",
            ..FIELD
        },
    ],
    followed: &[
        ("/last_seen", Ownership::KeepExisting),
        ("/system", Ownership::KeepExisting),
        ("/sensu_agent_version", Ownership::KeepExisting),
    ],
    columns: &[
        Cell::at("Name", "/metadata/name"),
        Cell::at("Class", "/entity_class"),
        Cell::at("OS", "/system/os"),
        Cell::at("Subscriptions", "/subscriptions"),
        Cell::time("Last Seen", "/last_seen"),
    ],
    details: &[
        Cell::at("Name", "/metadata/name"),
        Cell::at("Entity Class", "/entity_class"),
        Cell::at("Subscriptions", "/subscriptions"),
        Cell::time("Last Seen", "/last_seen"),
        Cell::at("Hostname", "/system/hostname"),
        Cell::at("OS", "/system/os"),
        Cell::made("Platform", |entity| {
            ["/system/platform", "/system/platform_family", "/system/platform_version"]
                .iter()
                .map(|at| text(entity.pointer(at)))
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join(" ")
        }),
        Cell::at("Arch", "/system/arch"),
        Cell::at("Auto-Deregistration", "/deregister"),
        Cell::at("Deregistration Handler", "/deregistration/handler"),
        Cell::at("Namespace", "/metadata/namespace"),
    ],
    examples: "  sensuctl entity create switch-1 --entity-class proxy --subscriptions network
  sensuctl entity list --field-selector 'entity.entity_class == proxy'",
    ..RESOURCE
};
