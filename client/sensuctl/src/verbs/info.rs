//! `info`: shows one object.

use anyhow::Result;
use clap::{ArgMatches, Command};

use crate::context::Context;
use crate::descriptor::Descriptor;
use crate::output;

pub(crate) fn arguments(command: Command, resource: &Descriptor) -> Command {
    command.args(resource.name_arguments()).arg(output::format_arg())
}

pub(crate) fn run(context: &Context, resource: &Descriptor, matches: &ArgMatches) -> Result<()> {
    let name = resource.name_from_matches(matches);
    let object = context.get(&resource.object_path(context.namespace(), &name))?;
    output::print_object(context, resource, &object, matches)
}
