//! `sensuctl silenced`: events that are kept from their handlers for a while.

mod list;

use anyhow::{Result, bail};
use clap::{Arg, ArgMatches, Command};
use serde_json::{Value, json};

use super::{CustomCommand, Ownership, RESOURCE, Resource};
use crate::column::{Cell, time};
use crate::context::{Context, now};
use crate::field::{FIELD, Field, Shape, place, text};
use crate::prompt;
use crate::time;
use crate::{output, verbs};

/// Silenced entries.
pub(crate) const SILENCED: Resource = Resource {
    command: "silenced",
    kind: "Silenced",
    plural: "silenced",
    noun: "silenced entry",
    verbs: &[],
    fields: FIELDS,
    followed: &[
        ("/creator", Ownership::ServerManaged),
        ("/begin", Ownership::KeepExisting),
        ("/expire_at", Ownership::KeepExisting),
    ],
    columns: &[
        Cell::at("Name", "/metadata/name"),
        Cell::at("Subscription", "/subscription"),
        Cell::at("Check", "/check"),
        Cell::time("Begin", "/begin"),
        Cell::made("Expire", expire),
        Cell::at("ExpireOnResolve", "/expire_on_resolve"),
        Cell::at("Creator", "/creator"),
        Cell::at("Reason", "/reason"),
        Cell::at("Namespace", "/metadata/namespace"),
    ],
    details: &[
        Cell::at("Name", "/metadata/name"),
        Cell::made("Expire", expire),
        Cell::at("ExpireOnResolve", "/expire_on_resolve"),
        Cell::at("Creator", "/creator"),
        Cell::at("Check", "/check"),
        Cell::at("Reason", "/reason"),
        Cell::at("Subscription", "/subscription"),
        Cell::time("Begin", "/begin"),
        Cell::at("Namespace", "/metadata/namespace"),
    ],
    irregular: &[
        CustomCommand { command: list::command, run: list::run },
        CustomCommand { command: info_command, run: info },
        CustomCommand { command: create_command, run: create },
        CustomCommand { command: update_command, run: update },
        CustomCommand { command: delete_command, run: delete },
    ],
    examples: "  sensuctl silenced create --check check-cpu --reason 'known problem' --expire 3600
  sensuctl silenced create --subscription entity:web-1 --begin 'Jan 02 2030 3:04PM UTC' --reason maintenance
  sensuctl silenced delete --check check-cpu --skip-confirm",
    ..RESOURCE
};

const FIELDS: &[Field] = &[
    Field {
        flag: "subscription",
        short: Some('s'),
        at: "/subscription",
        help: "The subscription that is silenced; entity:NAME for one entity",
        question: "Subscription:",
        ..FIELD
    },
    Field {
        flag: "check",
        short: Some('c'),
        at: "/check",
        help: "The check that is silenced",
        question: "Check:",
        ..FIELD
    },
    Field {
        flag: "begin",
        short: Some('b'),
        at: "/begin",
        help: "When silence begins: now, seconds since 1970, 'Jan 02 2006 3:04PM MST', or RFC 3339",
        question: "Begin time:",
        default: "now",
        ..FIELD
    },
    Field {
        flag: "expire",
        short: Some('e'),
        at: "/expire",
        shape: Shape::Number,
        help: "Seconds after which silence ends; -1 for never",
        question: "Expiry in Seconds:",
        default: "-1",
        ..FIELD
    },
    Field {
        flag: "expire-on-resolve",
        short: Some('x'),
        at: "/expire_on_resolve",
        shape: Shape::Bool,
        help: "Whether silence ends when the check recovers",
        question: "Expire on Resolve:",
        default: "false",
        ..FIELD
    },
    Field {
        flag: "reason",
        short: Some('r'),
        at: "/reason",
        help: "Why",
        question: "Reason:",
        ..FIELD
    },
];

/// The name that an entry has: `SUBSCRIPTION:CHECK`, with `*` for any.
pub(super) fn name(subscription: &str, check: &str) -> String {
    let or_any = |text: &str| if text.is_empty() { "*".to_owned() } else { text.to_owned() };
    format!("{}:{}", or_any(subscription), or_any(check))
}

fn expire(entry: &Value) -> String {
    let at = entry.pointer("/expire_at").and_then(Value::as_i64).unwrap_or(0);
    match entry.pointer("/expire").and_then(Value::as_i64).unwrap_or(-1) {
        _ if at > 0 => time(Some(at)),
        seconds if seconds > 0 => format!("{seconds}s"),
        _ => "-1".into(),
    }
}

