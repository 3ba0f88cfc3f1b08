//! `sensuctl token`: prints an access token.

use anyhow::{Result, bail};
use clap::{ArgMatches, Command};

use super::env::MIN_VALIDITY;
use crate::context::Context;

pub(super) fn arguments(command: Command) -> Command {
    command
        .about("Print an access token for the API")
        .long_about(
            "Print an access token for the API. A token that expires within 60 seconds is refreshed first, and the new one is stored.",
        )
        .after_help(
            "Examples:
  curl -H \"Authorization: Bearer $(sensuctl token)\" http://127.0.0.1:8080/apis/core/v2/namespaces",
        )
}

pub(super) fn run(context: &Context, _matches: &ArgMatches) -> Result<()> {
    if context.has_api_key() {
        bail!("an API key needs no token: send it as \"Authorization: Key ...\"");
    }
    let client = context.client()?;
    let token =
        context.wait(client.access_token(MIN_VALIDITY)).map_err(|error| context.explain(error))?;
    context.print_line(&token)
}
