//! `sensuctl env`: the settings and a fresh session, as commands of a shell.

use std::time::Duration;

use anyhow::Result;
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Command};

use crate::context::Context;

/// A token that is printed is good for at least so many seconds, if the server gives such.
pub(super) const GOOD_FOR: u64 = 60;

/// Its flag.
pub(crate) fn command() -> Command {
    Command::new("env")
        .about("Print commands that put settings and an access token into the environment of a shell")
        .after_help("Examples:\n  eval $(sensuctl env)\n  sensuctl env --shell powershell | Invoke-Expression\n  curl -H \"Authorization: Bearer $SENSU_ACCESS_TOKEN\" $SENSU_API_URL/apis/core/v2/namespaces")
        .arg(
            Arg::new("shell")
                .long("shell")
                .value_name("SHELL")
                .value_parser(PossibleValuesParser::new(["bash", "fish", "cmd", "powershell"]))
                .default_value("bash")
                .help("Whose commands"),
        )
}

/// Prints them. The refresh token stays in its file: it is good for one use, and whoever uses an old
/// one ends the session.
pub(crate) fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let client = context.client()?;
    context.wait(client.access_token(Duration::from_secs(GOOD_FOR)))?;
    let tokens = client.tokens();
    let held =
        |pick: fn(&sensu_client::Tokens) -> String| tokens.as_ref().map(pick).unwrap_or_default();
    let shell = crate::verbs::required(matches, "shell");
    let mut text = String::new();
    for (name, value) in [
        ("SENSU_API_URL", context.api_url().to_owned()),
        ("SENSU_NAMESPACE", context.namespace().to_owned()),
        ("SENSU_ACCESS_TOKEN", held(|tokens| tokens.access_token.clone())),
        ("SENSU_ACCESS_TOKEN_EXPIRES_AT", held(|tokens| tokens.expires_at.to_string())),
        (
            "SENSU_TRUSTED_CA_FILE",
            context.ca_file().map(|file| file.display().to_string()).unwrap_or_default(),
        ),
        ("SENSU_INSECURE_SKIP_TLS_VERIFY", context.skip_verify().to_string()),
        ("SENSU_TIMEOUT", humantime::format_duration(context.timeout()).to_string()),
    ] {
        text.push_str(&set(shell, name, &value));
        text.push('\n');
    }
    text.push_str(match shell {
        "cmd" => "REM Run: @FOR /f \"tokens=*\" %i IN ('sensuctl env --shell cmd') DO @%i\n",
        "powershell" => "# Run: sensuctl env --shell powershell | Invoke-Expression\n",
        "fish" => "# Run: sensuctl env --shell fish | source\n",
        _ => "# Run: eval $(sensuctl env)\n",
    });
    context.write(&text)
}

/// The command that sets a variable.
fn set(shell: &str, name: &str, value: &str) -> String {
    match shell {
        "cmd" => format!("SET {name}={value}"),
        "powershell" => format!("$Env:{name} = '{}'", value.replace('\'', "''")),
        "fish" => format!("set -gx {name} {};", shell_words::quote(value)),
        _ => format!("export {name}={}", shell_words::quote(value)),
    }
}
