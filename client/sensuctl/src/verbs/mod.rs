//! The regular verbs, once for all resources.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod info;
pub(crate) mod list;
pub(crate) mod update;

use anyhow::Result;
use clap::{Arg, ArgMatches, Command};

use crate::context::Context;
use crate::resource::{Resource, Verb};

/// A positional argument that is always there.
pub(crate) fn required<'a>(matches: &'a ArgMatches, name: &str) -> &'a str {
    // Missing ones have been refused when the command line was read.
    matches.get_one::<String>(name).map(String::as_str).unwrap_or_default()
}

/// `NAME`, or `ENTITY CHECK` for events.
pub(crate) fn name_arguments(command: Command, resource: &Resource) -> Command {
    match resource.command {
        "event" => command
            .arg(positional("entity", "ENTITY", "The entity that the event is about"))
            .arg(positional("check", "CHECK", "The check that found it")),
        _ => command.arg(positional("name", "NAME", "").help(format!("The {}", resource.noun))),
    }
}

/// A positional argument that has to be there.
pub(crate) fn positional(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).value_name(value).help(help).required(true)
}

/// The name that the arguments mean.
pub(crate) fn name(matches: &ArgMatches, resource: &Resource) -> Result<String> {
    Ok(match resource.command {
        "event" => format!("{}/{}", required(matches, "entity"), required(matches, "check")),
        _ => required(matches, "name").to_owned(),
    })
}

/// The commands of a resource's regular verbs.
pub(crate) fn commands(resource: &'static Resource) -> Vec<Command> {
    let noun = resource.noun;
    let command = |verb: &Verb| match verb {
        Verb::List => {
            let plural = plural(noun);
            list::arguments(Command::new("list").about(format!("List {plural}")), resource)
        }
        Verb::Info => {
            info::arguments(Command::new("info").about(format!("Show {}", one(noun))), resource)
        }
        Verb::Create => create::arguments(
            Command::new("create").about(format!("Create {}", one(noun))),
            resource,
        ),
        Verb::Update => update::arguments(
            Command::new("update").about(format!("Change {}", one(noun))),
            resource,
        ),
        Verb::Delete => delete::arguments(
            Command::new("delete").about(format!("Delete {}", one(noun))),
            resource,
        ),
    };
    resource.verbs.iter().map(command).collect()
}

/// Does what a regular verb says; `None` if `command` is not one of the resource's.
pub(crate) fn run(
    context: &Context,
    resource: &'static Resource,
    command: &str,
    matches: &ArgMatches,
) -> Option<Result<()>> {
    let verb = match command {
        "list" => Verb::List,
        "info" => Verb::Info,
        "create" => Verb::Create,
        "update" => Verb::Update,
        "delete" => Verb::Delete,
        _ => return None,
    };
    resource.has(verb).then(|| match verb {
        Verb::List => list::run(context, resource, matches),
        Verb::Info => info::run(context, resource, matches),
        Verb::Create => create::run(context, resource, matches),
        Verb::Update => update::run(context, resource, matches),
        Verb::Delete => delete::run(context, resource, matches),
    })
}

/// A noun with its article: `an entity`.
pub(crate) fn one(noun: &str) -> String {
    let article = match noun.starts_with(['a', 'e', 'i', 'o', 'A']) {
        true => "an",
        false => "a",
    };
    format!("{article} {noun}")
}

/// A noun in the plural: `entities`.
pub(crate) fn plural(noun: &str) -> String {
    match noun.strip_suffix('y') {
        Some(stem) if stem.ends_with(['t', 'r']) => format!("{stem}ies"),
        _ => format!("{noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nouns_have_articles_and_plurals() {
        for (noun, singular, several) in [
            ("entity", "an entity", "entities"),
            ("silenced entry", "a silenced entry", "silenced entries"),
            ("API key", "an API key", "API keys"),
            ("check", "a check", "checks"),
        ] {
            assert_eq!((one(noun), plural(noun)), (singular.to_owned(), several.to_owned()));
        }
    }
}
