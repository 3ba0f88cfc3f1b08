//! `sensuctl delete`: deletes the objects of manifests.

use anyhow::Result;
use clap::{ArgMatches, Command};

use super::files;
use crate::context::Context;

pub(super) fn arguments(command: Command) -> Command {
    let command = command
        .about("Delete the resources that files contain")
        .after_help("Examples:\n  sensuctl delete --file checks.yaml");
    files::arguments(command)
}

/// In the reverse of the order of creation.
pub(super) fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let mut objects = files::read_for_deletion(context, matches)?;
    objects.reverse();
    files::for_each(&objects, |object| {
        context.delete(&object.path())?;
        Ok(None)
    })
}
