//! `update`: one object, with answers or flags; what is not asked stays.

use anyhow::{Result, bail};
use clap::{ArgMatches, Command};

use crate::context::Context;
use crate::prompt;
use crate::resource::Resource;

/// `NAME`, and the flags of the fields.
pub(crate) fn arguments(command: Command, resource: &Resource) -> Command {
    let flags = resource.fields.iter().map(|field| field.arg().default_value(None));
    super::name_arguments(command, resource).args(flags)
}

/// Changes it.
pub(crate) fn run(
    context: &Context,
    resource: &'static Resource,
    matches: &ArgMatches,
) -> Result<()> {
    let address = resource.item(context.namespace(), &super::name(matches, resource)?);
    let mut loan = context.get_for_update(&address)?;
    let object = &mut loan.object;
    let flags = resource.fields.iter().any(|field| field.was_given(matches));
    if !flags && !prompt::is_possible() {
        bail!("there is no terminal to ask in: say with flags what to change");
    }
    for field in resource.fields {
        let value = match flags {
            true => field.given(matches),
            false if field.is_asked(object) => Some(prompt::field(field, &field.show(object))?),
            false => None,
        };
        if let Some(value) = value {
            field.set(object, &value)?;
        }
    }
    (resource.refuse)(object)?;
    context.put_if_unchanged(&loan)?;
    context.say("OK")
}
