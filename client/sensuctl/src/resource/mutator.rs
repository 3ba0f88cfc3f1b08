//! `sensuctl mutator`

use crate::column::Column;
use crate::descriptor::{Descriptor, Noun};
use crate::field::Field;

pub(crate) const MUTATOR: Descriptor = Descriptor {
    command: "mutator",
    kind: "Mutator",
    collection: "mutators",
    noun: Noun::a("mutator", "mutators"),
    fields: &[
        Field::text(
            "command",
            "/command",
            "Command to run; it reads the event from standard input",
        )
        .short('c')
        .prompt("Command:")
        .required(),
        Field::number("timeout", "/timeout", "Time limit of the command, in seconds; 0 for none")
            .short('t')
            .prompt("Timeout:"),
        Field::ENV_VARS.short('e').prompt("Environment variables:"),
        Field::RUNTIME_ASSETS.prompt("Runtime Assets:"),
    ],
    columns: &[
        Column::value("Name", "/metadata/name"),
        Column::value("Command", "/command"),
        Column::value("Environment Variables", "/env_vars"),
        Column::value("Timeout", "/timeout"),
        Column::value("Assets", "/runtime_assets"),
    ],
    details: &[
        Column::value("Name", "/metadata/name"),
        Column::value("Command", "/command"),
        Column::value("Timeout", "/timeout"),
        Column::value("Environment Variables", "/env_vars"),
        Column::value("Runtime Assets", "/runtime_assets"),
        Column::value("Namespace", "/metadata/namespace"),
    ],
    examples: "  sensuctl mutator create hide-secrets --command hide-secrets.sh --timeout 10",
    ..Descriptor::NAMESPACED
};
