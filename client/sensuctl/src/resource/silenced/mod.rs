//! `sensuctl silenced`

mod list;

use anyhow::{Result, bail};
use clap::{Arg, ArgMatches, Command};
use serde_json::{Value, json};

use crate::args::optional;
use crate::column::Column;
use crate::context::Context;
use crate::descriptor::{CustomCommand, Descriptor, Noun, Ownership};
use crate::field::Field;
use crate::verbs::{create, delete, update};
use crate::{output, pointer, prompt, time};

pub(crate) const SILENCED: Descriptor = Descriptor {
    command: "silenced",
    kind: "Silenced",
    collection: "silenced",
    noun: Noun::a("silenced entry", "silenced entries"),
    default_name: |entry| {
        name(&pointer::text(entry, "/subscription"), &pointer::text(entry, "/check"))
    },
    verbs: &[],
    fields: FIELDS,
    ownership: &[
        ("/creator", Ownership::ServerManaged),
        ("/begin", Ownership::KeepExisting),
        ("/expire_at", Ownership::KeepExisting),
    ],
    columns: &[
        Column::value("Name", "/metadata/name"),
        Column::value("Subscription", "/subscription"),
        Column::value("Check", "/check"),
        Column::time("Begin", "/begin"),
        Column::computed("Expire", expire),
        Column::value("ExpireOnResolve", "/expire_on_resolve"),
        Column::value("Creator", "/creator"),
        Column::value("Reason", "/reason"),
        Column::value("Namespace", "/metadata/namespace"),
    ],
    details: &[
        Column::value("Name", "/metadata/name"),
        Column::computed("Expire", expire),
        Column::value("ExpireOnResolve", "/expire_on_resolve"),
        Column::value("Creator", "/creator"),
        Column::value("Check", "/check"),
        Column::value("Reason", "/reason"),
        Column::value("Subscription", "/subscription"),
        Column::time("Begin", "/begin"),
        Column::value("Namespace", "/metadata/namespace"),
    ],
    commands: &[
        CustomCommand { name: "list", arguments: list::arguments, run: list::run },
        CustomCommand { name: "info", arguments: info_arguments, run: info },
        CustomCommand { name: "create", arguments: create_arguments, run: create_entry },
        CustomCommand { name: "update", arguments: update_arguments, run: update_entry },
        CustomCommand { name: "delete", arguments: delete_arguments, run: delete_entry },
    ],
    examples: "  sensuctl silenced create --check check-cpu --reason 'known problem' --expire 3600
  sensuctl silenced create --subscription entity:web-1 --begin 'Jan 02 2030 3:04PM UTC' --reason maintenance
  sensuctl silenced delete --check check-cpu --skip-confirm",
    ..Descriptor::NAMESPACED
};

const SUBSCRIPTION: Field = Field::text(
    "subscription",
    "/subscription",
    "Silenced subscription; entity:NAME for one entity",
)
.value_name("NAME")
.short('s')
.prompt("Subscription:");

const CHECK: Field =
    Field::text("check", "/check", "Silenced check").value_name("NAME").short('c').prompt("Check:");

const BEGIN: Field = Field::time(
    "begin",
    "/begin",
    "Start: now, seconds since 1970, 'in 2h', 'Jan 02 2006 3:04PM MST' or RFC 3339",
)
.short('b')
.prompt("Begin time:")
.default("now");

const EXPIRE: Field = Field::number("expire", "/expire", "Seconds until the end; -1 for never")
    .short('e')
    .prompt("Expiry in Seconds:")
    .default("-1");

const EXPIRE_ON_RESOLVE: Field =
    Field::bool("expire-on-resolve", "/expire_on_resolve", "End when the check recovers")
        .short('x')
        .prompt("Expire on Resolve:")
        .default("false");

const REASON: Field =
    Field::text("reason", "/reason", "Reason of the silence").short('r').prompt("Reason:");

const FIELDS: &[Field] = &[SUBSCRIPTION, CHECK, BEGIN, EXPIRE, EXPIRE_ON_RESOLVE, REASON];

/// The fields that can be changed: subscription and check are the name.
const CHANGEABLE: &[Field] = &[BEGIN, EXPIRE, EXPIRE_ON_RESOLVE, REASON];

/// `SUBSCRIPTION:CHECK`, with `*` for all.
fn name(subscription: &str, check: &str) -> String {
    let or_all = |text: &str| if text.is_empty() { "*".to_owned() } else { text.to_owned() };
    format!("{}:{}", or_all(subscription), or_all(check))
}

