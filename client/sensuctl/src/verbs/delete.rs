//! `delete`: one object, after a question.

use anyhow::{Result, bail};
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::context::Context;
use crate::prompt;
use crate::resource::Resource;

/// `NAME`, and whether to ask.
pub(crate) fn arguments(command: Command, resource: &Resource) -> Command {
    let command = super::name_arguments(command, resource).arg(skip_confirm());
    match resource.command {
        "namespace" => command.arg(
            Arg::new("cascade")
                .long("cascade")
                .action(ArgAction::SetTrue)
                .help("Delete what is in the namespace too"),
        ),
        _ => command,
    }
}

/// `--skip-confirm`.
pub(crate) fn skip_confirm() -> Arg {
    Arg::new("skip-confirm")
        .long("skip-confirm")
        .action(ArgAction::SetTrue)
        .help("Do not ask whether you are sure")
}

/// Deletes it.
pub(crate) fn run(context: &Context, resource: &Resource, matches: &ArgMatches) -> Result<()> {
    let name = super::name(matches, resource)?;
    let cascade = matches.try_get_one::<bool>("cascade").ok().flatten() == Some(&true);
    let query = if cascade { vec![("cascade", "true".to_owned())] } else { Vec::new() };
    one(context, resource, &name, &query, matches)
}

/// Deletes the one with this name.
pub(crate) fn one(
    context: &Context,
    resource: &Resource,
    name: &str,
    query: &[(&str, String)],
    matches: &ArgMatches,
) -> Result<()> {
    if !is_confirmed("delete", name, matches)? {
        return context.say("Canceled");
    }
    context.call("DELETE", &resource.item(context.namespace(), name), query, None)?;
    context.say(resource.deleted)
}

/// Whether somebody is sure.
pub(crate) fn is_confirmed(what: &str, name: &str, matches: &ArgMatches) -> Result<bool> {
    if matches.get_flag("skip-confirm") {
        return Ok(true);
    }
    if !prompt::is_possible() {
        bail!("there is no terminal to ask in whether you are sure: add --skip-confirm");
    }
    prompt::confirm(&format!("Are you sure you would like to {what} resource '{name}'?"))
}
