//! `sensuctl describe-type`: lists the types of resources and their names.

use anyhow::Result;
use clap::{Arg, ArgMatches, Command};
use serde_json::{Value, json};

use super::types::resolve_types;
use crate::args::required;
use crate::column::Column;
use crate::context::Context;
use crate::descriptor::Descriptor;
use crate::{output, resource};

const COLUMNS: &[Column] = &[
    Column::value("Fully Qualified Name", "/fully_qualified_name"),
    Column::value("Short Name", "/short_name"),
    Column::value("API Version", "/api_version"),
    Column::value("Type", "/type"),
    Column::value("Namespaced", "/namespaced"),
];

pub(super) fn arguments(command: Command) -> Command {
    command
        .about("List the types of resources")
        .after_help(
            "Examples:
  sensuctl describe-type all
  sensuctl describe-type check,core/v2.Handler",
        )
        .arg(Arg::new("types").value_name("TYPE,...").help("Types, or all").default_value("all"))
        .arg(output::format_arg())
}

pub(super) fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let types = resolve_types(required(matches, "types"), || resource::ALL.to_vec())?;
    let rows: Vec<Value> = types.into_iter().map(describe).collect();
    output::print_value(context, COLUMNS, &Value::Array(rows), matches)
}

fn describe(resource: &Descriptor) -> Value {
    json!({
        "fully_qualified_name": format!("core/v2.{}", resource.kind),
        "short_name": resource.short_name(),
        "api_version": "core/v2",
        "type": resource.kind,
        "namespaced": resource.is_namespaced(),
    })
}
