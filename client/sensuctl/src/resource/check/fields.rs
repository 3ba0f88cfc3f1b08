//! Fields of checks.

use crate::field::Field;

const METRIC_FORMATS: &[&str] =
    &["nagios_perfdata", "graphite_plaintext", "opentsdb_line", "influxdb_line", "none"];

pub(super) const FIELDS: &[Field] = &[
    Field::text("command", "/command", "Command to run")
        .short('c')
        .prompt("Command:")
        .required()
        .settable(),
    Field::number("interval", "/interval", "Seconds between runs; this or --cron is required")
        .short('i')
        .prompt("Interval:")
        .settable_instead_of("cron"),
    Field::text("cron", "/cron", "Schedule of the check, as a cron expression")
        .value_name("EXPRESSION")
        .prompt("Cron:")
        .settable_instead_of("interval"),
    Field::number("timeout", "/timeout", "Time limit of the command, in seconds; 0 for none")
        .short('t')
        .prompt("Timeout:")
        .removable(),
    Field::number("ttl", "/ttl", "Seconds after which a result counts as missing; 0 for never")
        .prompt("TTL:")
        .removable(),
    Field::list("subscriptions", "/subscriptions", "Subscriptions whose agents run the check")
        .short('s')
        .prompt("Subscriptions:")
        .required()
        .settable(),
    Field::list("handlers", "/handlers", "Handlers of the check's events")
        .prompt("Handlers:")
        .removable(),
    Field::RUNTIME_ASSETS.prompt("Runtime Assets:").removable(),
    Field::bool("publish", "/publish", "Schedule the check")
        .short('p')
        .prompt("Publish:")
        .default("true")
        .settable(),
    Field::text(
        "proxy-entity-name",
        "/proxy_entity_name",
        "Entity of the check's events [default: the entity of the agent]",
    )
    .value_name("NAME")
    .prompt("Check Proxy Entity Name:")
    .removable(),
    Field::bool("stdin", "/stdin", "Write the event to the command's standard input")
        .prompt("Check STDIN:")
        .default("false")
        .settable(),
    Field::number(
        "high-flap-threshold",
        "/high_flap_threshold",
        "Total state change, in percent, at which flapping begins",
    )
    .prompt("High Flap Threshold:")
    .removable(),
    Field::number(
        "low-flap-threshold",
        "/low_flap_threshold",
        "Total state change, in percent, at which flapping ends",
    )
    .prompt("Low Flap Threshold:")
    .removable(),
    Field::choice(
        "output-metric-format",
        "/output_metric_format",
        "Format of the metrics in the output",
        METRIC_FORMATS,
    )
    .prompt("Metric Format:")
    .removable(),
    Field::list(
        "output-metric-handlers",
        "/output_metric_handlers",
        "Handlers of the metrics in the output",
    )
    .prompt("Metric Handlers:")
    .removable(),
    Field::ENV_VARS,
    Field::bool("round-robin", "/round_robin", "Run the check on one agent at a time, in turn")
        .prompt("Round Robin:")
        .default("false")
        .settable(),
];
