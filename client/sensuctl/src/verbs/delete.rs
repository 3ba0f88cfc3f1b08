//! `delete`: deletes one object after confirmation.

use anyhow::{Result, bail};
use clap::{Arg, ArgMatches, Command};
use sensu_client::Method;

use crate::args::{flag, is_set};
use crate::context::Context;
use crate::descriptor::Descriptor;
use crate::prompt;

/// Flag that suppresses the confirmation.
pub(crate) const SKIP_CONFIRM: &str = "skip-confirm";

pub(crate) fn arguments(command: Command, resource: &Descriptor) -> Command {
    let flags = resource.delete_flags.iter().map(|own| flag(own.name, own.help));
    command.args(resource.name_arguments()).arg(skip_confirm()).args(flags)
}

/// `--skip-confirm`.
pub(crate) fn skip_confirm() -> Arg {
    flag(SKIP_CONFIRM, "Do not ask for confirmation; required without a terminal")
}

pub(crate) fn run(context: &Context, resource: &Descriptor, matches: &ArgMatches) -> Result<()> {
    delete(context, resource, &resource.name_from_matches(matches), matches)
}

/// Deletes the object with a name that does not come from [`Descriptor::name_arguments`].
pub(crate) fn delete(
    context: &Context,
    resource: &Descriptor,
    name: &[String],
    matches: &ArgMatches,
) -> Result<()> {
    if !is_confirmed("delete", &name.join("/"), matches)? {
        return context.print_line("Canceled");
    }
    let flags = resource.delete_flags.iter().filter(|flag| is_set(matches, flag.name));
    let query: Vec<_> = flags.map(|flag| (flag.name, "true")).collect();
    let path = resource.object_path(context.namespace(), name);
    context.call(Method::DELETE, &path, &query, None)?;
    context.print_line(resource.deleted)
}

/// Asks for confirmation, unless `--skip-confirm` is set. The prompt is that of Sensu Go 5.0.0.
pub(crate) fn is_confirmed(action: &str, name: &str, matches: &ArgMatches) -> Result<bool> {
    if is_set(matches, SKIP_CONFIRM) {
        return Ok(true);
    }
    if !prompt::is_possible() {
        bail!("confirmation needs a terminal: add --skip-confirm");
    }
    prompt::confirm(&format!("Are you sure you would like to {action} resource '{name}'?"))
}
