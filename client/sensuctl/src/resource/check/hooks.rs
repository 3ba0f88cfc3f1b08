//! `set-hooks`, `remove-hook` and `execute`: operations of the API on one check.

use anyhow::{Result, bail};
use clap::{Arg, ArgMatches, Command};
use sensu_client::{Method, encode_segment};
use serde_json::{Value, json};

use super::CHECK;
use crate::args::{list, list_option, option, optional, positional, required, split_list};
use crate::context::Context;
use crate::verbs::create::{interactive_only, is_interactive_set, required_unless_interactive};
use crate::{pointer, prompt};

const TYPE: &str = "Results after which the hooks run: a status from 0 to 255, ok, warning, critical, unknown or non-zero";

const SEVERITIES: &[&str] = &["ok", "warning", "critical", "unknown", "non-zero"];

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
        .args(optional_name())
        .arg(required_unless_interactive(option("type", "TYPE", TYPE).short('t')))
        .arg(required_unless_interactive(
            list_option("hooks", "NAME,...", "Hooks to add").short('k'),
        ))
        .arg(interactive_only())
}

pub(super) fn set(context: &Context, matches: &ArgMatches) -> Result<()> {
    let name = name_or_prompt(matches)?;
    let mut result = required(matches, "type").to_owned();
    let mut hooks = list(matches, "hooks").join(",");
    if is_interactive_set(matches) {
        result = prompt::text("Hook Type:", &result, true)?;
        hooks = prompt::text("Hooks:", &hooks, true)?;
    }
    let hooks = split_list(&hooks);
    validate(&result, &hooks)?;
    let path = CHECK.object_path(context.namespace(), &[name]);
    let path = format!("{path}/hooks/{}", encode_segment(&result));
    context.put(&path, &json!({ result: hooks }))?;
    context.print_line("Added")
}

/// The rules and messages of `sensuctl` 5.0.0.
fn validate(result: &str, hooks: &[&str]) -> Result<()> {
    let is_status = result.parse::<u8>().is_ok_and(|status| status.to_string() == result);
    match result {
        "" => bail!("type cannot be empty"),
        _ if hooks.is_empty() => bail!("hooks cannot be empty"),
        _ if is_status || SEVERITIES.contains(&result) => Ok(()),
        _ => bail!(
            r#"valid check hook types are "0"-"255", "ok", "warning", "critical", "unknown", and "non-zero""#
        ),
    }
}

/// The name of the check, required without `--interactive`.
fn optional_name() -> impl Iterator<Item = Arg> {
    CHECK.name_arguments().into_iter().map(required_unless_interactive)
}

/// The name of the check, from the argument or, with `--interactive`, from a prompt.
fn name_or_prompt(matches: &ArgMatches) -> Result<String> {
    let name = required(matches, "name");
    match is_interactive_set(matches) {
        true => prompt::text("Check Name:", name, true),
        false => Ok(name.to_owned()),
    }
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
        .args(optional_name())
        .arg(option("reason", "TEXT", "Reason of the request").short('r'))
        .arg(
            list_option(
                "subscriptions",
                "NAME,...",
                "Subscriptions whose agents run the check [default: those of the check]",
            )
            .short('s'),
        )
        .arg(interactive_only())
}

pub(super) fn execute(context: &Context, matches: &ArgMatches) -> Result<()> {
    let name = [name_or_prompt(matches)?];
    let mut reason = optional(matches, "reason").unwrap_or_default().to_owned();
    let mut subscriptions = list(matches, "subscriptions").join(",");
    if is_interactive_set(matches) {
        reason = prompt::text("Reason:", &reason, false)?;
        subscriptions = prompt::text("Subscriptions:", &subscriptions, false)?;
    }
    let mut request = json!({});
    CHECK.set_name(&mut request, &name);
    let subscriptions = split_list(&subscriptions);
    if !subscriptions.is_empty() {
        pointer::set(&mut request, "/subscriptions", json!(subscriptions));
    }
    if let Some(user) = context.user() {
        pointer::set(&mut request, "/creator", json!(user));
    }
    if !reason.is_empty() {
        pointer::set(&mut request, "/reason", json!(reason));
    }
    let path = CHECK.object_path(context.namespace(), &name);
    // Without warnings: the request has fields that only released Sensu backends know.
    context.call(Method::POST, &format!("{path}/execute"), &[], Some(&request))?;
    context.print_line("Issued")
}
