//! `set-*` and `remove-*`: one part of a check at a time.

use std::io::Read as _;

use anyhow::{Context as _, Result};
use clap::{Arg, ArgMatches, Command};
use serde_json::{Value, json};

use super::CHECK;
use crate::context::Context;
use crate::field::{Field, place};
use crate::verbs;

/// The parts with a `set-` command, and whether they have a `remove-` command too.
const PARTS: &[(&str, bool)] = &[
    ("command", false),
    ("cron", false),
    ("handlers", true),
    ("high-flap-threshold", true),
    ("interval", false),
    ("low-flap-threshold", true),
    ("output-metric-format", true),
    ("output-metric-handlers", true),
    ("proxy-entity-name", true),
    ("publish", false),
    ("round-robin", false),
    ("runtime-assets", true),
    ("stdin", false),
    ("subscriptions", false),
    ("timeout", true),
    ("ttl", true),
];

/// The commands.
pub(crate) fn setters() -> Vec<Command> {
    let mut commands = Vec::new();
    for (part, removable) in PARTS {
        let what = part.replace('-', " ");
        let help = known(part).map(|field| field.help).unwrap_or_default();
        let value = verbs::positional("value", "VALUE", help).allow_hyphen_values(true);
        commands.push(
            Command::new(format!("set-{part}"))
                .about(format!("Set the {what} of a check"))
                .arg(verbs::positional("name", "NAME", "The check"))
                .arg(value),
        );
        if *removable {
            commands.push(
                Command::new(format!("remove-{part}"))
                    .about(format!("Remove the {what} of a check"))
                    .arg(verbs::positional("name", "NAME", "The check")),
            );
        }
    }
    commands
}

/// The field that a part is.
fn known(part: &str) -> Option<&'static Field> {
    CHECK.fields.iter().find(|field| field.flag == part)
}

/// Does what one of the commands says; `None` if `command` is not one of them.
pub(crate) fn settable(
    context: &Context,
    command: &str,
    matches: &ArgMatches,
) -> Option<Result<()>> {
    if let Some(field) = command.strip_prefix("set-").and_then(known) {
        return Some(set(context, field, matches));
    }
    let field = command.strip_prefix("remove-").and_then(known)?;
    Some(change(context, matches, "OK", |check| {
        field.clear(check);
        Ok(())
    }))
}

fn set(context: &Context, field: &Field, matches: &ArgMatches) -> Result<()> {
    let value = verbs::required(matches, "value");
    change(context, matches, "Updated", |check| {
        field.set(check, value)?;
        // A check has one schedule: the new one replaces the other kind.
        match field.flag {
            "cron" => place(check, "/interval", json!(0)),
            "interval" => place(check, "/cron", json!("")),
            _ => {}
        }
        Ok(())
    })
}

fn change(
    context: &Context,
    matches: &ArgMatches,
    done: &str,
    change: impl FnMut(&mut Value) -> Result<()>,
) -> Result<()> {
    let address = CHECK.item(context.namespace(), verbs::required(matches, "name"));
    context.change(&address, change)?;
    context.say(done)
}

fn from_file(name: &'static str, about: &'static str) -> Command {
    let file = Arg::new("file").long("file").short('f').value_name("FILE");
    Command::new(name)
        .about(about)
        .arg(verbs::positional("name", "NAME", "The check"))
        .arg(file.help("The file that holds them, as JSON; the standard input if left out"))
}

fn without(name: &'static str, about: &'static str) -> Command {
    Command::new(name).about(about).arg(verbs::positional("name", "NAME", "The check"))
}

pub(super) fn set_proxy_requests() -> Command {
    from_file("set-proxy-requests", "Set the proxy requests of a check from a file")
}

pub(super) fn remove_proxy_requests() -> Command {
    without("remove-proxy-requests", "Remove the proxy requests of a check")
}

pub(super) fn set_subdue() -> Command {
    from_file("set-subdue", "Set when a check is not run, from a file")
}

pub(super) fn remove_subdue() -> Command {
    without("remove-subdue", "Remove the times when a check is not run")
}

pub(super) fn set_from_file(context: &Context, part: &str, matches: &ArgMatches) -> Result<()> {
    let text = match matches.get_one::<String>("file") {
        Some(file) => {
            std::fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?
        }
        None => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text)?;
            text
        }
    };
    let mut object: Value = serde_json::from_str(&text)?;
    let coverage = object.get("splay_coverage").and_then(Value::as_u64).unwrap_or(0);
    // What is neither is for the server to refuse.
    let takes_fields = object.is_object() || object.is_null();
    if part == "/proxy_requests" && coverage == 0 && takes_fields {
        place(&mut object, "/splay_coverage", json!(90));
    }
    change(context, matches, "OK", |check| {
        place(check, part, object.clone());
        Ok(())
    })
}

pub(super) fn remove_object(context: &Context, part: &str, matches: &ArgMatches) -> Result<()> {
    change(context, matches, "OK", |check| {
        place(check, part, Value::Null);
        Ok(())
    })
}
