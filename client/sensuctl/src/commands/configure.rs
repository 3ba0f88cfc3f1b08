//! `sensuctl configure`: logs in, and writes the configuration directory.

use anyhow::{Context as _, Result, anyhow, bail};
use clap::builder::PossibleValuesParser;
use clap::parser::ValueSource;
use clap::{ArgMatches, Command};
use sensu_client::config::Cluster;
use sensu_client::{Error, Method, core_path};
use serde_json::json;

use crate::args::{flag, option, optional};
use crate::context::Context;
use crate::global_flags::{CA_FILE, SKIP_VERIFY};
use crate::output::FORMATS;
use crate::prompt;

const EXAMPLES: &str = "Examples:
  sensuctl configure
  sensuctl configure --non-interactive --url https://sensu.example.com:8080 --username admin --password 'P@ssw0rd!' --format tabular";

/// Choices of the prompt, in the order of Sensu Go 5.0.0.
const FORMAT_CHOICES: &[&str] = &["tabular", "yaml", "wrapped-json", "json"];

pub(super) fn arguments(command: Command) -> Command {
    let text = |name, value, help| option(name, value, help).allow_hyphen_values(true);
    command
        .about("Log in to a server")
        .long_about(
            "Log in to a server, and store its URL, the session, the namespace and the output format. Prompts for values without a flag. Stores --timeout, --trusted-ca-file and --insecure-skip-tls-verify too, if they are set.",
        )
        .after_help(EXAMPLES)
        .arg(
            flag("non-interactive", "Do not prompt; --username and --password are required")
                .short('n'),
        )
        .arg(text("url", "URL", "URL of the server [default: the one of --api-url]"))
        .arg(text("username", "NAME", "User to log in as"))
        .arg(text("password", "PASSWORD", "Password of the user"))
        .arg(
            text("format", "FORMAT", "Output format: tabular, json, wrapped-json or yaml [default: the configured one, or tabular]")
                .value_parser(PossibleValuesParser::new(FORMATS))
                .ignore_case(true)
                .hide_possible_values(true),
        )
}

struct Answers {
    url: String,
    username: String,
    password: String,
    namespace: String,
    format: String,
}

pub(super) fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let answers = match matches.get_flag("non-interactive") || !prompt::is_possible() {
        true => answers_from_flags(context, matches)?,
        false => ask(context, matches)?,
    };
    let builder = context.client_builder().base_url(&answers.url);
    let login = builder.basic_auth(&answers.username, &answers.password).log_in();
    let client = context.wait(login).map_err(login_error)?;
    // Fail here, not at the next command, if the server does not accept the token.
    let user = core_path(["users", &answers.username]);
    context.wait(client.raw(Method::GET, user).send()).context("unable to read the user")?;
    context.cache_prefix(&answers.url, &client);
    context.set_malformed_files_aside()?;
    let tokens = client.tokens();
    context.directory().update_cluster(|cluster| {
        cluster.api_url = answers.url;
        cluster.set_tokens(tokens.as_ref());
        store_connection_settings(context, matches, cluster);
    })?;
    context.directory().update_profile(|profile| {
        profile.format = answers.format;
        profile.namespace = answers.namespace;
    })?;
    Ok(())
}

/// As in Sensu Go 5.0.0.
fn login_error(error: Error) -> anyhow::Error {
    match error {
        Error::Api { message, .. } => anyhow!("unable to authenticate with error: {message}"),
        error => error.into(),
    }
}

fn store_connection_settings(context: &Context, matches: &ArgMatches, cluster: &mut Cluster) {
    let is_given =
        |flag| matches.value_source(flag).is_some_and(|source| source != ValueSource::DefaultValue);
    let settings = &mut cluster.extra;
    if let Some(file) = context.ca_file().filter(|_| is_given(CA_FILE)) {
        settings.insert(CA_FILE.into(), json!(file.to_string_lossy()));
    }
    if is_given(SKIP_VERIFY) {
        settings.insert(SKIP_VERIFY.into(), json!(context.skip_verify()));
    }
    if let Some(timeout) = context.given_timeout() {
        settings.insert("timeout".into(), super::config::nanoseconds(timeout));
    }
}

fn answers_from_flags(context: &Context, matches: &ArgMatches) -> Result<Answers> {
    let given = |flag| optional(matches, flag).map(str::to_owned);
    let (Some(username), Some(password)) = (given("username"), given("password")) else {
        bail!("required flag(s) \"username\", \"password\" not set");
    };
    Ok(Answers {
        url: given("url").unwrap_or_else(|| context.api_url().to_owned()),
        username,
        password,
        namespace: context.namespace().to_owned(),
        format: format(context, matches),
    })
}

fn ask(context: &Context, matches: &ArgMatches) -> Result<Answers> {
    let given = |flag| optional(matches, flag);
    let url = given("url").filter(|url| !url.is_empty()).unwrap_or(context.api_url());
    Ok(Answers {
        url: prompt::text("Sensu Backend URL:", url, true)?,
        username: prompt::text("Username:", given("username").unwrap_or_default(), true)?,
        password: match given("password") {
            Some(password) => password.to_owned(),
            None => prompt::password("Password:")?,
        },
        namespace: prompt::text("Namespace:", context.namespace(), true)?,
        format: prompt::choice(
            "Preferred output format:",
            FORMAT_CHOICES,
            &format(context, matches),
        )?,
    })
}

/// The format of the flag, the configured one, or `tabular`.
fn format(context: &Context, matches: &ArgMatches) -> String {
    match optional(matches, "format").unwrap_or(context.configured_format()) {
        "" => "tabular".into(),
        format => format.to_ascii_lowercase(),
    }
}
