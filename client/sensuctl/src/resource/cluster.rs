//! `sensuctl cluster`: the servers.

use anyhow::{Context as _, Result};
use clap::{Arg, ArgMatches, Command};
use sensu_client::encode_segment;
use serde_json::{Value, json};

use super::CustomCommand;
use crate::column::Cell;
use crate::context::Context;
use crate::field::text;
use crate::{output, verbs};

/// What can be asked of the cluster.
pub(crate) const CLUSTER: &[CustomCommand] = &[
    CustomCommand { command: health_command, run: health },
    CustomCommand { command: id_command, run: id },
    CustomCommand { command: list_command, run: list },
    CustomCommand { command: add_command, run: add },
    CustomCommand { command: update_command, run: update },
    CustomCommand { command: remove_command, run: remove },
];

const HEALTH: &[Cell] = &[
    Cell::at("ID", "/MemberID"),
    Cell::at("Name", "/Name"),
    Cell::at("Error", "/Err"),
    Cell::at("Healthy", "/Healthy"),
];

const MEMBERS: &[Cell] = &[
    Cell::made("ID", |member| {
        let id = member.pointer("/ID").and_then(Value::as_u64);
        id.map(|id| format!("{id:x}")).unwrap_or_default()
    }),
    Cell::at("Name", "/name"),
    Cell::at("Peer URLs", "/peerURLs"),
    Cell::at("Client URLs", "/clientURLs"),
];

fn health_command() -> Command {
    Command::new("health").about("Show the health of the members").arg(output::flag())
}

fn health(context: &Context, matches: &ArgMatches) -> Result<()> {
    let health = context.call_outside("GET", "/health")?;
    let members = health.pointer("/ClusterHealth").cloned().unwrap_or_else(|| json!([]));
    output::things(context, HEALTH, &members, matches)?;
    let healthy = |member: &Value| member.pointer("/Healthy") != Some(&json!(false));
    let all = members.as_array().is_none_or(|members| members.iter().all(healthy));
    if !all {
        anyhow::bail!("not all members are healthy");
    }
    Ok(())
}

fn id_command() -> Command {
    Command::new("id").about("Show the identity of the cluster")
}

fn id(context: &Context, _matches: &ArgMatches) -> Result<()> {
    let id = context.get("/cluster/id")?;
    context.say(&format!("sensu cluster id: {}", text(Some(&id))))
}

fn list_command() -> Command {
    Command::new("member-list").about("List the members").arg(output::flag())
}

fn list(context: &Context, matches: &ArgMatches) -> Result<()> {
    let answer = context.get("/cluster/members")?;
    match output::format(context, matches) {
        output::Format::Tabular => {
            let members = answer.pointer("/members").cloned().unwrap_or_default();
            output::things(context, MEMBERS, &members, matches)
        }
        _ => output::things(context, MEMBERS, &answer, matches),
    }
}

fn id_argument() -> Arg {
    Arg::new("id").value_name("ID").help("The member, in hexadecimal").required(true)
}

fn addresses() -> Arg {
    Arg::new("addresses").value_name("PEER-ADDRS").help("Its addresses, with commas").required(true)
}

fn query(matches: &ArgMatches) -> [(&'static str, String); 1] {
    [("peer-addrs", verbs::required(matches, "addresses").to_owned())]
}

fn add_command() -> Command {
    let name = verbs::positional("name", "NAME", "The new member");
    Command::new("member-add").about("Add a member").arg(name).arg(addresses())
}

fn add(context: &Context, matches: &ArgMatches) -> Result<()> {
    let answer = context
        .call("POST", "/cluster/members", &query(matches), None)
        .context("couldn't add cluster member")?;
    let id = answer.body.pointer("/member/ID").and_then(Value::as_u64).unwrap_or_default();
    context.say(&format!("added member {id:x} to cluster"))
}

fn update_command() -> Command {
    Command::new("member-update")
        .about("Change the addresses of a member")
        .arg(id_argument())
        .arg(addresses())
}

fn update(context: &Context, matches: &ArgMatches) -> Result<()> {
    let id = verbs::required(matches, "id");
    context
        .call("PUT", &format!("/cluster/members/{}", encode_segment(id)), &query(matches), None)
        .context("error updating cluster member")?;
    context.say(&format!("Updated member with ID {id} in cluster"))
}

fn remove_command() -> Command {
    Command::new("member-remove").about("Remove a member").arg(id_argument())
}

fn remove(context: &Context, matches: &ArgMatches) -> Result<()> {
    let id = verbs::required(matches, "id");
    context
        .delete(&format!("/cluster/members/{}", encode_segment(id)))
        .context("error removing cluster member")?;
    context.say(&format!("Removed member {id} from cluster"))
}
