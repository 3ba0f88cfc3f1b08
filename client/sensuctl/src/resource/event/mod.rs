//! `sensuctl event`

mod handling;

use anyhow::{Result, bail};
use clap::{ArgMatches, Command};
use serde_json::{Value, json};

use crate::column::Column;
use crate::context::Context;
use crate::descriptor::{CustomCommand, Descriptor, NamePart, Noun, Ownership, Verb};
use crate::{pointer, time};

pub(crate) const EVENT: Descriptor = Descriptor {
    command: "event",
    kind: "Event",
    collection: "events",
    noun: Noun::an("event", "events"),
    name: &[
        NamePart {
            argument: "entity",
            help: "Entity of the event",
            pointer: "/entity/metadata/name",
        },
        NamePart { argument: "check", help: "Check of the event", pointer: "/check/metadata/name" },
    ],
    namespace: &["/entity/metadata/namespace", "/check/metadata/namespace"],
    verbs: &[Verb::List, Verb::Info, Verb::Delete],
    deleted: "Deleted",
    ownership: &[
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
        Column::value("Entity", "/entity/metadata/name"),
        Column::value("Check", "/check/metadata/name"),
        Column::computed("Output", output),
        Column::value("Status", "/check/status"),
        Column::is_non_empty("Silenced", "/check/silenced"),
        Column::time("Timestamp", "/timestamp"),
    ],
    details: &[
        Column::value("Entity", "/entity/metadata/name"),
        Column::value("Check", "/check/metadata/name"),
        Column::computed("Output", output),
        Column::value("Status", "/check/status"),
        Column::computed("History", |event| {
            let history = pointer::list(event, "/check/history").iter();
            let statuses = history.map(|result| pointer::text(result, "/status"));
            statuses.collect::<Vec<_>>().join(",")
        }),
        Column::is_non_empty("Silenced", "/check/silenced"),
        Column::value("Silenced By", "/check/silenced"),
        Column::time("Timestamp", "/timestamp"),
        Column::value("Namespace", "/entity/metadata/namespace"),
    ],
    commands: &[
        CustomCommand { name: "resolve", arguments: resolve_arguments, run: resolve },
        CustomCommand {
            name: "outcomes",
            arguments: handling::outcomes_arguments,
            run: handling::outcomes,
        },
        CustomCommand {
            name: "explain",
            arguments: handling::explain_arguments,
            run: handling::explain,
        },
    ],
    examples: "  sensuctl event list --field-selector 'event.check.status != 0'
  sensuctl event info web-1 check-cpu --format yaml
  sensuctl event resolve web-1 check-cpu
  sensuctl event explain web-1 check-cpu
  sensuctl event outcomes web-1 check-cpu",
    ..Descriptor::NAMESPACED
};

fn output(event: &Value) -> String {
    pointer::text(event, "/check/output").trim_end().to_owned()
}

fn resolve_arguments(command: Command) -> Command {
    command
        .about("Resolve an event")
        .long_about(
            "Resolve an event: set its status to 0, its timestamp to now, and its output to \"Resolved manually by sensuctl\".",
        )
        .args(EVENT.name_arguments())
}

fn resolve(context: &Context, matches: &ArgMatches) -> Result<()> {
    let name = EVENT.name_from_matches(matches);
    context.change(&EVENT.object_path(context.namespace(), &name), |event| {
        if event.pointer("/check").is_none_or(Value::is_null) {
            bail!("the event has no check");
        }
        pointer::set(event, "/check/status", json!(0));
        pointer::set(event, "/check/output", json!("Resolved manually by sensuctl"));
        pointer::set(event, "/timestamp", json!(time::now()));
        Ok(())
    })?;
    context.print_line("OK")
}
