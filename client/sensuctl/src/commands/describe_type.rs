//! `sensuctl describe-type`: what types there are, and what they are called.

use anyhow::{Result, bail};
use clap::{Arg, ArgMatches, Command};
use serde_json::{Value, json};

use crate::column::Cell;
use crate::context::Context;
use crate::field::split;
use crate::output;
use crate::resource::{self, Resource};

const COLUMNS: &[Cell] = &[
    Cell::at("Fully Qualified Name", "/fully_qualified_name"),
    Cell::at("Short Name", "/short_name"),
    Cell::at("API Version", "/api_version"),
    Cell::at("Type", "/type"),
    Cell::at("Namespaced", "/namespaced"),
];

/// Its arguments.
pub(crate) fn command() -> Command {
    Command::new("describe-type")
        .about("Show the types of resources")
        .after_help(
            "Examples:\n  sensuctl describe-type all\n  sensuctl describe-type check,core/v2.Handler",
        )
        .arg(
            Arg::new("types")
                .value_name("TYPE,...")
                .help("Which types; all for all of them")
                .default_value("all"),
        )
        .arg(output::flag())
}

/// Shows them.
pub(crate) fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let types = crate::verbs::required(matches, "types");
    let mut shown = Vec::new();
    match types {
        "all" => shown.extend(resource::ALL.iter().map(|resource| describe(resource))),
        types => {
            for name in split(types) {
                match resource::find(name) {
                    Some(resource) => shown.push(describe(resource)),
                    None => bail!("invalid resource type: {name}"),
                }
            }
        }
    }
    output::things(context, COLUMNS, &Value::Array(shown), matches)
}

fn describe(resource: &Resource) -> Value {
    json!({
        "fully_qualified_name": format!("core/v2.{}", resource.kind),
        "short_name": resource.short_name(),
        "api_version": "core/v2",
        "type": resource.kind,
        "namespaced": resource.namespaced,
    })
}
