//! `set-proxy-requests`, `set-subdue` and their `remove-` commands: fields whose value is an object,
//! read from a JSON file.

use std::io::Read as _;

use anyhow::{Context as _, Result};
use clap::{ArgMatches, Command};
use serde_json::{Value, json};

use super::CHECK;
use crate::args::{option, optional};
use crate::context::Context;
use crate::pointer;

pub(super) const PROXY_REQUESTS: &str = "/proxy_requests";
pub(super) const SUBDUE: &str = "/subdue";

/// Splay coverage of proxy requests that give none, in percent, as in Sensu Go.
const SPLAY_COVERAGE: u64 = 90;

pub(super) fn set_arguments(command: Command, about: &'static str) -> Command {
    let file = option("file", "FILE", "JSON file [default: standard input]").short('f');
    command.about(about).args(CHECK.name_arguments()).arg(file)
}

pub(super) fn remove_arguments(command: Command, about: &'static str) -> Command {
    command.about(about).args(CHECK.name_arguments())
}

pub(super) fn set_proxy_requests(context: &Context, matches: &ArgMatches) -> Result<()> {
    let mut object = read(matches)?;
    let coverage = object.get("splay_coverage").and_then(Value::as_u64).unwrap_or(0);
    // Values of other types are left for the server to reject.
    if coverage == 0 && (object.is_object() || object.is_null()) {
        pointer::set(&mut object, "/splay_coverage", json!(SPLAY_COVERAGE));
    }
    set(context, PROXY_REQUESTS, &object, matches)
}

pub(super) fn set_subdue(context: &Context, matches: &ArgMatches) -> Result<()> {
    set(context, SUBDUE, &read(matches)?, matches)
}

pub(super) fn remove(context: &Context, at: &str, matches: &ArgMatches) -> Result<()> {
    set(context, at, &Value::Null, matches)
}

fn set(context: &Context, at: &str, value: &Value, matches: &ArgMatches) -> Result<()> {
    let name = CHECK.name_from_matches(matches);
    context.change(&CHECK.object_path(context.namespace(), &name), |check| {
        pointer::set(check, at, value.clone());
        Ok(())
    })?;
    context.print_line("OK")
}

fn read(matches: &ArgMatches) -> Result<Value> {
    let text = match optional(matches, "file") {
        Some(file) => {
            std::fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?
        }
        None => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text)?;
            text
        }
    };
    Ok(serde_json::from_str(&text)?)
}
