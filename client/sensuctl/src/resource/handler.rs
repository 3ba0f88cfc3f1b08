//! `sensuctl handler`

use serde_json::Value;

use crate::column::Column;
use crate::descriptor::{Descriptor, Noun};
use crate::field::Field;
use crate::pointer;

pub(crate) const HANDLER: Descriptor = Descriptor {
    command: "handler",
    kind: "Handler",
    collection: "handlers",
    noun: Noun::a("handler", "handlers"),
    fields: &[
        Field::ENV_VARS.short('e').prompt("Environment variables:"),
        Field::list("filters", "/filters", "Filters that an event must pass")
            .short('f')
            .prompt("Filters:"),
        Field::text("mutator", "/mutator", "Mutator that transforms the event")
            .value_name("NAME")
            .short('m')
            .prompt("Mutator:"),
        Field::number("timeout", "/timeout", "Time limit in seconds; 0 for none")
            .short('i')
            .prompt("Timeout:"),
        Field::choice("type", "/type", "Type of the handler", &["pipe", "tcp", "udp", "set"])
            .short('t')
            .prompt("Type:")
            .default("pipe"),
        Field::RUNTIME_ASSETS.prompt("Runtime Assets:"),
        Field::text(
            "command",
            "/command",
            "Command to run; it reads the event from standard input (type pipe)",
        )
        .short('c')
        .prompt("Command:")
        .prompt_if("/type", &["pipe"]),
        Field::text("socket-host", "/socket/host", "Host to send events to (types tcp and udp)")
            .value_name("HOST")
            .prompt("Socket Host:")
            .prompt_if("/type", &["tcp", "udp"]),
        Field::number("socket-port", "/socket/port", "Port to send events to (types tcp and udp)")
            .value_name("PORT")
            .prompt("Socket Port:")
            .prompt_if("/type", &["tcp", "udp"]),
        Field::list("handlers", "/handlers", "Handlers to run (type set)")
            .prompt("Handlers:")
            .prompt_if("/type", &["set"]),
    ],
    columns: &[
        Column::value("Name", "/metadata/name"),
        Column::value("Type", "/type"),
        Column::value("Timeout", "/timeout"),
        Column::value("Filters", "/filters"),
        Column::value("Mutator", "/mutator"),
        Column::computed("Execute", execute),
        Column::value("Environment Variables", "/env_vars"),
        Column::value("Assets", "/runtime_assets"),
    ],
    details: &[
        Column::value("Name", "/metadata/name"),
        Column::value("Type", "/type"),
        Column::value("Timeout", "/timeout"),
        Column::value("Filters", "/filters"),
        Column::value("Mutator", "/mutator"),
        Column::computed("Execute", execute),
        Column::value("Environment Variables", "/env_vars"),
        Column::value("Runtime Assets", "/runtime_assets"),
        Column::value("Namespace", "/metadata/namespace"),
    ],
    examples: "  sensuctl handler create slack --type pipe --command 'slack.sh #alerts' --filters is_incident
  sensuctl handler create logs --type tcp --socket-host 10.0.0.1 --socket-port 5140",
    ..Descriptor::NAMESPACED
};

/// The action of a handler, as in Sensu Go 5.0.0.
fn execute(handler: &Value) -> String {
    let text = |at| pointer::text(handler, at);
    match text("/type").as_str() {
        "pipe" => format!("RUN:  {}", text("/command")),
        "set" => format!("CALL: {}", text("/handlers")),
        kind @ ("tcp" | "udp") => {
            format!("PUSH: {kind}://{}:{}", text("/socket/host"), text("/socket/port"))
        }
        _ => "UNKNOWN".into(),
    }
}
