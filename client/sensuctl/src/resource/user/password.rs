//! Passwords: changed by who knows the old one, or reset by an administrator.

use anyhow::{Result, anyhow, bail};
use clap::{Arg, ArgMatches, Command};
use serde_json::json;

use super::{USER, on_user};
use crate::context::Context;
use crate::prompt;
use crate::verbs;

/// What bcrypt costs: 2 to the power of this many rounds.
const COST: u32 = 10;

/// A flag that takes a password.
pub(crate) fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name("PASSWORD").help(help).allow_hyphen_values(true)
}

pub(super) fn change_command() -> Command {
    Command::new("change-password")
        .about("Change a password")
        .long_about("Change a password: your own, for which the current one is needed, or that of another user.")
        .arg(Arg::new("name").value_name("USERNAME").help("Whose password; your own if left out"))
        .arg(flag("current-password", "Your current password"))
        .arg(flag("new-password", "The new password, 8 characters or more"))
        .arg(verbs::create::interactive())
}

pub(super) fn change(context: &Context, matches: &ArgMatches) -> Result<()> {
    let given = |flag| matches.get_one::<String>(flag).cloned();
    let own = context.user();
    let name = given("name").or_else(|| own.clone());
    let name = name.ok_or_else(|| anyhow!("give the name of the user"))?;
    let asks = matches.get_flag("interactive")
        || (given("new-password").is_none() && prompt::is_possible());
    if own.as_deref() == Some(name.as_str()) {
        let current = match asks {
            true => prompt::password("Current Password:")?,
            false => given("current-password").unwrap_or_default(),
        };
        if current.is_empty() {
            bail!("current user's password must be provided");
        }
        if context.check_password(&name, &current).is_err() {
            bail!("given password did not match the one on file");
        }
    }
    let new = new_password(given("new-password"), asks)?;
    context.put(&format!("{}/password", USER.item("", &name)), &json!({"password": new}))?;
    // The change has ended all sessions of the user, this one too.
    if own.as_deref() == Some(name.as_str()) {
        context.begin_session(&name, &new)?;
    }
    context.say("Updated")
}

fn new_password(given: Option<String>, asks: bool) -> Result<String> {
    if asks {
        let new = prompt::password("New Password:")?;
        if new != prompt::password("Confirm Password:")? {
            bail!("given passwords do not match");
        }
        return Ok(new);
    }
    given.filter(|new| !new.is_empty()).ok_or_else(|| anyhow!("new password must be provided"))
}

pub(super) fn reset_command() -> Command {
    on_user("reset-password", "Set the password of a user, without the current one")
        .arg(flag("new-password", "The new password, 8 characters or more"))
        .arg(
            Arg::new("password-hash").long("password-hash").value_name("HASH").help(
                "The bcrypt hash of the password, as `sensuctl user hash-password` prints it",
            ),
        )
        .arg(verbs::create::interactive())
}

pub(super) fn reset(context: &Context, matches: &ArgMatches) -> Result<()> {
    let name = verbs::required(matches, "name");
    let hash = match matches.get_one::<String>("password-hash") {
        Some(hash) => hash.clone(),
        None => {
            let given = matches.get_one::<String>("new-password").cloned();
            let asks =
                matches.get_flag("interactive") || (given.is_none() && prompt::is_possible());
            hashed(&new_password(given, asks)?)?
        }
    };
    let request = json!({"username": name, "password_hash": hash});
    context.put(&format!("{}/reset_password", USER.item("", name)), &request)?;
    context.say("Reset")
}

/// The hash of a password that the server would accept.
fn hashed(password: &str) -> Result<String> {
    match (password.chars().count(), password.len()) {
        (..8, _) => bail!("password length must be at least 8 characters"),
        (_, ..=72) => Ok(bcrypt::hash(password, COST)?),
        _ => bail!("password must not be longer than 72 bytes"),
    }
}

pub(super) fn hash_command() -> Command {
    Command::new("hash-password")
        .about("Print the bcrypt hash of a password")
        .arg(Arg::new("password").value_name("PASSWORD").help("Asked for if left out"))
}

pub(super) fn hash(context: &Context, matches: &ArgMatches) -> Result<()> {
    let password = match matches.get_one::<String>("password") {
        Some(password) => password.clone(),
        None if prompt::is_possible() => prompt::password("Password:")?,
        None => bail!("give the password"),
    };
    context.say(&hashed(&password)?)
}

pub(super) fn test_command() -> Command {
    on_user("test-creds", "Try a user's password, without logging in")
        .arg(flag("password", "The user's password; asked for if left out"))
}

pub(super) fn test(context: &Context, matches: &ArgMatches) -> Result<()> {
    let name = verbs::required(matches, "name");
    let password = match matches.get_one::<String>("password") {
        Some(password) => password.clone(),
        None if prompt::is_possible() => prompt::password("Password:")?,
        None => bail!("required flag(s) \"password\" not set"),
    };
    context.check_password(name, &password)?;
    context.say("Authenticated")
}
