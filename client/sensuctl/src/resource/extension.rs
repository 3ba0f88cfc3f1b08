//! `sensuctl extension`

use anyhow::Result;
use clap::{ArgMatches, Command};
use serde_json::json;

use crate::args::{positional, required};
use crate::column::Column;
use crate::context::Context;
use crate::descriptor::{CustomCommand, Descriptor, Noun, Verb};
use crate::pointer;
use crate::verbs::delete;

pub(crate) const EXTENSION: Descriptor = Descriptor {
    command: "extension",
    kind: "Extension",
    collection: "extensions",
    noun: Noun::an("extension", "extensions"),
    verbs: &[Verb::List, Verb::Info],
    columns: &[Column::value("Name", "/metadata/name"), Column::value("URL", "/url")],
    details: &[
        Column::value("Name", "/metadata/name"),
        Column::value("URL", "/url"),
        Column::value("Namespace", "/metadata/namespace"),
    ],
    commands: &[
        CustomCommand { name: "register", arguments: register_arguments, run: register },
        CustomCommand {
            name: "deregister",
            arguments: |command| {
                delete::arguments(command.about("Deregister an extension"), &EXTENSION)
            },
            run: |context, matches| delete::run(context, &EXTENSION, matches),
        },
    ],
    examples: "  sensuctl extension register metrics http://127.0.0.1:31001",
    ..Descriptor::NAMESPACED
};

fn register_arguments(command: Command) -> Command {
    command.about("Register an extension").args(EXTENSION.name_arguments()).arg(positional(
        "url",
        "URL",
        "URL on which the extension listens",
    ))
}

fn register(context: &Context, matches: &ArgMatches) -> Result<()> {
    let name = EXTENSION.name_from_matches(matches);
    let mut extension = EXTENSION.new_object(context.namespace(), &name);
    pointer::set(&mut extension, "/url", json!(required(matches, "url")));
    context.put(&EXTENSION.object_path(context.namespace(), &name), &extension)?;
    context.print_line("OK")
}
