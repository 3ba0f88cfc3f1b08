//! `sensuctl event outcomes` and `event explain`: what handlers did with events, and would do.

use anyhow::Result;
use clap::{ArgMatches, Command};
use sensu_client::Method;
use serde_json::{Value, json};

use super::EVENT;
use crate::column::Column;
use crate::context::Context;
use crate::output::{self, Format, format};
use crate::pointer;

const OUTCOMES: &[Column] = &[
    Column::time("Timestamp", "/timestamp"),
    Column::value("Status", "/status"),
    Column::value("Handler", "/handler"),
    Column::value("Result", "/result"),
    Column::value("Filter", "/filter"),
    Column::computed("Reason", reason),
];

const EXPLANATION: &[Column] = &[
    Column::value("Handler", "/handler"),
    Column::value("Pipeline", "/pipeline"),
    Column::value("Executed", "/is_executed"),
    Column::value("Filter", "/filter"),
    Column::computed("Reason", reason),
];

/// The reason, with the expression that decided or the output of the command.
fn reason(outcome: &Value) -> String {
    let text = |pointer| pointer::text(outcome, pointer);
    let (reason, detail) = (text("/reason"), text("/expression") + text("/output").trim_end());
    match (reason.is_empty(), detail.is_empty()) {
        (true, _) => String::new(),
        (false, true) => reason,
        (false, false) => format!("{reason}: {detail}"),
    }
}

pub(super) fn outcomes_arguments(command: Command) -> Command {
    command
        .about("List what handlers did with the last events")
        .long_about(
            "List what the handlers of the last events of a check on an entity did: executed, filtered by which filter, or failed, and why. Not available on released Sensu backends.",
        )
        .args(EVENT.name_arguments())
        .arg(output::format_arg())
        .after_help("Example:\n  sensuctl event outcomes web-1 check-cpu")
}

pub(super) fn outcomes(context: &Context, matches: &ArgMatches) -> Result<()> {
    let outcomes = context.get(&path(context, matches, "outcomes"))?;
    let rows = match format(context, matches) {
        Format::Tabular => json!(rows(&outcomes)),
        _ => outcomes,
    };
    output::print_value(context, OUTCOMES, &rows, matches)
}

/// One row for each handler of each event.
fn rows(outcomes: &Value) -> Vec<Value> {
    let of_event = |event: &Value| {
        let timestamp = event.pointer("/timestamp").cloned().unwrap_or_default();
        let status = event.pointer("/status").cloned().unwrap_or(json!(0));
        let mut rows = pointer::list(event, "/handlers").to_vec();
        for row in &mut rows {
            pointer::set(row, "/timestamp", timestamp.clone());
            pointer::set(row, "/status", status.clone());
        }
        rows
    };
    pointer::list(outcomes, "/events").iter().flat_map(of_event).collect()
}

pub(super) fn explain_arguments(command: Command) -> Command {
    command
        .about("Explain what handlers would do with an event")
        .long_about(
            "Explain what the handlers of a stored event would do now: which would be executed, which filter would deny the event, and why. Nothing is executed. Not available on released Sensu backends.",
        )
        .args(EVENT.name_arguments())
        .arg(output::format_arg())
        .after_help("Example:\n  sensuctl event explain web-1 check-cpu")
}

pub(super) fn explain(context: &Context, matches: &ArgMatches) -> Result<()> {
    let explanation =
        context.call(Method::POST, &path(context, matches, "explain"), &[], None)?.body;
    let rows = match format(context, matches) {
        Format::Tabular => json!(pointer::list(&explanation, "/handlers")),
        _ => explanation,
    };
    output::print_value(context, EXPLANATION, &rows, matches)
}

fn path(context: &Context, matches: &ArgMatches, operation: &str) -> String {
    let name = EVENT.name_from_matches(matches);
    format!("{}/{operation}", EVENT.object_path(context.namespace(), &name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_have_a_row_for_each_handler() {
        let executed = json!({ "handler": "a", "result": "executed", "output": "x" });
        let filtered = json!({
            "handler": "b", "result": "filtered", "filter": "f",
            "expression": "false", "reason": "the expression is false",
        });
        let events = json!({ "events": [{ "timestamp": 1, "handlers": [executed, filtered] }] });
        let rows = rows(&events);
        let text = |row: usize, column: usize| OUTCOMES[column].text(&rows[row]);
        assert_eq!([text(0, 1), text(0, 2), text(0, 5)], ["0", "a", ""]);
        assert_eq!([text(1, 3), text(1, 4)], ["filtered", "f"]);
        assert_eq!(text(1, 5), "the expression is false: false");
    }
}
