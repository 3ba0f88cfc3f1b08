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
    Column::value("ID", "/MemberID"),
    Column::value("Name", "/Name"),
    Column::value("Error", "/Err"),
    Column::value("Healthy", "/Healthy"),
];

const MEMBERS: &[Column] = &[
    Column::computed("ID", |member| {
        let id = member.pointer("/ID").and_then(Value::as_u64);
        id.map(|id| format!("{id:x}")).unwrap_or_default()
    }),
    Column::value("Name", "/name"),
    Column::value("Peer URLs", "/peerURLs"),
    Column::value("Client URLs", "/clientURLs"),
];

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
    let members = health.pointer("/ClusterHealth").cloned().unwrap_or_else(|| json!([]));
    print_value(context, HEALTH, &members, matches)?;
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
            let members = response.pointer("/members").cloned().unwrap_or_default();
            print_value(context, MEMBERS, &members, matches)
        }
        _ => print_value(context, MEMBERS, &response, matches),
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
