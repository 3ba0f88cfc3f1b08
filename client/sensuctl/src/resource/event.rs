//! `sensuctl event`: what checks found.

use anyhow::{Result, bail};
use clap::{ArgMatches, Command};
use serde_json::{Value, json};

use super::{CustomCommand, Ownership, RESOURCE, Resource, Verb};
use crate::column::{Cell, Of};
use crate::context::{Context, now};
use crate::field::{place, text};
use crate::verbs;

/// Events.
pub(crate) const EVENT: Resource = Resource {
    command: "event",
    kind: "Event",
    plural: "events",
    noun: "event",
    name_at: "/entity/metadata/name",
    verbs: &[Verb::List, Verb::Info, Verb::Delete],
    deleted: "Deleted",
    followed: &[
        ("/id", Ownership::ServerManaged),
        ("/sequence", Ownership::ServerManaged),
        ("/timestamp", Ownership::ServerManaged),
        ("/check/history", Ownership::ServerManaged),
        ("/check/occurrences", Ownership::ServerManaged),
        ("/check/occurrences_watermark", Ownership::ServerManaged),
        ("/check/total_state_change", Ownership::ServerManaged),
        ("/check/state", Ownership::ServerManaged),
        ("/check/last_ok", Ownership::ServerManaged),
        ("/check/issued", Ownership::ServerManaged),
        ("/check/executed", Ownership::ServerManaged),
        ("/check/silenced", Ownership::ServerManaged),
        ("/check/is_silenced", Ownership::ServerManaged),
        ("/entity/last_seen", Ownership::ServerManaged),
    ],
    columns: &[
        Cell::at("Entity", "/entity/metadata/name"),
        Cell::at("Check", "/check/metadata/name"),
        Cell::made("Output", output),
        Cell::at("Status", "/check/status"),
        Cell { title: "Silenced", of: Of::Any("/check/silenced") },
        Cell::time("Timestamp", "/timestamp"),
    ],
    details: &[
        Cell::at("Entity", "/entity/metadata/name"),
        Cell::at("Check", "/check/metadata/name"),
        Cell::made("Output", output),
        Cell::at("Status", "/check/status"),
        Cell::made("History", |event| {
            let history = event.pointer("/check/history").and_then(Value::as_array);
            let history = history.map(Vec::as_slice).unwrap_or_default();
            let statuses = history.iter().map(|result| text(result.pointer("/status")));
            statuses.collect::<Vec<_>>().join(",")
        }),
        Cell { title: "Silenced", of: Of::Any("/check/silenced") },
        Cell::at("Silenced By", "/check/silenced"),
        Cell::time("Timestamp", "/timestamp"),
        Cell::at("Namespace", "/entity/metadata/namespace"),
    ],
    irregular: &[CustomCommand { command: resolve_command, run: resolve }],
    examples: "  sensuctl event list --field-selector 'event.check.status != 0'
  sensuctl event info web-1 check-cpu --format yaml
  sensuctl event resolve web-1 check-cpu",
    ..RESOURCE
};

fn output(event: &Value) -> String {
    text(event.pointer("/check/output")).trim_end().to_owned()
}

fn resolve_command() -> Command {
    let command = Command::new("resolve")
        .about("Resolve an event: set its status to 0")
        .long_about("Resolve an event: set its status to 0, its output to a note that says who did it, and its time to now.");
    verbs::name_arguments(command, &EVENT)
}

fn resolve(context: &Context, matches: &ArgMatches) -> Result<()> {
    let name = verbs::name(matches, &EVENT)?;
    context.change(&EVENT.item(context.namespace(), &name), |event| {
        if event.pointer("/check").is_none_or(Value::is_null) {
            bail!("the event has no check result to resolve");
        }
        place(event, "/check/status", json!(0));
        place(event, "/check/output", json!("Resolved manually by sensuctl"));
        place(event, "/timestamp", json!(now()));
        Ok(())
    })?;
    context.say("OK")
}
