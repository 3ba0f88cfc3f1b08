//! `sensuctl tessen`: the setting of usage reports, one object without a name.

use anyhow::{Result, bail};
use clap::{ArgMatches, Command};
use serde_json::json;

use crate::args::is_set;
use crate::column::Column;
use crate::context::Context;
use crate::descriptor::{CustomCommand, Descriptor, Noun};
use crate::verbs::delete::{SKIP_CONFIRM, skip_confirm};
use crate::{output, prompt};

const OPT_OUT: Column = Column::value("Opt-Out", "/opt_out");

pub(crate) const TESSEN: Descriptor = Descriptor {
    command: "tessen",
    kind: "TessenConfig",
    collection: "tessen",
    noun: Noun::a("Tessen setting", "Tessen settings"),
    name: &[],
    verbs: &[],
    columns: &[OPT_OUT],
    details: &[OPT_OUT],
    commands: &[
        CustomCommand { name: "info", arguments: info_arguments, run: info },
        CustomCommand {
            name: "opt-in",
            arguments: |command| command.about("Send usage reports, on servers that have them"),
            run: |context, _| set(context, false, "Thank you so much for opting in!"),
        },
        CustomCommand { name: "opt-out", arguments: opt_out_arguments, run: opt_out },
    ],
    examples: "  sensuctl tessen info
  sensuctl tessen opt-out --skip-confirm",
    ..Descriptor::CLUSTER_WIDE
};

fn info_arguments(command: Command) -> Command {
    command.about("Show whether usage reports are disabled").arg(output::format_arg())
}

fn info(context: &Context, matches: &ArgMatches) -> Result<()> {
    let object = context.get(&TESSEN.collection_path(None))?;
    output::print_object(context, &TESSEN, &object, matches)
}

fn opt_out_arguments(command: Command) -> Command {
    command.about("Send no usage reports").arg(skip_confirm())
}

fn opt_out(context: &Context, matches: &ArgMatches) -> Result<()> {
    if !is_set(matches, SKIP_CONFIRM) {
        if !prompt::is_possible() {
            bail!("confirmation needs a terminal: add --skip-confirm");
        }
        if !prompt::confirm("Are you sure you would like to opt out of Tessen?")? {
            return context.print_line("Canceled");
        }
    }
    set(context, true, "Opted out. You can opt back in at any time.")
}

fn set(context: &Context, opt_out: bool, message: &str) -> Result<()> {
    context.put(&TESSEN.collection_path(None), &json!({ "opt_out": opt_out }))?;
    context.print_line(message)
}