/// Sets the fields that have a flag or an answer; times are read.
fn apply(object: &mut Value, field: &Field, text: &str) -> Result<()> {
    match field.flag {
        "begin" => {
            place(object, field.at, json!(time::read(text, now())?));
            Ok(())
        }
        "subscription" | "check" if text.is_empty() => Ok(()),
        _ => field.set(object, text),
    }
}

/// `[NAME]`, or `--subscription` and `--check`.
fn target(command: Command) -> Command {
    command
        .arg(Arg::new("name").value_name("NAME").help("Its name, SUBSCRIPTION:CHECK"))
        .args(FIELDS.iter().take(2).map(Field::arg))
}

fn targeted(matches: &ArgMatches) -> Result<String> {
    if let Some(name) = matches.get_one::<String>("name") {
        return Ok(name.clone());
    }
    let flag = |flag| matches.get_one::<String>(flag).cloned().unwrap_or_default();
    let (mut subscription, mut check) = (flag("subscription"), flag("check"));
    if subscription.is_empty() && check.is_empty() {
        if !prompt::is_possible() {
            bail!("give a name, or --subscription or --check");
        }
        subscription = prompt::text("Subscription:", "", false)?;
        check = prompt::text("Check:", "", false)?;
    }
    Ok(name(&subscription, &check))
}

fn info_command() -> Command {
    Command::new("info")
        .about("Show a silenced entry")
        .arg(verbs::positional("name", "NAME", "Its name, SUBSCRIPTION:CHECK"))
        .arg(output::flag())
}

fn info(context: &Context, matches: &ArgMatches) -> Result<()> {
    let name = verbs::required(matches, "name");
    let entry = context.get(&SILENCED.item(context.namespace(), name))?;
    output::one(context, &SILENCED, &entry, matches)
}

fn create_command() -> Command {
    verbs::create::arguments(Command::new("create").about("Silence events"), &SILENCED)
}

fn create(context: &Context, matches: &ArgMatches) -> Result<()> {
    let mut entry = SILENCED.named(context.namespace(), "");
    let asks = verbs::create::asks(&SILENCED, matches);
    if asks {
        let namespace = prompt::text("Namespace:", context.namespace(), true)?;
        place(&mut entry, "/metadata/namespace", json!(namespace));
    }
    for field in FIELDS {
        let given = field.given(matches).unwrap_or_default();
        let value = if asks { prompt::field(field, &given)? } else { given };
        apply(&mut entry, field, &value)?;
    }
    if text(entry.pointer("/subscription")).is_empty() && text(entry.pointer("/check")).is_empty() {
        bail!("must specify --check or --subscription");
    }
    if !asks && text(entry.pointer("/reason")).is_empty() {
        bail!("required flag(s) \"reason\" not set");
    }
    let namespace = SILENCED.namespace_of(&entry);
    context.post(&SILENCED.collection(Some(&namespace)), &entry)?;
    context.say("OK")
}

fn update_command() -> Command {
    target(Command::new("update").about("Change a silenced entry"))
        .args(FIELDS.iter().skip(2).map(|field| field.arg().default_value(None)))
}

fn update(context: &Context, matches: &ArgMatches) -> Result<()> {
    let name = targeted(matches)?;
    let address = SILENCED.item(context.namespace(), &name);
    let mut loan = context.get_for_update(&address)?;
    let entry = &mut loan.object;
    let changes = || FIELDS.iter().skip(2);
    let flags = changes().any(|field| field.was_given(matches));
    if !flags && !prompt::is_possible() {
        bail!("there is no terminal to ask in: say with flags what to change");
    }
    for field in changes() {
        let value = match (flags, field.flag) {
            (true, _) => field.given(matches),
            (false, "begin") => Some(prompt::field(field, "now")?),
            (false, _) => Some(prompt::field(field, &field.show(entry))?),
        };
        if let Some(value) = value {
            apply(entry, field, &value)?;
        }
    }
    // Ownership from `begin` and `expire`: what was read is what was.
    if let Some(fields) = entry.as_object_mut() {
        fields.shift_remove("expire_at");
    }
    context.put_if_unchanged(&loan)?;
    context.say("OK")
}

fn delete_command() -> Command {
    target(Command::new("delete").about("End a silence")).arg(verbs::delete::skip_confirm())
}

fn delete(context: &Context, matches: &ArgMatches) -> Result<()> {
    let name = targeted(matches)?;
    verbs::delete::one(context, &SILENCED, &name, &[], matches)
}
