//! The regular verbs, once for all resource kinds. What differs between kinds is in their descriptors.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod info;
pub(crate) mod list;
mod set;
pub(crate) mod update;

use anyhow::Result;
use clap::{ArgMatches, Command};

use crate::context::Context;
use crate::descriptor::{Descriptor, Verb};

/// The commands of a kind's regular verbs and setters.
pub(crate) fn commands(resource: &'static Descriptor) -> Vec<Command> {
    let noun = resource.noun;
    let about = |verb: &str| format!("{verb} {}", noun.with_article());
    let build = |verb: &Verb| {
        let command = Command::new(verb.name());
        match verb {
            Verb::List => list::arguments(command.about(format!("List {}", noun.plural)), resource),
            Verb::Info => info::arguments(command.about(about("Show")), resource),
            Verb::Create => create::arguments(command.about(about("Create")), resource),
            Verb::Update => update::arguments(command.about(about("Update")), resource),
            Verb::Delete => delete::arguments(command.about(about("Delete")), resource),
        }
    };
    resource.verbs.iter().map(build).chain(set::commands(resource)).collect()
}

/// Runs a regular verb or setter; `None` if the kind has no such command.
pub(crate) fn run(
    context: &Context,
    resource: &'static Descriptor,
    command: &str,
    matches: &ArgMatches,
) -> Option<Result<()>> {
    match resource.verbs.iter().find(|verb| verb.name() == command) {
        Some(Verb::List) => Some(list::run(context, resource, matches)),
        Some(Verb::Info) => Some(info::run(context, resource, matches)),
        Some(Verb::Create) => Some(create::run(context, resource, matches)),
        Some(Verb::Update) => Some(update::run(context, resource, matches)),
        Some(Verb::Delete) => Some(delete::run(context, resource, matches)),
        None => set::run(context, resource, command, matches),
    }
}
