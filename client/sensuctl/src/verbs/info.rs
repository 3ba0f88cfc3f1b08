//! `info`: one object.

use anyhow::Result;
use clap::{ArgMatches, Command};

use crate::context::Context;
use crate::output;
use crate::resource::Resource;

/// Its arguments.
pub(crate) fn arguments(command: Command, resource: &Resource) -> Command {
    super::name_arguments(command, resource).arg(output::flag())
}

/// Shows it.
pub(crate) fn run(context: &Context, resource: &Resource, matches: &ArgMatches) -> Result<()> {
    let name = super::name(matches, resource)?;
    let object = context.get(&resource.item(context.namespace(), &name))?;
    output::one(context, resource, &object, matches)
}
