//! `sensuctl create`: creates or replaces the objects of manifests.

use anyhow::Result;
use clap::{ArgMatches, Command};

use super::files;
use crate::context::Context;

const EXAMPLES: &str = "Examples:
  sensuctl create --file checks.yaml
  sensuctl create --recursive --file monitoring/
  sensuctl check info check-cpu --format yaml | sed s/check-cpu/check-cpu-2/ | sensuctl create";

pub(super) fn arguments(command: Command) -> Command {
    let command = command
        .about("Create or replace resources from files")
        .long_about(
            "Create or replace resources from files. A file contains any number of resources as YAML or wrapped JSON, in the layout of --format yaml and wrapped-json. All are checked before the first one is sent. Types that the server does not have, as in dumps of other releases, are skipped and reported; --strict rejects them. Resources without a namespace are created in the namespace to work in.",
        )
        .after_help(EXAMPLES);
    files::arguments(command)
}

pub(super) fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let objects = files::read_for_writing(context, matches)?;
    files::for_each(&objects, |object| {
        context.put(&object.path(), &object.object)?;
        Ok(None)
    })
}
