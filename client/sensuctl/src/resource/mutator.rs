//! `sensuctl mutator`: commands that change events on their way to a handler.

use super::{RESOURCE, Resource};
use crate::column::Cell;
use crate::field::{FIELD, Field, RUNTIME_ASSETS, Shape};

/// Mutators.
pub(crate) const MUTATOR: Resource = Resource {
    command: "mutator",
    kind: "Mutator",
    plural: "mutators",
    noun: "mutator",
    fields: &[
        Field {
            flag: "command",
            short: Some('c'),
            at: "/command",
            help: "The command to run; it reads the event from its input",
            question: "Command:",
            required: true,
            ..FIELD
        },
        Field {
            flag: "timeout",
            short: Some('t'),
            at: "/timeout",
            shape: Shape::Number,
            help: "How long the command may take, in seconds; 0 for no limit",
            question: "Timeout:",
            ..FIELD
        },
        Field {
            flag: "env-vars",
            short: Some('e'),
            at: "/env_vars",
            shape: Shape::List,
            help: "Environment variables of the command, as NAME=VALUE",
            question: "Environment variables:",
            ..FIELD
        },
        RUNTIME_ASSETS,
    ],
    columns: &[
        Cell::at("Name", "/metadata/name"),
        Cell::at("Command", "/command"),
        Cell::at("Environment Variables", "/env_vars"),
        Cell::at("Timeout", "/timeout"),
        Cell::at("Assets", "/runtime_assets"),
    ],
    details: &[
        Cell::at("Name", "/metadata/name"),
        Cell::at("Command", "/command"),
        Cell::at("Timeout", "/timeout"),
        Cell::at("Environment Variables", "/env_vars"),
        Cell::at("Runtime Assets", "/runtime_assets"),
        Cell::at("Namespace", "/metadata/namespace"),
    ],
    examples: "  sensuctl mutator create hide-secrets --command hide-secrets.sh --timeout 10",
    ..RESOURCE
};
