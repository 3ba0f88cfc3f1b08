//! Passwords: changed by the user, or reset by an administrator.

use anyhow::{Result, anyhow, bail};
use clap::{Arg, ArgMatches, Command};
use sensu_client::Method;
use serde_json::json;

use super::{named_user, user_path};
use crate::args::{option, optional, required};
use crate::context::Context;
use crate::prompt;
use crate::verbs::create::{interactive, is_interactive_set, required_unless_interactive};

/// Logarithm of the number of bcrypt rounds.
const BCRYPT_COST: u32 = 10;

/// A flag whose value is a password.
pub(super) fn password_arg(name: &'static str, help: &'static str) -> Arg {
    option(name, "PASSWORD", help).allow_hyphen_values(true)
}

/// `--password-hash`.
pub(super) fn hash_arg() -> Arg {
    option(
        "password-hash",
        "HASH",
        "bcrypt hash of the password; see `sensuctl user hash-password`",
    )
}

fn new_password_arg() -> Arg {
    password_arg("new-password", "New password: at least 8 characters, at most 72 bytes")
}

fn is_interactive(matches: &ArgMatches, given: bool) -> bool {
    matches.get_flag("interactive") || (!given && prompt::is_possible())
}

pub(super) fn change_arguments(command: Command) -> Command {
    command
        .about("Change a password")
        .long_about(
            "Change your own password, which needs the current one, or that of another user. Ends all sessions of the user; your own session is renewed.",
        )
        .arg(Arg::new("name").value_name("USERNAME").help("Name of the user [default: yourself]"))
        .arg(password_arg("current-password", "Your current password"))
        .arg(new_password_arg())
        .arg(interactive())
}

pub(super) fn change(context: &Context, matches: &ArgMatches) -> Result<()> {
    let own = context.user();
    let name = optional(matches, "name").map(str::to_owned).or_else(|| own.clone());
    let name = name.ok_or_else(|| anyhow!("the name of the user is missing"))?;
    let is_own = own.as_deref() == Some(name.as_str());
    let new = optional(matches, "new-password");
    let is_interactive = is_interactive(matches, new.is_some());
    if is_own {
        let current = match is_interactive {
            true => prompt::password("Current Password:")?,
            false => optional(matches, "current-password").unwrap_or_default().to_owned(),
        };
        if current.is_empty() {
            bail!("current user's password must be provided");
        }
        if context.check_password(&name, &current).is_err() {
            bail!("given password did not match the one on file");
        }
    }
    let new = new_password(new, is_interactive)?;
    context.put(&format!("{}/password", user_path(&name)), &json!({"password": new}))?;
    // The server has ended all sessions of the user, including the current one.
    if is_own {
        context.renew_session(&name, &new)?;
    }
    context.print_line("Updated")
}

fn new_password(given: Option<&str>, is_interactive: bool) -> Result<String> {
    if is_interactive {
        let new = prompt::password("New Password:")?;
        if new != prompt::password("Confirm Password:")? {
            bail!("given passwords do not match");
        }
        return Ok(new);
    }
    match given.filter(|new| !new.is_empty()) {
        Some(new) => Ok(new.to_owned()),
        None => bail!("new password must be provided"),
    }
}

pub(super) fn reset_arguments(command: Command) -> Command {
    named_user(command, "Set the password of a user without the current one")
        .arg(new_password_arg())
        .arg(hash_arg())
        .arg(interactive())
}

pub(super) fn reset(context: &Context, matches: &ArgMatches) -> Result<()> {
    let name = required(matches, "name");
    let hash = match optional(matches, "password-hash") {
        Some(hash) => hash.to_owned(),
        None => {
            let given = optional(matches, "new-password");
            hash_password(&new_password(given, is_interactive(matches, given.is_some()))?)?
        }
    };
    let request = json!({"username": name, "password_hash": hash});
    // Without warnings: released Sensu backends read the name in the body.
    let path = format!("{}/reset_password", user_path(name));
    context.call(Method::PUT, &path, &[], Some(&request))?;
    context.print_line("Reset")
}

/// Hashes a password, if the server would accept it.
fn hash_password(password: &str) -> Result<String> {
    match (password.chars().count(), password.len()) {
        (..8, _) => bail!("password length must be at least 8 characters"),
        (_, ..=72) => Ok(bcrypt::hash(password, BCRYPT_COST)?),
        _ => bail!("password must not be longer than 72 bytes"),
    }
}

pub(super) fn hash_arguments(command: Command) -> Command {
    command
        .about("Print the bcrypt hash of a password")
        .arg(Arg::new("password").value_name("PASSWORD").help("The password [default: prompt]"))
}

pub(super) fn hash(context: &Context, matches: &ArgMatches) -> Result<()> {
    let password = match optional(matches, "password") {
        Some(password) => password.to_owned(),
        None if prompt::is_possible() => prompt::password("Password:")?,
        None => bail!("the password is missing"),
    };
    context.print_line(&hash_password(&password)?)
}

pub(super) fn test_arguments(command: Command) -> Command {
    let name = Arg::new("name").value_name("USERNAME").help("Name of the user");
    command
        .about("Check the password of a user without logging in")
        .arg(required_unless_interactive(name))
        .arg(password_arg("password", "Password of the user [default: prompt]").short('p'))
        .arg(interactive())
}

pub(super) fn test(context: &Context, matches: &ArgMatches) -> Result<()> {
    let mut name = required(matches, "name").to_owned();
    let password = match optional(matches, "password") {
        _ if is_interactive_set(matches) => {
            name = prompt::text("Username:", &name, true)?;
            prompt::password("Password:")?
        }
        Some(password) => password.to_owned(),
        None if prompt::is_possible() => prompt::password("Password:")?,
        None => bail!("required flag(s) \"password\" not set"),
    };
    context.check_password(&name, &password)?;
    context.print_line("Authenticated")
}
