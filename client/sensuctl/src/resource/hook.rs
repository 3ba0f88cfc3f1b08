//! `sensuctl hook`: commands that agents run in response to results.

use super::{RESOURCE, Resource};
use crate::column::Cell;
use crate::field::{FIELD, Field, RUNTIME_ASSETS, Shape};

/// Hooks.
pub(crate) const HOOK: Resource = Resource {
    command: "hook",
    kind: "HookConfig",
    plural: "hooks",
    noun: "hook",
    fields: &[
        Field {
            flag: "command",
            short: Some('c'),
            at: "/command",
            help: "The command to run",
            question: "Command:",
            required: true,
            ..FIELD
        },
        Field {
            flag: "timeout",
            short: Some('t'),
            at: "/timeout",
            shape: Shape::Number,
            help: "How long the command may take, in seconds",
            question: "Timeout:",
            default: "60",
            ..FIELD
        },
        Field {
            flag: "stdin",
            at: "/stdin",
            shape: Shape::Bool,
            help: "Whether the event is written to the command's input",
            question: "STDIN:",
            default: "false",
            ..FIELD
        },
        Field { question: "", ..RUNTIME_ASSETS },
    ],
    columns: &[
        Cell::at("Name", "/metadata/name"),
        Cell::at("Command", "/command"),
        Cell::at("Timeout", "/timeout"),
        Cell::at("Stdin?", "/stdin"),
    ],
    details: &[
        Cell::at("Name", "/metadata/name"),
        Cell::at("Command", "/command"),
        Cell::at("Timeout", "/timeout"),
        Cell::at("Stdin?", "/stdin"),
        Cell::at("Runtime Assets", "/runtime_assets"),
        Cell::at("Namespace", "/metadata/namespace"),
    ],
    examples: "  sensuctl hook create processes --command 'ps aux' --timeout 10
  sensuctl check set-hooks check-cpu --type critical --hooks processes",
    ..RESOURCE
};
