//! `sensuctl user`

mod groups;
mod password;

use anyhow::{Result, bail};
use clap::{Arg, ArgMatches, Command};
use sensu_client::{Method, encode_segment};
use serde_json::{Value, json};

use crate::args::{optional, positional, required, split_list};
use crate::column::Column;
use crate::context::Context;
use crate::descriptor::{CustomCommand, Descriptor, NamePart, Noun, Ownership, Verb};
use crate::field::Field;
use crate::verbs::{create, delete};
use crate::{pointer, prompt};

pub(crate) const USER: Descriptor = Descriptor {
    command: "user",
    kind: "User",
    collection: "users",
    noun: Noun::a("user", "users"),
    name: &[NamePart::at("/username")],
    verbs: &[Verb::List, Verb::Info],
    fields: &[GROUPS],
    ownership: &[
        ("/password", Ownership::ServerManaged),
        ("/password_hash", Ownership::ServerManaged),
    ],
    columns: &[
        Column::value("Username", "/username"),
        Column::value("Groups", "/groups"),
        Column::computed("Enabled", |user| {
            (user.pointer("/disabled") != Some(&Value::Bool(true))).to_string()
        }),
    ],
    details: &[
        Column::value("Username", "/username"),
        Column::value("Groups", "/groups"),
        Column::value("Disabled", "/disabled"),
    ],
    commands: &[
        CustomCommand { name: "create", arguments: create_arguments, run: create_user },
        CustomCommand { name: "disable", arguments: disable_arguments, run: disable },
        CustomCommand {
            name: "reinstate",
            arguments: |command| named_user(command, "Enable a disabled user again"),
            run: |context, matches| {
                change(context, matches, Method::PUT, "/reinstate", "Reinstated")
            },
        },
        CustomCommand {
            name: "add-group",
            arguments: |command| named_user(command, "Add a user to a group").arg(group()),
            run: |context, matches| change_group(context, matches, Method::PUT, "Added"),
        },
        CustomCommand {
            name: "remove-group",
            arguments: |command| named_user(command, "Remove a user from a group").arg(group()),
            run: |context, matches| change_group(context, matches, Method::DELETE, "Removed"),
        },
        CustomCommand {
            name: "remove-groups",
            arguments: |command| named_user(command, "Remove a user from all groups"),
            run: |context, matches| change(context, matches, Method::DELETE, "/groups", "Removed"),
        },
        CustomCommand { name: "set-groups", arguments: groups::arguments, run: groups::set },
        CustomCommand {
            name: "change-password",
            arguments: password::change_arguments,
            run: password::change,
        },
        CustomCommand {
            name: "reset-password",
            arguments: password::reset_arguments,
            run: password::reset,
        },
        CustomCommand {
            name: "hash-password",
            arguments: password::hash_arguments,
            run: password::hash,
        },
        CustomCommand {
            name: "test-creds",
            arguments: password::test_arguments,
            run: password::test,
        },
    ],
    examples: "  sensuctl user create bob --groups dev --interactive
  sensuctl user change-password
  sensuctl user disable bob",
    ..Descriptor::CLUSTER_WIDE
};

const GROUPS: Field =
    Field::list("groups", "/groups", "Groups of the user").short('g').prompt("Groups:");

fn named_user(command: Command, about: &'static str) -> Command {
    command.about(about).arg(positional("name", "USERNAME", "Name of the user"))
}

fn group() -> Arg {
    positional("group", "GROUP", "Name of the group")
}

fn user_path(name: &str) -> String {
    USER.object_path("", &[name])
}

fn change(
    context: &Context,
    matches: &ArgMatches,
    method: Method,
    operation: &str,
    message: &str,
) -> Result<()> {
    let path = format!("{}{operation}", user_path(required(matches, "name")));
    context.call(method, &path, &[], None)?;
    context.print_line(message)
}

fn change_group(
    context: &Context,
    matches: &ArgMatches,
    method: Method,
    message: &str,
) -> Result<()> {
    let group = encode_segment(required(matches, "group"));
    change(context, matches, method, &format!("/groups/{group}"), message)
}

fn create_arguments(command: Command) -> Command {
    command
        .about("Create a user")
        .arg(Arg::new("name").value_name("USERNAME").help("Name of the user"))
        .arg(
            password::password_arg("password", "Password: at least 8 characters, at most 72 bytes")
                .short('p'),
        )
        .arg(password::hash_arg())
        .arg(GROUPS.arg())
        .arg(create::interactive())
}

fn create_user(context: &Context, matches: &ArgMatches) -> Result<()> {
    let mut name = optional(matches, "name").unwrap_or_default().to_owned();
    let password = optional(matches, "password").map(|password| ("/password", password.to_owned()));
    let hash = optional(matches, "password-hash").map(|hash| ("/password_hash", hash.to_owned()));
    let mut secret = hash.or(password);
    let mut groups = GROUPS.value(matches);
    if matches.get_flag("interactive") || (secret.is_none() && prompt::is_possible()) {
        name = prompt::text("Username:", &name, true)?;
        secret = Some(("/password", prompt::password("Password:")?));
        groups = Some(prompt::text("Groups:", &groups.unwrap_or_default(), false)?);
    }
    let Some((at, secret)) = secret else {
        bail!("required flag(s) \"password\" not set");
    };
    if name.is_empty() {
        bail!("the name of the user is missing");
    }
    let mut user = USER.new_object("", &[name]);
    pointer::set(&mut user, at, json!(secret));
    if let Some(groups) = groups {
        pointer::set(&mut user, "/groups", json!(split_list(&groups)));
    }
    pointer::set(&mut user, "/disabled", json!(false));
    create::post(context, &USER, &user)?;
    context.print_line("Created")
}

fn disable_arguments(command: Command) -> Command {
    named_user(command, "Disable a user: no more logins, and all sessions end")
        .arg(delete::skip_confirm())
}

fn disable(context: &Context, matches: &ArgMatches) -> Result<()> {
    let name = required(matches, "name");
    if !delete::is_confirmed("disable", name, matches)? {
        return context.print_line("Canceled");
    }
    context.delete(&user_path(name))?;
    context.print_line("Disabled")
}
