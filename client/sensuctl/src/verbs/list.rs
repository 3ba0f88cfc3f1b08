//! `list`: lists the objects of one namespace, or of all.

use anyhow::Result;
use clap::{ArgMatches, Command};

use crate::context::Context;
use crate::descriptor::Descriptor;
use crate::list_options::{ListOptions, all_namespaces, is_all_namespaces, limits, selectors};
use crate::output;

pub(crate) fn arguments(command: Command, resource: &Descriptor) -> Command {
    let all_namespaces = resource.is_namespaced().then(all_namespaces);
    command.args(all_namespaces).args(selectors()).args(limits()).arg(output::format_arg())
}

pub(crate) fn run(context: &Context, resource: &Descriptor, matches: &ArgMatches) -> Result<()> {
    let namespace = (!is_all_namespaces(matches)).then(|| context.namespace());
    run_at(context, resource, &resource.collection_path(namespace), matches)
}

/// Lists the objects at another path than that of the collection.
pub(crate) fn run_at(
    context: &Context,
    resource: &Descriptor,
    path: &str,
    matches: &ArgMatches,
) -> Result<()> {
    let objects = context.list(path, &ListOptions::from_matches(matches))?;
    output::print_list(context, resource, &objects, matches)
}
