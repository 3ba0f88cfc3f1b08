//! `sensuctl check`: what agents run, and when.

mod hooks;
mod parts;

use anyhow::{Result, bail};
use serde_json::Value;

use super::{CustomCommand, RESOURCE, Resource};
use crate::column::{Cell, hook_lists};
use crate::field::{FIELD, Field, RUNTIME_ASSETS, Shape, text};

/// Checks.
pub(crate) const CHECK: Resource = Resource {
    command: "check",
    kind: "CheckConfig",
    plural: "checks",
    noun: "check",
    fields: FIELDS,
    refuse,
    columns: &[
        Cell::at("Name", "/metadata/name"),
        Cell::at("Command", "/command"),
        Cell::at("Interval", "/interval"),
        Cell::at("Cron", "/cron"),
        Cell::at("Timeout", "/timeout"),
        Cell::at("TTL", "/ttl"),
        Cell::at("Subscriptions", "/subscriptions"),
        Cell::at("Handlers", "/handlers"),
        Cell::at("Assets", "/runtime_assets"),
        Cell::made("Hooks", |check| hook_lists(check.pointer("/check_hooks"))),
        Cell::at("Publish?", "/publish"),
        Cell::at("Stdin?", "/stdin"),
        Cell::at("Metric Format", "/output_metric_format"),
        Cell::at("Metric Handlers", "/output_metric_handlers"),
    ],
    details: &[
        Cell::at("Name", "/metadata/name"),
        Cell::at("Interval", "/interval"),
        Cell::at("Command", "/command"),
        Cell::at("Cron", "/cron"),
        Cell::at("Timeout", "/timeout"),
        Cell::at("TTL", "/ttl"),
        Cell::at("Subscriptions", "/subscriptions"),
        Cell::at("Handlers", "/handlers"),
        Cell::at("Runtime Assets", "/runtime_assets"),
        Cell::made("Hooks", |check| hook_lists(check.pointer("/check_hooks"))),
        Cell::at("Publish?", "/publish"),
        Cell::at("Stdin?", "/stdin"),
        Cell::at("Round Robin?", "/round_robin"),
        Cell::at("Proxy Entity Name", "/proxy_entity_name"),
        Cell::at("Namespace", "/metadata/namespace"),
        Cell::at("Metric Format", "/output_metric_format"),
        Cell::at("Metric Handlers", "/output_metric_handlers"),
        Cell::at("Environment Variables", "/env_vars"),
    ],
    irregular: &[
        CustomCommand { command: hooks::execute_command, run: hooks::execute },
        CustomCommand { command: hooks::set_command, run: hooks::set },
        CustomCommand { command: hooks::remove_command, run: hooks::remove },
        CustomCommand {
            command: parts::set_proxy_requests,
            run: |context, matches| parts::set_from_file(context, "/proxy_requests", matches),
        },
        CustomCommand {
            command: parts::remove_proxy_requests,
            run: |context, matches| parts::remove_object(context, "/proxy_requests", matches),
        },
        CustomCommand {
            command: parts::set_subdue,
            run: |context, matches| parts::set_from_file(context, "/subdue", matches),
        },
        CustomCommand {
            command: parts::remove_subdue,
            run: |context, matches| parts::remove_object(context, "/subdue", matches),
        },
    ],
    examples: "  sensuctl check create check-cpu --command 'check-cpu.sh -w 75 -c 90' --interval 60 --subscriptions system
  sensuctl check set-handlers check-cpu slack,pagerduty
  sensuctl check execute check-cpu --reason 'after the upgrade'",
    ..RESOURCE
};

pub(crate) use parts::{settable, setters};

const FIELDS: &[Field] = &[
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
        flag: "interval",
        short: Some('i'),
        at: "/interval",
        shape: Shape::Number,
        help: "Seconds between two runs; this or --cron is required",
        question: "Interval:",
        ..FIELD
    },
    Field {
        flag: "cron",
        at: "/cron",
        help: "When the check runs, as a cron expression",
        question: "Cron:",
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
        flag: "ttl",
        at: "/ttl",
        shape: Shape::Number,
        help: "Seconds after which a result counts as missing; 0 for never",
        question: "TTL:",
        ..FIELD
    },
    Field {
        flag: "subscriptions",
        short: Some('s'),
        at: "/subscriptions",
        shape: Shape::List,
        help: "Agents with one of these subscriptions run the check",
        question: "Subscriptions:",
        required: true,
        ..FIELD
    },
    Field {
        flag: "handlers",
        at: "/handlers",
        shape: Shape::List,
        help: "Handlers of the check's events",
        question: "Handlers:",
        ..FIELD
    },
    RUNTIME_ASSETS,
    Field {
        flag: "publish",
        short: Some('p'),
        at: "/publish",
        shape: Shape::Bool,
        help: "Whether the check runs on its schedule",
        question: "Publish:",
        default: "true",
        ..FIELD
    },
    Field {
        flag: "proxy-entity-name",
        at: "/proxy_entity_name",
        help: "The entity that the events are about, if not the agent's",
        question: "Check Proxy Entity Name:",
        ..FIELD
    },
    Field {
        flag: "stdin",
        at: "/stdin",
        shape: Shape::Bool,
        help: "Whether the event is written to the command's input",
        question: "Check STDIN:",
        default: "false",
        ..FIELD
    },
    Field {
        flag: "high-flap-threshold",
        at: "/high_flap_threshold",
        shape: Shape::Number,
        help: "Flapping begins at this total state change, in percent",
        question: "High Flap Threshold:",
        ..FIELD
    },
    Field {
        flag: "low-flap-threshold",
        at: "/low_flap_threshold",
        shape: Shape::Number,
        help: "Flapping ends at this total state change, in percent",
        question: "Low Flap Threshold:",
        ..FIELD
    },
    Field {
        flag: "output-metric-format",
        at: "/output_metric_format",
        shape: Shape::Choice(&[
            "nagios_perfdata",
            "graphite_plaintext",
            "opentsdb_line",
            "influxdb_line",
            "none",
        ]),
        help: "The format of the metrics in the output",
        question: "Metric Format:",
        ..FIELD
    },
    Field {
        flag: "output-metric-handlers",
        at: "/output_metric_handlers",
        shape: Shape::List,
        help: "Handlers of the metrics in the output",
        question: "Metric Handlers:",
        ..FIELD
    },
    Field {
        flag: "env-vars",
        at: "/env_vars",
        shape: Shape::List,
        help: "Environment variables of the command, as NAME=VALUE",
        ..FIELD
    },
    Field {
        flag: "round-robin",
        at: "/round_robin",
        shape: Shape::Bool,
        help: "Whether one agent at a time runs the check, in turns",
        question: "Round Robin:",
        default: "false",
        ..FIELD
    },
];

fn refuse(check: &Value) -> Result<()> {
    let interval = check.pointer("/interval").and_then(Value::as_i64).unwrap_or(0);
    let cron = text(check.pointer("/cron"));
    match (interval, cron.is_empty()) {
        (0, true) => bail!("must specify --interval or --cron"),
        (interval, false) if interval != 0 => {
            bail!("cannot specify --interval and --cron at the same time")
        }
        _ => Ok(()),
    }
}
