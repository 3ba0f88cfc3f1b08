//! `sensuctl handler`: what is done with events.

use serde_json::Value;

use super::{RESOURCE, Resource};
use crate::column::Cell;
use crate::field::{FIELD, Field, RUNTIME_ASSETS, Shape, text};

/// Handlers.
pub(crate) const HANDLER: Resource = Resource {
    command: "handler",
    kind: "Handler",
    plural: "handlers",
    noun: "handler",
    fields: &[
        Field {
            flag: "env-vars",
            short: Some('e'),
            at: "/env_vars",
            shape: Shape::List,
            help: "Environment variables of the command, as NAME=VALUE",
            question: "Environment variables:",
            ..FIELD
        },
        Field {
            flag: "filters",
            short: Some('f'),
            at: "/filters",
            shape: Shape::List,
            help: "Filters that decide which events are handled",
            question: "Filters:",
            ..FIELD
        },
        Field {
            flag: "mutator",
            short: Some('m'),
            at: "/mutator",
            help: "The mutator that changes events before they are handled",
            question: "Mutator:",
            ..FIELD
        },
        Field {
            flag: "timeout",
            short: Some('i'),
            at: "/timeout",
            shape: Shape::Number,
            help: "How long handling an event may take, in seconds; 0 for no limit",
            question: "Timeout:",
            ..FIELD
        },
        Field {
            flag: "type",
            short: Some('t'),
            at: "/type",
            shape: Shape::Choice(&["pipe", "tcp", "udp", "set"]),
            help: "How events are handled",
            question: "Type:",
            default: "pipe",
            ..FIELD
        },
        RUNTIME_ASSETS,
        Field {
            flag: "command",
            short: Some('c'),
            at: "/command",
            help: "The command to run; it reads the event from its input (type pipe)",
            question: "Command:",
            asked_if: Some(("/type", &["pipe"])),
            ..FIELD
        },
        Field {
            flag: "socket-host",
            at: "/socket/host",
            help: "Where events are sent to (types tcp and udp)",
            question: "Socket Host:",
            asked_if: Some(("/type", &["tcp", "udp"])),
            ..FIELD
        },
        Field {
            flag: "socket-port",
            at: "/socket/port",
            shape: Shape::Number,
            help: "Which port events are sent to (types tcp and udp)",
            question: "Socket Port:",
            asked_if: Some(("/type", &["tcp", "udp"])),
            ..FIELD
        },
        Field {
            flag: "handlers",
            at: "/handlers",
            shape: Shape::List,
            help: "Handlers that are called (type set)",
            question: "Handlers:",
            asked_if: Some(("/type", &["set"])),
            ..FIELD
        },
    ],
    columns: &[
        Cell::at("Name", "/metadata/name"),
        Cell::at("Type", "/type"),
        Cell::at("Timeout", "/timeout"),
        Cell::at("Filters", "/filters"),
        Cell::at("Mutator", "/mutator"),
        Cell::made("Execute", execute),
        Cell::at("Environment Variables", "/env_vars"),
        Cell::at("Assets", "/runtime_assets"),
    ],
    details: &[
        Cell::at("Name", "/metadata/name"),
        Cell::at("Type", "/type"),
        Cell::at("Timeout", "/timeout"),
        Cell::at("Filters", "/filters"),
        Cell::at("Mutator", "/mutator"),
        Cell::made("Execute", execute),
        Cell::at("Environment Variables", "/env_vars"),
        Cell::at("Runtime Assets", "/runtime_assets"),
        Cell::at("Namespace", "/metadata/namespace"),
    ],
    examples: "  sensuctl handler create slack --type pipe --command 'slack.sh #alerts' --filters is_incident
  sensuctl handler create logs --type tcp --socket-host 10.0.0.1 --socket-port 5140",
    ..RESOURCE
};

/// What a handler does, in a few words.
fn execute(handler: &Value) -> String {
    match text(handler.pointer("/type")).as_str() {
        "pipe" => format!("RUN:  {}", text(handler.pointer("/command"))),
        "set" => format!("CALL: {}", text(handler.pointer("/handlers"))),
        kind @ ("tcp" | "udp") => format!(
            "PUSH: {kind}://{}:{}",
            text(handler.pointer("/socket/host")),
            text(handler.pointer("/socket/port"))
        ),
        _ => "UNKNOWN".into(),
    }
}
