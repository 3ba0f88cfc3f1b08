//! `sensuctl hook`

use crate::column::Column;
use crate::descriptor::{Descriptor, Noun};
use crate::field::Field;

pub(crate) const HOOK: Descriptor = Descriptor {
    command: "hook",
    kind: "HookConfig",
    collection: "hooks",
    short_name: Some("hook_config"),
    noun: Noun::a("hook", "hooks"),
    fields: &[
        Field::text("command", "/command", "Command to run")
            .short('c')
            .prompt("Command:")
            .required(),
        Field::number("timeout", "/timeout", "Time limit of the command, in seconds")
            .short('t')
            .prompt("Timeout:")
            .default("60"),
        Field::bool("stdin", "/stdin", "Write the event to the command's standard input")
            .short('s')
            .prompt("STDIN:")
            .default("false"),
        Field::RUNTIME_ASSETS,
    ],
    columns: &[
        Column::value("Name", "/metadata/name"),
        Column::value("Command", "/command"),
        Column::value("Timeout", "/timeout"),
        Column::value("Stdin?", "/stdin"),
    ],
    details: &[
        Column::value("Name", "/metadata/name"),
        Column::value("Command", "/command"),
        Column::value("Timeout", "/timeout"),
        Column::value("Stdin?", "/stdin"),
        Column::value("Runtime Assets", "/runtime_assets"),
        Column::value("Namespace", "/metadata/namespace"),
    ],
    examples: "  sensuctl hook create processes --command 'ps aux' --timeout 10
  sensuctl check set-hooks check-cpu --type critical --hooks processes",
    ..Descriptor::NAMESPACED
};
