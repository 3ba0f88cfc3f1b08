//! `sensuctl extension`: programs that the server talks to.

use anyhow::Result;
use clap::{Arg, ArgMatches, Command};
use serde_json::json;

use super::{CustomCommand, RESOURCE, Resource, Verb};
use crate::column::Cell;
use crate::context::Context;
use crate::field::place;
use crate::verbs;

/// Extensions.
pub(crate) const EXTENSION: Resource = Resource {
    command: "extension",
    kind: "Extension",
    plural: "extensions",
    noun: "extension",
    verbs: &[Verb::List, Verb::Info],
    columns: &[Cell::at("Name", "/metadata/name"), Cell::at("URL", "/url")],
    details: &[
        Cell::at("Name", "/metadata/name"),
        Cell::at("URL", "/url"),
        Cell::at("Namespace", "/metadata/namespace"),
    ],
    irregular: &[
        CustomCommand { command: register_command, run: register },
        CustomCommand { command: deregister_command, run: deregister },
    ],
    examples: "  sensuctl extension register metrics http://127.0.0.1:31001",
    ..RESOURCE
};

fn register_command() -> Command {
    Command::new("register")
        .about("Register an extension")
        .arg(verbs::positional("name", "NAME", "The extension"))
        .arg(Arg::new("url").value_name("URL").help("Where the extension listens").required(true))
}

fn register(context: &Context, matches: &ArgMatches) -> Result<()> {
    let name = verbs::required(matches, "name");
    let mut extension = EXTENSION.named(context.namespace(), name);
    place(&mut extension, "/url", json!(verbs::required(matches, "url")));
    context.put(&EXTENSION.item(context.namespace(), name), &extension)?;
    context.say("OK")
}

fn deregister_command() -> Command {
    verbs::delete::arguments(Command::new("deregister").about("Forget an extension"), &EXTENSION)
}

fn deregister(context: &Context, matches: &ArgMatches) -> Result<()> {
    verbs::delete::run(context, &EXTENSION, matches)
}
