//! `sensuctl config`: shows and changes the configuration directory.

use std::time::Duration;

use anyhow::Result;
use clap::builder::PossibleValuesParser;
use clap::{ArgMatches, Command};
use serde_json::{Value, json};

use crate::args::{positional, required};
use crate::context::{Context, token_claim};
use crate::descriptor::CustomCommand;
use crate::global_flags::parse_duration;
use crate::output::{FORMATS, Format, format, format_arg};
use crate::{pointer, serialize, table, time};

const COMMANDS: &[CustomCommand] = &[
    CustomCommand {
        name: "view",
        arguments: |command| command.about("Show the settings").arg(format_arg()),
        run: view,
    },
    CustomCommand {
        name: "set-format",
        arguments: |command| {
            let format = positional("value", "FORMAT", "Output format")
                .value_parser(PossibleValuesParser::new(FORMATS))
                .ignore_case(true);
            command.about("Set the output format").arg(format)
        },
        run: set_format,
    },
    CustomCommand {
        name: "set-namespace",
        arguments: |command| {
            let namespace = positional("value", "NAME", "Name of the namespace");
            command.about("Set the namespace to work in").arg(namespace)
        },
        run: set_namespace,
    },
    CustomCommand {
        name: "set-timeout",
        arguments: |command| {
            let timeout = positional("value", "DURATION", "Duration, such as 15s or 1m30s");
            command.about("Set the time limit of requests").arg(timeout)
        },
        run: set_timeout,
    },
];

pub(super) fn arguments(command: Command) -> Command {
    command
        .about("Show and change the settings")
        .after_help(
            "Examples:
  sensuctl config view
  sensuctl config set-namespace production
  sensuctl config set-format yaml",
        )
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(COMMANDS.iter().map(CustomCommand::build))
}

pub(super) fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let Some((name, matches)) = matches.subcommand() else { return Ok(()) };
    match CustomCommand::find(COMMANDS, name) {
        Some(command) => (command.run)(context, matches),
        None => Ok(()),
    }
}

fn set_format(context: &Context, matches: &ArgMatches) -> Result<()> {
    let format = required(matches, "value").to_ascii_lowercase();
    context.directory().update_profile(|profile| profile.format = format)?;
    context.print_line("OK")
}

fn set_namespace(context: &Context, matches: &ArgMatches) -> Result<()> {
    let namespace = required(matches, "value").to_owned();
    context.directory().update_profile(|profile| profile.namespace = namespace)?;
    context.print_line("OK")
}

fn set_timeout(context: &Context, matches: &ArgMatches) -> Result<()> {
    let timeout = nanoseconds(parse_duration(required(matches, "value"))?);
    context.directory().update_cluster(|cluster| {
        cluster.extra.insert("timeout".into(), timeout);
    })?;
    context.print_line("OK")
}

/// A duration as the configuration stores it.
pub(super) fn nanoseconds(duration: Duration) -> Value {
    json!(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
}

fn view(context: &Context, matches: &ArgMatches) -> Result<()> {
    let or_default = |text: &str, default: &str| match text {
        "" => default.to_owned(),
        text => text.to_owned(),
    };
    let edition = or_default(&context.cluster().edition, "core");
    let output_format = or_default(context.configured_format(), "tabular");
    let timeout = humantime::format_duration(context.timeout()).to_string();
    let mut settings = json!({
        "api-url": context.api_url(),
        "edition": edition,
        "format": output_format,
        "namespace": context.namespace(),
        "timeout": timeout,
    });
    if let Some(user) = context.user() {
        pointer::set(&mut settings, "/username", json!(user));
    }
    if let Some(tokens) = context.tokens() {
        let expiry =
            token_claim(&tokens.access_token, "exp").unwrap_or_else(|| json!(tokens.expires_at));
        pointer::set(&mut settings, "/jwt_expires_at", expiry);
    }
    let text = match format(context, matches) {
        Format::Json | Format::WrappedJson => serialize::json_pretty(&settings)?,
        Format::Yaml => serialize::yaml(&settings)?,
        Format::Query(query) => query.evaluate(&settings)?,
        Format::Tabular => {
            let setting = |at| pointer::text(&settings, at);
            let expiry = settings.pointer("/jwt_expires_at").and_then(Value::as_i64);
            let rows = [
                ("API URL", setting("/api-url")),
                ("Edition", setting("/edition")),
                ("Namespace", setting("/namespace")),
                ("Format", setting("/format")),
                ("Timeout", setting("/timeout")),
                ("Username", setting("/username")),
                ("JWT Expiration Timestamp", time::display(expiry)),
            ];
            table::labelled("Active Configuration", &rows, context.use_colors())
        }
    };
    context.print(&text)
}
