//! `sensuctl api-key`: what programs show instead of a password.

use anyhow::Result;
use clap::{Arg, ArgMatches, Command};
use serde_json::json;

use super::{CustomCommand, RESOURCE, Resource, Verb};
use crate::column::Cell;
use crate::context::{Context, now};
use crate::field::{place, text};
use crate::{output, time, verbs};

/// API keys.
pub(crate) const API_KEY: Resource = Resource {
    command: "api-key",
    kind: "APIKey",
    plural: "apikeys",
    noun: "API key",
    namespaced: false,
    verbs: &[Verb::List, Verb::Info],
    deleted: "Deleted",
    columns: &[
        Cell::at("Name", "/metadata/name"),
        Cell::at("Username", "/username"),
        Cell::time("Created At", "/created_at"),
        Cell::time("Expires At", "/expires_at"),
    ],
    details: &[
        Cell::at("Name", "/metadata/name"),
        Cell::at("Username", "/username"),
        Cell::time("Created At", "/created_at"),
        Cell::time("Expires At", "/expires_at"),
    ],
    irregular: &[
        CustomCommand { command: grant_command, run: grant },
        CustomCommand { command: revoke_command, run: revoke },
    ],
    examples: "  sensuctl api-key grant ci --expires 'in 90days'
  sensuctl --api-key KEY event list",
    ..RESOURCE
};

fn grant_command() -> Command {
    Command::new("grant")
        .about("Make an API key for a user; it is shown this once")
        .arg(verbs::positional("username", "USERNAME", "Whom the key speaks for"))
        .arg(Arg::new("expires").long("expires").value_name("TIME").help(
            "When the key ends, such as 'in 90days' or 2030-01-02T15:04:00Z; never if left out",
        ))
        .arg(output::flag())
}

fn grant(context: &Context, matches: &ArgMatches) -> Result<()> {
    let mut request = json!({"username": verbs::required(matches, "username")});
    if let Some(expires) = matches.get_one::<String>("expires") {
        place(&mut request, "/expires_at", json!(time::read(expires, now())?));
    }
    let answer = context.call("POST", &API_KEY.collection(None), &[], Some(&request))?;
    if output::asked(matches).is_some() {
        return output::one(context, &API_KEY, &answer.body, matches);
    }
    match text(answer.body.pointer("/key")) {
        // Sensu Go says where the key is, and nothing else; the last part is the key.
        key if key.is_empty() => {
            context.say(&format!("Created: {}", answer.header("location").unwrap_or_default()))
        }
        key => context.say(&format!("Created: {key}")),
    }
}

fn revoke_command() -> Command {
    verbs::delete::arguments(Command::new("revoke").about("Delete an API key"), &API_KEY)
}

fn revoke(context: &Context, matches: &ArgMatches) -> Result<()> {
    verbs::delete::run(context, &API_KEY, matches)
}
