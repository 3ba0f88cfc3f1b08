//! `set-hooks`, `remove-hook` and `execute`: operations of the API on one check.

use anyhow::Result;
use clap::{ArgMatches, Command};
use sensu_client::encode_segment;
use serde_json::{Value, json};

use super::CHECK;
use crate::args::{list, list_option, option, optional, positional, required};
use crate::context::Context;
use crate::pointer;

const TYPE: &str = "Results after which the hooks run: a status from 0 to 255, ok, warning, critical, unknown or non-zero";

fn check_path(context: &Context, matches: &ArgMatches) -> String {
    CHECK.object_path(context.namespace(), &CHECK.name_from_matches(matches))
}

/// `critical: [h1, h2], ok: [h3]`
pub(super) fn display(check: &Value) -> String {
    let lists = pointer::list(check, "/check_hooks").iter().filter_map(Value::as_object).flatten();
    let lists = lists.map(|(result, hooks)| {
        format!("{result}: [{}]", pointer::display(Some(hooks)).replace(',', ", "))
    });
    lists.collect::<Vec<_>>().join(", ")
}

pub(super) fn set_arguments(command: Command) -> Command {
    command
        .alias("add-hook")
        .about("Add hooks to a check")
        .args(CHECK.name_arguments())
        .arg(option("type", "TYPE", TYPE).short('t').required(true))
        .arg(list_option("hooks", "NAME,...", "Hooks to add").short('k').required(true))
}

pub(super) fn set(context: &Context, matches: &ArgMatches) -> Result<()> {
    let result = required(matches, "type");
    let hooks = json!({ result: list(matches, "hooks") });
    let path = format!("{}/hooks/{}", check_path(context, matches), encode_segment(result));
    context.put(&path, &hooks)?;
    context.print_line("Added")
}

pub(super) fn remove_arguments(command: Command) -> Command {
    command
        .about("Remove a hook from a check")
        .args(CHECK.name_arguments())
        .arg(positional("type", "TYPE", TYPE))
        .arg(positional("hook", "HOOK", "Hook to remove"))
}

pub(super) fn remove(context: &Context, matches: &ArgMatches) -> Result<()> {
    let result = encode_segment(required(matches, "type"));
    let hook = encode_segment(required(matches, "hook"));
    context.delete(&format!("{}/hooks/{result}/hook/{hook}", check_path(context, matches)))?;
    context.print_line("Removed")
}

pub(super) fn execute_arguments(command: Command) -> Command {
    command
        .about("Request one run of a check, now")
        .args(CHECK.name_arguments())
        .arg(option("reason", "TEXT", "Reason of the request").short('r'))
        .arg(
            list_option(
                "subscriptions",
                "NAME,...",
                "Subscriptions whose agents run the check [default: those of the check]",
            )
            .short('s'),
        )
}

pub(super) fn execute(context: &Context, matches: &ArgMatches) -> Result<()> {
    let name = CHECK.name_from_matches(matches);
    let subscriptions = list(matches, "subscriptions");
    let mut request = json!({});
    CHECK.set_name(&mut request, &name);
    if !subscriptions.is_empty() {
        pointer::set(&mut request, "/subscriptions", json!(subscriptions));
    }
    if let Some(user) = context.user() {
        pointer::set(&mut request, "/creator", json!(user));
    }
    if let Some(reason) = optional(matches, "reason") {
        pointer::set(&mut request, "/reason", json!(reason));
    }
    context.post(&format!("{}/execute", check_path(context, matches)), &request)?;
    context.print_line("Issued")
}