/// The end: a time, a duration that begins later, or -1 for never.
fn expire(entry: &Value) -> String {
    let at = entry.pointer("/expire_at").and_then(Value::as_i64).unwrap_or(0);
    match entry.pointer("/expire").and_then(Value::as_i64).unwrap_or(-1) {
        _ if at > 0 => time::display(Some(at)),
        seconds if seconds > 0 => format!("{seconds}s"),
        _ => "-1".into(),
    }
}

/// `[NAME]`, `--subscription` and `--check`.
fn name_arguments(command: Command) -> Command {
    command
        .arg(Arg::new("name").value_name("NAME").help("Name of the entry: SUBSCRIPTION:CHECK"))
        .args([SUBSCRIPTION.arg(), CHECK.arg()])
}

fn name_from_matches(matches: &ArgMatches) -> Result<String> {
    if let Some(name) = optional(matches, "name") {
        return Ok(name.to_owned());
    }
    let value = |field: Field| field.value(matches).unwrap_or_default();
    let (mut subscription, mut check) = (value(SUBSCRIPTION), value(CHECK));
    if subscription.is_empty() && check.is_empty() {
        if !prompt::is_possible() {
            bail!("the name is missing: set NAME, --subscription or --check");
        }
        subscription = prompt::text("Subscription:", "", false)?;
        check = prompt::text("Check:", "", false)?;
    }
    Ok(name(&subscription, &check))
}

fn info_arguments(command: Command) -> Command {
    name_arguments(command.about("Show a silenced entry")).arg(output::format_arg())
}

fn info(context: &Context, matches: &ArgMatches) -> Result<()> {
    let name = name_from_matches(matches)?;
    let entry = context.get(&SILENCED.object_path(context.namespace(), &[name]))?;
    output::print_object(context, &SILENCED, &entry, matches)
}

fn create_arguments(command: Command) -> Command {
    create::field_arguments(command.about("Create a silenced entry"), &SILENCED)
}

fn create_entry(context: &Context, matches: &ArgMatches) -> Result<()> {
    let mut entry = SILENCED.new_object(context.namespace(), &[]);
    let is_interactive = create::is_interactive(&SILENCED, matches);
    if is_interactive {
        let namespace = prompt::text("Namespace:", context.namespace(), true)?;
        pointer::set(&mut entry, "/metadata/namespace", json!(namespace));
    }
    for field in FIELDS {
        let mut value = field.value(matches).unwrap_or_default();
        if let Some(prompt) = field.prompt.filter(|_| is_interactive) {
            value = prompt::field(field, prompt, &value)?;
        }
        if !value.is_empty() {
            field.set(&mut entry, &value)?;
        }
    }
    let is_missing = |at| pointer::text(&entry, at).is_empty();
    if is_missing("/subscription") && is_missing("/check") {
        bail!("must specify --check or --subscription");
    }
    if !is_interactive && is_missing("/reason") {
        bail!("required flag(s) \"reason\" not set");
    }
    create::post(context, &SILENCED, &entry)?;
    context.print_line("OK")
}

fn update_arguments(command: Command) -> Command {
    name_arguments(command.about("Update a silenced entry"))
        .args(CHANGEABLE.iter().map(|field| field.arg().default_value(None)))
}

fn update_entry(context: &Context, matches: &ArgMatches) -> Result<()> {
    let name = name_from_matches(matches)?;
    let path = SILENCED.object_path(context.namespace(), &[name]);
    let mut versioned = context.get_for_update(&path)?;
    let entry = &mut versioned.object;
    let has_flags = CHANGEABLE.iter().any(|field| field.is_given(matches));
    if !has_flags && !prompt::is_possible() {
        bail!(update::NO_CHANGES);
    }
    for field in CHANGEABLE {
        let value = match field.prompt.filter(|_| !has_flags) {
            Some(prompt) => Some(prompt::field(field, prompt, &field.current(entry))?),
            None => field.value(matches),
        };
        if let Some(value) = value {
            field.set(entry, &value)?;
        }
    }
    // The server computes it from `begin` and `expire`.
    pointer::remove(entry, "/expire_at");
    context.put_if_unchanged(&versioned)?;
    context.print_line("OK")
}

fn delete_arguments(command: Command) -> Command {
    name_arguments(command.about("Delete a silenced entry")).arg(delete::skip_confirm())
}

fn delete_entry(context: &Context, matches: &ArgMatches) -> Result<()> {
    let name = name_from_matches(matches)?;
    delete::delete(context, &SILENCED, &[name], matches)
}
