//! `sensuctl man`: manual pages.

use anyhow::{Context as _, Result, bail};
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::context::Context;

/// Its arguments.
pub(crate) fn command() -> Command {
    Command::new("man")
        .about("Print a manual page, or write all of them")
        .after_help("Examples:\n  sensuctl man | man -l -\n  sensuctl man check create | man -l -\n  sensuctl man --directory /usr/local/share/man/man1")
        .arg(
            Arg::new("command")
                .value_name("COMMAND")
                .help("Which command; the program itself if left out")
                .action(ArgAction::Append),
        )
        .arg(
            Arg::new("directory")
                .long("directory")
                .value_name("DIR")
                .help("Write the pages of all commands here")
                .conflicts_with("command"),
        )
}

/// Prints or writes.
pub(crate) fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    if let Some(folder) = matches.get_one::<String>("directory") {
        return clap_mangen::generate_to(crate::command(), folder)
            .with_context(|| format!("cannot write to {folder}"));
    }
    let mut page = crate::command();
    page.build();
    for name in matches.get_many::<String>("command").into_iter().flatten() {
        match page.find_subcommand(name) {
            Some(found) => page = found.clone(),
            None => bail!("no command {name:?}"),
        }
    }
    let mut text = Vec::new();
    clap_mangen::Man::new(page).render(&mut text)?;
    context.write(&String::from_utf8_lossy(&text))
}
