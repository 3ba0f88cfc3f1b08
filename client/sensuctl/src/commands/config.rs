//! `sensuctl config`: show and change the settings that are kept.

use std::time::Duration;

use anyhow::Result;
use clap::builder::PossibleValuesParser;
use clap::{ArgMatches, Command};
use serde_json::{Value, json};

use crate::column::time;
use crate::context::{Context, claim};
use crate::field::place;
use crate::global_flags::duration;
use crate::output::{self, FORMATS, Format};
use crate::serialize;
use crate::{table, verbs};

/// Its commands.
pub(crate) fn command() -> Command {
    let value = |name, help| verbs::positional("value", name, help);
    Command::new("config")
        .about("Show and change the settings")
        .after_help("Examples:\n  sensuctl config view\n  sensuctl config set-namespace production\n  sensuctl config set-format yaml")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(Command::new("view").about("Show the settings").arg(output::flag()))
        .subcommand(
            Command::new("set-format").about("Set the output format").arg(
                value("FORMAT", "The format").value_parser(PossibleValuesParser::new(FORMATS)).ignore_case(true),
            ),
        )
        .subcommand(
            Command::new("set-namespace").about("Set the namespace to work in").arg(value("NAME", "The namespace")),
        )
        .subcommand(
            Command::new("set-timeout")
                .about("Set how long a request may take, such as 15s")
                .arg(value("TIME", "How long")),
        )
}

/// Does what one of them says.
pub(crate) fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let Some((name, matches)) = matches.subcommand() else { return Ok(()) };
    let directory = context.directory();
    match name {
        "set-format" => {
            let format = verbs::required(matches, "value").to_ascii_lowercase();
            directory.update_profile(|profile| profile.format = format)?;
        }
        "set-namespace" => {
            let namespace = verbs::required(matches, "value").to_owned();
            directory.update_profile(|profile| profile.namespace = namespace)?;
        }
        "set-timeout" => {
            let timeout = nanoseconds(duration(verbs::required(matches, "value"))?);
            directory.update_cluster(|cluster| {
                cluster.extra.insert("timeout".into(), timeout);
            })?;
        }
        _ => return view(context, matches),
    }
    context.say("OK")
}

/// A length of time as the file has it.
pub(crate) fn nanoseconds(time: Duration) -> Value {
    json!(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}

fn view(context: &Context, matches: &ArgMatches) -> Result<()> {
    let edition = match context.cluster().edition.as_str() {
        "" => "core",
        edition => edition,
    };
    let format = match context.preferred_format() {
        "" => "tabular",
        format => format,
    };
    let tokens = context.tokens();
    let (user, timeout) = (context.user(), humantime::format_duration(context.timeout()));
    let mut shown = json!({
        "api-url": context.api_url(),
        "edition": edition,
        "format": format,
        "namespace": context.namespace(),
        "timeout": timeout.to_string(),
    });
    if let Some(user) = &user {
        place(&mut shown, "/username", json!(user));
    }
    if let Some(tokens) = &tokens {
        let expires =
            claim(&tokens.access_token, "exp").unwrap_or_else(|| json!(tokens.expires_at));
        place(&mut shown, "/jwt_expires_at", expires);
    }
    let text = match output::format(context, matches) {
        Format::Json | Format::Wrapped => serialize::pretty(&shown)?,
        Format::Yaml => serialize::yaml(&shown)?,
        Format::Query(pick) => pick.of(&shown)?,
        Format::Tabular => table::titled(
            "Active Configuration",
            &[
                ("API URL", context.api_url().to_owned()),
                ("Edition", edition.to_owned()),
                ("Namespace", context.namespace().to_owned()),
                ("Format", format.to_owned()),
                ("Timeout", timeout.to_string()),
                ("Username", user.unwrap_or_default()),
                (
                    "JWT Expiration Timestamp",
                    time(shown.get("jwt_expires_at").and_then(Value::as_i64)),
                ),
            ],
            context.has_colours(),
        ),
    };
    context.write(&text)
}
