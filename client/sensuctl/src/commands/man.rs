//! `sensuctl man`: manual pages, made from the texts of `--help`.

use anyhow::{Context as _, Result, bail};
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::args::{option, optional};
use crate::context::Context;

pub(super) fn arguments(command: Command) -> Command {
    command
        .about("Print a manual page, or write all of them to a directory")
        .after_help(
            "Examples:
  sensuctl man | man -l -
  sensuctl man check create | man -l -
  sensuctl man --directory /usr/local/share/man/man1",
        )
        .arg(
            Arg::new("command")
                .value_name("COMMAND")
                .help("Command to describe [default: sensuctl itself]")
                .action(ArgAction::Append),
        )
        .arg(
            option("directory", "DIR", "Write the pages of all commands to this directory")
                .conflicts_with("command"),
        )
}

pub(super) fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    if let Some(directory) = optional(matches, "directory") {
        return clap_mangen::generate_to(context.command_tree(), directory)
            .with_context(|| format!("cannot write to {directory}"));
    }
    let mut command = context.command_tree();
    command.build();
    for name in matches.get_many::<String>("command").into_iter().flatten() {
        match command.find_subcommand(name) {
            Some(found) => command = found.clone(),
            None => bail!("unknown command {name:?}"),
        }
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    context.print(&String::from_utf8_lossy(&page))
}
