//! `sensuctl entity`

use crate::column::Column;
use crate::descriptor::{Descriptor, Noun, Ownership};
use crate::field::Field;

pub(crate) const ENTITY: Descriptor = Descriptor {
    command: "entity",
    kind: "Entity",
    collection: "entities",
    noun: Noun::an("entity", "entities"),
    fields: &[
        Field::text("entity-class", "/entity_class", "Class of the entity: proxy or agent")
            .value_name("CLASS")
            .short('c')
            .prompt("Entity Class:")
            .required(),
        Field::list("subscriptions", "/subscriptions", "Subscriptions of the entity")
            .short('s')
            .prompt("Subscriptions:"),
    ],
    ownership: &[
        ("/last_seen", Ownership::KeepExisting),
        ("/system", Ownership::KeepExisting),
        ("/sensu_agent_version", Ownership::KeepExisting),
    ],
    columns: &[
        Column::value("ID", "/metadata/name"),
        Column::value("Class", "/entity_class"),
        Column::value("OS", "/system/os"),
        Column::value("Subscriptions", "/subscriptions"),
        Column::time("Last Seen", "/last_seen"),
    ],
    details: &[
        Column::value("Name", "/metadata/name"),
        Column::value("Entity Class", "/entity_class"),
        Column::value("Subscriptions", "/subscriptions"),
        Column::time("Last Seen", "/last_seen"),
        Column::value("Hostname", "/system/hostname"),
        Column::value("OS", "/system/os"),
        Column::value("Platform", "/system/platform"),
        Column::value("Platform Family", "/system/platform_family"),
        Column::value("Platform Version", "/system/platform_version"),
        Column::value("Arch", "/system/arch"),
        Column::value("Auto-Deregistration", "/deregister"),
        Column::value("Deregistration Handler", "/deregistration/handler"),
        Column::value("Namespace", "/metadata/namespace"),
    ],
    examples: "  sensuctl entity create switch-1 --entity-class proxy --subscriptions network
  sensuctl entity list --field-selector 'entity.entity_class == proxy'",
    ..Descriptor::NAMESPACED
};
