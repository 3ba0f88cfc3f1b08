//! `sensuctl delete`: delete what files hold.

use anyhow::Result;
use clap::{ArgMatches, Command};

use super::{create, files};
use crate::context::Context;

/// Its flags.
pub(crate) fn command() -> Command {
    let command = Command::new("delete")
        .about("Delete the resources that files hold")
        .after_help("Examples:\n  sensuctl delete --file checks.yaml");
    files::arguments(command)
}

/// Deletes them, the last ones first.
pub(crate) fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let mut documents = files::read(context, matches)?;
    documents.reverse();
    documents.sort_by_key(|document| document.resource.command == "namespace");
    create::for_each(&documents, |document| {
        context.delete(&document.address())?;
        Ok(None)
    })
}
