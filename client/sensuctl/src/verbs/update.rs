//! `update`: changes fields of one object, from flags, or from answers in a terminal. Fields without
//! flag or answer keep their value.

use anyhow::{Result, bail};
use clap::{ArgMatches, Command};

use crate::context::Context;
use crate::descriptor::Descriptor;
use crate::prompt;

/// Error of an update without flags outside a terminal.
pub(crate) const NO_CHANGES: &str = "nothing to change: set at least one flag";

pub(crate) fn arguments(command: Command, resource: &Descriptor) -> Command {
    let flags = resource.fields.iter().map(|field| field.arg().default_value(None));
    command.args(resource.name_arguments()).args(flags)
}

pub(crate) fn run(
    context: &Context,
    resource: &'static Descriptor,
    matches: &ArgMatches,
) -> Result<()> {
    let name = resource.name_from_matches(matches);
    let mut versioned =
        context.get_for_update(&resource.object_path(context.namespace(), &name))?;
    let object = &mut versioned.object;
    let has_flags = resource.fields.iter().any(|field| field.is_given(matches));
    if !has_flags && !prompt::is_possible() {
        bail!(NO_CHANGES);
    }
    for field in resource.fields {
        let value = match (has_flags, field.prompt_for(object)) {
            (true, _) => field.value(matches),
            (false, Some(prompt)) => Some(prompt::field(field, prompt, &field.current(object))?),
            (false, None) => None,
        };
        if let Some(value) = value {
            field.set(object, &value)?;
        }
    }
    (resource.validate)(object)?;
    context.put_if_unchanged(&versioned)?;
    context.print_line("OK")
}
