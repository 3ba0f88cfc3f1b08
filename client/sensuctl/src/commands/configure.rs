//! `sensuctl configure`: log in, and keep what is needed for the next commands.

use anyhow::{Context as _, Result, anyhow, bail};
use clap::{Arg, ArgAction, ArgMatches, Command};
use sensu_client::{CORE_V2, Error, Method, encode_segment};
use serde_json::json;

use crate::context::{Context, HERE};
use crate::output::FORMATS;
use crate::prompt;

const EXAMPLES: &str = "Examples:
  sensuctl configure
  sensuctl configure --non-interactive --url https://sensu.example.com:8080 --username admin --password 'P@ssw0rd!' --format tabular";

/// Its flags.
pub(crate) fn command() -> Command {
    let text = |name: &'static str, value: &'static str, help: &'static str| {
        let arg = Arg::new(name).long(name).value_name(value).help(help);
        arg.allow_hyphen_values(true)
    };
    Command::new("configure")
        .about("Log in to a server")
        .long_about(
            "Log in to a server, and remember its address, the session, the namespace and the output format. Asks for what no flag says. --timeout, --trusted-ca-file and --insecure-skip-tls-verify are remembered too.",
        )
        .after_help(EXAMPLES)
        .arg(
            Arg::new("non-interactive")
                .long("non-interactive")
                .short('n')
                .action(ArgAction::SetTrue)
                .help("Do not ask; --username and --password are required"),
        )
        .arg(text("url", "URL", "The server's address"))
        .arg(text("username", "NAME", "Who logs in"))
        .arg(text("password", "PASSWORD", "The user's password"))
        .arg(
            text("format", "FORMAT", "Output format: tabular, json, wrapped-json or yaml")
                .value_parser(clap::builder::PossibleValuesParser::new(FORMATS))
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

/// Logs in.
pub(crate) fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let answers = match matches.get_flag("non-interactive") || !prompt::is_possible() {
        true => from_flags(context, matches)?,
        false => asked(context, matches)?,
    };
    let builder = context.builder().base_url(&answers.url);
    let login = builder.basic_auth(&answers.username, &answers.password).log_in();
    let client = context.wait(login).map_err(refused)?;
    // A user who may not even see themselves would learn about it at the next command.
    let own = format!("{CORE_V2}/users/{}", encode_segment(&answers.username));
    context.wait(client.raw(Method::GET, own).send()).context("unable to read the user")?;
    context.remember(&answers.url, &client);
    context.mend()?;
    let tokens = client.tokens();
    context.directory().update_cluster(|cluster| {
        cluster.api_url = answers.url;
        cluster.set_tokens(tokens.as_ref());
        keep(context, matches, cluster);
    })?;
    context.directory().update_profile(|profile| {
        profile.format = answers.format;
        profile.namespace = answers.namespace;
    })?;
    Ok(())
}

fn refused(error: Error) -> anyhow::Error {
    match error {
        Error::Api { message, .. } => {
            anyhow!("unable to authenticate with error: {message}")
        }
        error => error.into(),
    }
}

/// Keeps the settings of the connection that were given.
fn keep(context: &Context, matches: &ArgMatches, cluster: &mut sensu_client::config::Cluster) {
    let given = |flag| matches.value_source(flag).is_some_and(|source| source != DEFAULT);
    let settings = &mut cluster.extra;
    if given("trusted-ca-file")
        && let Some(file) = context.ca_file()
    {
        settings.insert("trusted-ca-file".into(), json!(file.to_string_lossy()));
    }
    if given("insecure-skip-tls-verify") {
        settings.insert("insecure-skip-tls-verify".into(), json!(context.skip_verify()));
    }
    if let Some(timeout) = context.timeout_of_this_run() {
        settings.insert("timeout".into(), super::config::nanoseconds(timeout));
    }
}

const DEFAULT: clap::parser::ValueSource = clap::parser::ValueSource::DefaultValue;

fn from_flags(context: &Context, matches: &ArgMatches) -> Result<Answers> {
    let given = |flag| matches.get_one::<String>(flag).cloned();
    let (Some(username), Some(password)) = (given("username"), given("password")) else {
        bail!("required flag(s) \"username\", \"password\" not set");
    };
    Ok(Answers {
        url: given("url").unwrap_or_else(|| context.api_url().to_owned()),
        username,
        password,
        namespace: context.namespace().to_owned(),
        format: given("format").unwrap_or_else(|| preferred(context)),
    })
}

fn preferred(context: &Context) -> String {
    match context.preferred_format() {
        "" => "tabular".into(),
        format => format.to_ascii_lowercase(),
    }
}

fn asked(context: &Context, matches: &ArgMatches) -> Result<Answers> {
    let given = |flag| matches.get_one::<String>(flag).cloned();
    let url = given("url").unwrap_or_else(|| context.api_url().to_owned());
    let url = if url.is_empty() { HERE.to_owned() } else { url };
    Ok(Answers {
        url: prompt::text("Sensu Backend URL:", &url, true)?,
        username: prompt::text("Username:", &given("username").unwrap_or_default(), true)?,
        password: match given("password") {
            Some(password) => password,
            None => prompt::password("Password:")?,
        },
        namespace: prompt::text("Namespace:", context.namespace(), true)?,
        format: {
            let format = given("format").unwrap_or_else(|| preferred(context));
            prompt::choice(
                "Preferred output format:",
                &["tabular", "yaml", "wrapped-json", "json"],
                &format,
            )?
        },
    })
}
