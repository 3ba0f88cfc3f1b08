//! `sensuctl env`: prints settings and an access token as commands of a shell.

use std::time::Duration;

use anyhow::Result;
use clap::builder::PossibleValuesParser;
use clap::{ArgMatches, Command};

use crate::args::{option, required};
use crate::context::Context;

/// A printed token is valid for at least this long, if the server issues such tokens.
pub(super) const MIN_VALIDITY: Duration = Duration::from_secs(60);

pub(super) fn arguments(command: Command) -> Command {
    command
        .about("Print shell commands that export the settings and an access token")
        .long_about(
            "Print shell commands that export the settings and an access token. The refresh token is not exported: it is valid for one use, and a later use ends the session.",
        )
        .after_help(
            "Examples:
  eval $(sensuctl env)
  sensuctl env --shell powershell | Invoke-Expression
  curl -H \"Authorization: Bearer $SENSU_ACCESS_TOKEN\" $SENSU_API_URL/apis/core/v2/namespaces",
        )
        .arg(
            option("shell", "SHELL", "Name of the shell")
                .value_parser(PossibleValuesParser::new(["bash", "fish", "cmd", "powershell"]))
                .default_value("bash"),
        )
}

pub(super) fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let client = context.client()?;
    context.wait(client.access_token(MIN_VALIDITY))?;
    let (token, expires_at) = match client.tokens() {
        Some(tokens) => (tokens.access_token, tokens.expires_at.to_string()),
        None => Default::default(),
    };
    let ca_file = context.ca_file().map(|file| file.display().to_string()).unwrap_or_default();
    let shell = required(matches, "shell");
    let mut text = String::new();
    for (name, value) in [
        ("SENSU_API_URL", context.api_url().to_owned()),
        ("SENSU_NAMESPACE", context.namespace().to_owned()),
        ("SENSU_ACCESS_TOKEN", token),
        ("SENSU_ACCESS_TOKEN_EXPIRES_AT", expires_at),
        ("SENSU_TRUSTED_CA_FILE", ca_file),
        ("SENSU_INSECURE_SKIP_TLS_VERIFY", context.skip_verify().to_string()),
        ("SENSU_TIMEOUT", humantime::format_duration(context.timeout()).to_string()),
    ] {
        text.push_str(&export(shell, name, &value));
        text.push('\n');
    }
    text.push_str(match shell {
        "cmd" => "REM Run: @FOR /f \"tokens=*\" %i IN ('sensuctl env --shell cmd') DO @%i\n",
        "powershell" => "# Run: sensuctl env --shell powershell | Invoke-Expression\n",
        "fish" => "# Run: sensuctl env --shell fish | source\n",
        _ => "# Run: eval $(sensuctl env)\n",
    });
    context.print(&text)
}

/// The command that sets an environment variable.
fn export(shell: &str, name: &str, value: &str) -> String {
    match shell {
        "cmd" => format!("SET {name}={value}"),
        "powershell" => format!("$Env:{name} = '{}'", value.replace('\'', "''")),
        "fish" => format!("set -gx {name} {};", shell_words::quote(value)),
        _ => format!("export {name}={}", shell_words::quote(value)),
    }
}
