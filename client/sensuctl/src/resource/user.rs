//! `sensuctl user`: who may log in.

mod password;

use anyhow::{Result, bail};
use clap::{Arg, ArgMatches, Command};
use sensu_client::encode_segment;
use serde_json::json;

use super::{CustomCommand, Ownership, RESOURCE, Resource, Verb};
use crate::column::Cell;
use crate::context::Context;
use crate::field::{FIELD, Field, Shape, place, split};
use crate::prompt;
use crate::verbs;

/// Users.
pub(crate) const USER: Resource = Resource {
    command: "user",
    kind: "User",
    plural: "users",
    noun: "user",
    namespaced: false,
    name_at: "/username",
    verbs: &[Verb::List, Verb::Info],
    fields: &[Field {
        flag: "groups",
        short: Some('g'),
        at: "/groups",
        shape: Shape::List,
        help: "Groups that the user is in",
        question: "Groups:",
        ..FIELD
    }],
    followed: &[
        ("/password", Ownership::ServerManaged),
        ("/password_hash", Ownership::ServerManaged),
    ],
    columns: &[
        Cell::at("Username", "/username"),
        Cell::at("Groups", "/groups"),
        Cell::made("Enabled", |user| {
            (user.pointer("/disabled") != Some(&serde_json::Value::Bool(true))).to_string()
        }),
    ],
    details: &[
        Cell::at("Username", "/username"),
        Cell::at("Groups", "/groups"),
        Cell::at("Disabled", "/disabled"),
    ],
    irregular: &[
        CustomCommand { command: create_command, run: create },
        CustomCommand { command: disable_command, run: disable },
        CustomCommand {
            command: || on_user("reinstate", "Enable a disabled user again"),
            run: |context, matches| change(context, matches, "PUT", "/reinstate", "Reinstated"),
        },
        CustomCommand {
            command: || on_user("add-group", "Put a user into a group").arg(group()),
            run: |context, matches| in_group(context, matches, "PUT", "Added"),
        },
        CustomCommand {
            command: || on_user("remove-group", "Take a user out of a group").arg(group()),
            run: |context, matches| in_group(context, matches, "DELETE", "Removed"),
        },
        CustomCommand {
            command: || on_user("remove-groups", "Take a user out of all groups"),
            run: |context, matches| change(context, matches, "DELETE", "/groups", "Removed"),
        },
        CustomCommand { command: set_groups_command, run: set_groups },
        CustomCommand { command: password::change_command, run: password::change },
        CustomCommand { command: password::reset_command, run: password::reset },
        CustomCommand { command: password::hash_command, run: password::hash },
        CustomCommand { command: password::test_command, run: password::test },
    ],
    examples: "  sensuctl user create bob --groups dev --interactive
  sensuctl user change-password
  sensuctl user disable bob",
    ..RESOURCE
};

fn on_user(name: &'static str, about: &'static str) -> Command {
    Command::new(name).about(about).arg(verbs::positional("name", "USERNAME", "The user"))
}

fn group() -> Arg {
    verbs::positional("group", "GROUP", "The group")
}

fn address(matches: &ArgMatches) -> String {
    USER.item("", verbs::required(matches, "name"))
}

fn change(
    context: &Context,
    matches: &ArgMatches,
    method: &str,
    below: &str,
    done: &str,
) -> Result<()> {
    context.call(method, &format!("{}{below}", address(matches)), &[], None)?;
    context.say(done)
}

fn in_group(context: &Context, matches: &ArgMatches, method: &str, done: &str) -> Result<()> {
    let group = encode_segment(verbs::required(matches, "group"));
    change(context, matches, method, &format!("/groups/{group}"), done)
}

fn create_command() -> Command {
    Command::new("create")
        .about("Create a user")
        .arg(Arg::new("name").value_name("USERNAME").help("The new user"))
        .arg(password::flag("password", "The user's password, 8 characters or more").short('p'))
        .arg(
            Arg::new("password-hash").long("password-hash").value_name("HASH").help(
                "The bcrypt hash of the password, as `sensuctl user hash-password` prints it",
            ),
        )
        .args(USER.fields.iter().map(Field::arg))
        .arg(verbs::create::interactive())
}

fn create(context: &Context, matches: &ArgMatches) -> Result<()> {
    let name = matches.get_one::<String>("name").cloned().unwrap_or_default();
    let mut user = USER.named("", &name);
    let given = |flag| matches.get_one::<String>(flag);
    let mut secret = given("password").map(|password| ("/password", password.clone()));
    if let Some(hash) = given("password-hash") {
        secret = Some(("/password_hash", hash.clone()));
    }
    let mut groups = USER.fields.first().and_then(|groups| groups.given(matches));
    if matches.get_flag("interactive") || (secret.is_none() && prompt::is_possible()) {
        place(&mut user, "/username", json!(prompt::text("Username:", &name, true)?));
        secret = Some(("/password", prompt::password("Password:")?));
        groups = Some(prompt::text("Groups:", &groups.unwrap_or_default(), false)?);
    }
    let Some((at, secret)) = secret else {
        bail!("required flag(s) \"password\" not set");
    };
    if USER.name_of(&user).is_empty() {
        bail!("give the name of the user");
    }
    place(&mut user, at, json!(secret));
    if let Some(groups) = groups {
        place(&mut user, "/groups", json!(split(&groups)));
    }
    place(&mut user, "/disabled", json!(false));
    context.post(&USER.collection(None), &user)?;
    context.say("Created")
}

fn disable_command() -> Command {
    on_user("disable", "Keep a user from logging in; ends the user's sessions")
        .arg(verbs::delete::skip_confirm())
}

fn disable(context: &Context, matches: &ArgMatches) -> Result<()> {
    let name = verbs::required(matches, "name");
    if !verbs::delete::is_confirmed("disable", name, matches)? {
        return context.say("Canceled");
    }
    context.delete(&address(matches))?;
    context.say("Disabled")
}

fn set_groups_command() -> Command {
    on_user("set-groups", "Replace the groups of a user").arg(verbs::positional(
        "groups",
        "GROUP,...",
        "The groups, with commas",
    ))
}

fn set_groups(context: &Context, matches: &ArgMatches) -> Result<()> {
    let address = address(matches);
    context.delete(&format!("{address}/groups"))?;
    for group in split(verbs::required(matches, "groups")) {
        context.call("PUT", &format!("{address}/groups/{}", encode_segment(group)), &[], None)?;
    }
    context.say("Set")
}
