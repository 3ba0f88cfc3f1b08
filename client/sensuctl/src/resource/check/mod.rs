//! `sensuctl check`

mod fields;
mod hooks;
mod objects;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::column::Column;
use crate::descriptor::{CustomCommand, Descriptor, Noun};
use crate::pointer;

pub(crate) const CHECK: Descriptor = Descriptor {
    command: "check",
    kind: "CheckConfig",
    collection: "checks",
    short_name: Some("check_config"),
    noun: Noun::a("check", "checks"),
    fields: fields::FIELDS,
    validate,
    columns: &[
        Column::value("Name", "/metadata/name"),
        Column::value("Command", "/command"),
        Column::value("Interval", "/interval"),
        Column::value("Cron", "/cron"),
        Column::value("Timeout", "/timeout"),
        Column::value("TTL", "/ttl"),
        Column::value("Subscriptions", "/subscriptions"),
        Column::value("Handlers", "/handlers"),
        Column::value("Assets", "/runtime_assets"),
        Column::computed("Hooks", hooks::display),
        Column::value("Publish?", "/publish"),
        Column::value("Stdin?", "/stdin"),
        Column::value("Metric Format", "/output_metric_format"),
        Column::value("Metric Handlers", "/output_metric_handlers"),
    ],
    details: &[
        Column::value("Name", "/metadata/name"),
        Column::value("Interval", "/interval"),
        Column::value("Command", "/command"),
        Column::value("Cron", "/cron"),
        Column::value("Timeout", "/timeout"),
        Column::value("TTL", "/ttl"),
        Column::value("Subscriptions", "/subscriptions"),
        Column::value("Handlers", "/handlers"),
        Column::value("Runtime Assets", "/runtime_assets"),
        Column::computed("Hooks", hooks::display),
        Column::value("Publish?", "/publish"),
        Column::value("Stdin?", "/stdin"),
        Column::value("Round Robin?", "/round_robin"),
        Column::value("Proxy Entity Name", "/proxy_entity_name"),
        Column::value("Namespace", "/metadata/namespace"),
        Column::value("Metric Format", "/output_metric_format"),
        Column::value("Metric Handlers", "/output_metric_handlers"),
        Column::value("Environment Variables", "/env_vars"),
    ],
    commands: &[
        CustomCommand {
            name: "execute",
            arguments: hooks::execute_arguments,
            run: hooks::execute,
        },
        CustomCommand { name: "set-hooks", arguments: hooks::set_arguments, run: hooks::set },
        CustomCommand {
            name: "remove-hook",
            arguments: hooks::remove_arguments,
            run: hooks::remove,
        },
        CustomCommand {
            name: "set-proxy-requests",
            arguments: |command| {
                objects::set_arguments(command, "Set the proxy requests of a check from a JSON file")
            },
            run: objects::set_proxy_requests,
        },
        CustomCommand {
            name: "remove-proxy-requests",
            arguments: |command| {
                objects::remove_arguments(command, "Remove the proxy requests of a check")
            },
            run: |context, matches| objects::remove(context, objects::PROXY_REQUESTS, matches),
        },
        CustomCommand {
            name: "set-subdue",
            arguments: |command| {
                objects::set_arguments(
                    command,
                    "Set the times when a check is not scheduled, from a JSON file",
                )
            },
            run: objects::set_subdue,
        },
        CustomCommand {
            name: "remove-subdue",
            arguments: |command| {
                objects::remove_arguments(
                    command,
                    "Remove the times when a check is not scheduled",
                )
            },
            run: |context, matches| objects::remove(context, objects::SUBDUE, matches),
        },
    ],
    examples: "  sensuctl check create check-cpu --command 'check-cpu.sh -w 75 -c 90' --interval 60 --subscriptions system
  sensuctl check set-handlers check-cpu slack,pagerduty
  sensuctl check execute check-cpu --reason 'after the upgrade'",
    ..Descriptor::NAMESPACED
};

/// A check has one schedule. The messages are those of Sensu Go 5.0.0.
fn validate(check: &Value) -> Result<()> {
    let interval = check.pointer("/interval").and_then(Value::as_i64).unwrap_or(0);
    let cron = pointer::text(check, "/cron");
    match (interval, cron.is_empty()) {
        (0, true) => bail!("must specify --interval or --cron"),
        (interval, false) if interval != 0 => {
            bail!("cannot specify --interval and --cron at the same time")
        }
        _ => Ok(()),
    }
}
