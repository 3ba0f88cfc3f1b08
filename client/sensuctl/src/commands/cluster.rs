//! `sensuctl cluster`: health and members of the cluster.

use anyhow::{Context as _, Result, bail};
use clap::{Arg, ArgMatches, Command};
use sensu_client::{Method, encode_segment};
use serde_json::{Value, json};

use crate::args::{positional, required};
use crate::column::Column;
use crate::context::Context;
use crate::descriptor::CustomCommand;
use crate::output::{Format, format, format_arg, print_value};
use crate::{escape, pointer};

const COMMANDS: &[CustomCommand] = &[
    CustomCommand {
        name: "health",
        arguments: |command| command.about("Show the health of the members").arg(format_arg()),
        run: health,
    },
    CustomCommand {
        name: "id",
        arguments: |command| command.about("Show the ID of the cluster"),
        run: id,
    },
    CustomCommand {
        name: "member-list",
        arguments: |command| command.about("List the members").arg(format_arg()),
        run: member_list,
    },
    CustomCommand {
        name: "member-add",
        arguments: |command| {
            let name = positional("name", "NAME", "Name of the new member");
            command.about("Add a member").arg(name).arg(addresses())
        },
        run: member_add,
    },
    CustomCommand {
        name: "member-update",
        arguments: |command| {
            command.about("Change the addresses of a member").arg(member_id()).arg(addresses())
        },
        run: member_update,
    },
    CustomCommand {
        name: "member-remove",
        arguments: |command| command.about("Remove a member").arg(member_id()),
        run: member_remove,
    },
];

const HEALTH: &[Column] = &[
    Column::computed("ID", |member| hexadecimal(member, "/MemberID")),
    Column::value("Name", "/Name"),
    Column::value("Error", "/Err"),
    Column::value("Healthy", "/Healthy"),
];

const MEMBERS: &[Column] = &[
    Column::computed("ID", |member| hexadecimal(member, "/ID")),
    Column::value("Name", "/name"),
    Column::value("Peer URLs", "/peerURLs"),
    Column::value("Client URLs", "/clientURLs"),
];

/// The number at a pointer as hexadecimal digits, the form of IDs in arguments.
fn hexadecimal(object: &Value, pointer: &str) -> String {
    let number = object.pointer(pointer).and_then(Value::as_u64);
    number.map(|number| format!("{number:x}")).unwrap_or_default()
}

const MEMBERS_PATH: &str = "/cluster/members";

pub(super) fn arguments(command: Command) -> Command {
    command
        .about("Show and change the members of the cluster")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(COMMANDS.iter().map(CustomCommand::build))
}

pub(super) fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let Some((name, matches)) = matches.subcommand() else { return Ok(()) };
    match CustomCommand::find(COMMANDS, name) {
        Some(command) => (command.run)(context, matches),
        None => bail!("unknown command {name:?}"),
    }
}

fn health(context: &Context, matches: &ArgMatches) -> Result<()> {
    let health = context.get_anonymous("/health")?;
    let members = json!(pointer::list(&health, "/ClusterHealth"));
    let id = hexadecimal(&health, "/Header/cluster_id");
    // Sensu Go 5.0.0 has no header; without etcd, later releases have an ID of 0.
    if matches!(format(context, matches), Format::Tabular) && !matches!(id.as_str(), "" | "0") {
        context.print_line(&format!("=== Etcd Cluster ID: {id}"))?;
    }
    print_members(context, HEALTH, &members, matches)?;
    let is_healthy = |member: &Value| member.pointer("/Healthy") != Some(&json!(false));
    match members.as_array().is_none_or(|members| members.iter().all(is_healthy)) {
        true => Ok(()),
        false => bail!("not all members are healthy"),
    }
}

fn id(context: &Context, _matches: &ArgMatches) -> Result<()> {
    let id = context.get("/cluster/id")?;
    let id = escape::for_terminal(&pointer::display(Some(&id)));
    context.print_line(&format!("sensu cluster id: {id}"))
}

fn member_list(context: &Context, matches: &ArgMatches) -> Result<()> {
    let response = context.get(MEMBERS_PATH)?;
    match format(context, matches) {
        Format::Tabular => {
            let members = json!(pointer::list(&response, "/members"));
            print_value(context, MEMBERS, &members, matches)
        }
        _ => print_members(context, MEMBERS, &response, matches),
    }
}

/// Prints members. In YAML, the keys are those of Sensu Go.
fn print_members(
    context: &Context,
    columns: &[Column],
    value: &Value,
    matches: &ArgMatches,
) -> Result<()> {
    match format(context, matches) {
        Format::Yaml => print_value(context, columns, &with_go_keys(value), matches),
        _ => print_value(context, columns, value, matches),
    }
}

/// The value with the keys that Go's YAML encoder gives the fields of a struct: `MemberID` and
/// `member_id` become `memberid`.
fn with_go_keys(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(with_go_keys).collect(),
        Value::Object(fields) => {
            let key = |key: &str| key.replace('_', "").to_lowercase();
            fields.iter().map(|(name, value)| (key(name), with_go_keys(value))).collect()
        }
        other => other.clone(),
    }
}

fn member_id() -> Arg {
    positional("id", "ID", "ID of the member, in hexadecimal")
}

fn addresses() -> Arg {
    positional("addresses", "PEER-ADDRS", "Peer addresses, separated by commas")
}

fn member_path(matches: &ArgMatches) -> String {
    format!("{MEMBERS_PATH}/{}", encode_segment(required(matches, "id")))
}

// Messages and errors below are those of Sensu Go 5.0.0.

fn member_add(context: &Context, matches: &ArgMatches) -> Result<()> {
    let query = [("peer-addrs", required(matches, "addresses"))];
    let response = context
        .call(Method::POST, MEMBERS_PATH, &query, None)
        .context("couldn't add cluster member")?;
    let id = response.body.pointer("/member/ID").and_then(Value::as_u64).unwrap_or_default();
    context.print_line(&format!("added member {id:x} to cluster"))
}

fn member_update(context: &Context, matches: &ArgMatches) -> Result<()> {
    let query = [("peer-addrs", required(matches, "addresses"))];
    context
        .call(Method::PUT, &member_path(matches), &query, None)
        .context("error updating cluster member")?;
    let id = required(matches, "id");
    context.print_line(&format!("Updated member with ID {id} in cluster"))
}

fn member_remove(context: &Context, matches: &ArgMatches) -> Result<()> {
    context.delete(&member_path(matches)).context("error removing cluster member")?;
    let id = required(matches, "id");
    context.print_line(&format!("Removed member {id} from cluster"))
}
