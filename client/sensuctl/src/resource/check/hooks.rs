//! `set-hooks`, `remove-hook` and `execute`: operations of their own on a check.

use anyhow::Result;
use clap::{Arg, ArgAction, ArgMatches, Command};
use sensu_client::encode_segment;
use serde_json::{Value, json};

use super::CHECK;
use crate::context::Context;
use crate::field::{place, split};
use crate::verbs;

pub(super) fn set_command() -> Command {
    Command::new("set-hooks")
        .alias("add-hook")
        .about("Add hooks to a check")
        .long_about(
            "Add hooks to a check.\n\nThe type says after which results they run: a status from 0 to 255, ok, warning, critical, unknown or non-zero.",
        )
        .arg(verbs::positional("name", "NAME", "The check"))
        .arg(
            Arg::new("type")
                .long("type")
                .short('t')
                .value_name("TYPE")
                .help("After which results the hooks run")
                .required(true),
        )
        .arg(
            Arg::new("hooks")
                .long("hooks")
                .short('k')
                .value_name("NAME,...")
                .help("The hooks")
                .action(ArgAction::Append)
                .required(true),
        )
}

pub(super) fn set(context: &Context, matches: &ArgMatches) -> Result<()> {
    let address = CHECK.item(context.namespace(), verbs::required(matches, "name"));
    let kind = verbs::required(matches, "type");
    let hooks = matches.get_many::<String>("hooks").into_iter().flatten();
    let hooks: Vec<&str> = hooks.flat_map(|hooks| split(hooks)).collect();
    context.put(&format!("{address}/hooks/{}", encode_segment(kind)), &json!({ kind: hooks }))?;
    context.say("Added")
}

pub(super) fn remove_command() -> Command {
    Command::new("remove-hook")
        .about("Remove a hook from a check")
        .arg(verbs::positional("name", "NAME", "The check"))
        .arg(verbs::positional("type", "TYPE", "After which results the hook runs"))
        .arg(verbs::positional("hook", "HOOK", "The hook"))
}

pub(super) fn remove(context: &Context, matches: &ArgMatches) -> Result<()> {
    let address = CHECK.item(context.namespace(), verbs::required(matches, "name"));
    let kind = encode_segment(verbs::required(matches, "type"));
    let hook = encode_segment(verbs::required(matches, "hook"));
    context.delete(&format!("{address}/hooks/{kind}/hook/{hook}"))?;
    context.say("Removed")
}

pub(super) fn execute_command() -> Command {
    Command::new("execute")
        .about("Ask for one run of a check, now")
        .arg(verbs::positional("name", "NAME", "The check"))
        .arg(
            Arg::new("reason")
                .long("reason")
                .short('r')
                .value_name("TEXT")
                .help("Why the check is run"),
        )
        .arg(
            Arg::new("subscriptions")
                .long("subscriptions")
                .short('s')
                .value_name("NAME,...")
                .help("Who runs it, instead of the check's own subscriptions")
                .action(ArgAction::Append),
        )
}

pub(super) fn execute(context: &Context, matches: &ArgMatches) -> Result<()> {
    let name = verbs::required(matches, "name");
    let subscriptions = matches.get_many::<String>("subscriptions").into_iter().flatten();
    let subscriptions: Vec<&str> = subscriptions.flat_map(|list| split(list)).collect();
    let mut request = json!({"metadata": {"name": name}});
    if !subscriptions.is_empty() {
        place(&mut request, "/subscriptions", json!(subscriptions));
    }
    if let Some(user) = context.user() {
        place(&mut request, "/creator", Value::String(user));
    }
    if let Some(reason) = matches.get_one::<String>("reason") {
        place(&mut request, "/reason", json!(reason));
    }
    let address = CHECK.item(context.namespace(), name);
    context.post(&format!("{address}/execute"), &request)?;
    context.say("Issued")
}
