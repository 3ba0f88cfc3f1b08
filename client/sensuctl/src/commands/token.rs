//! `sensuctl token`: a token to call the API with.

use std::time::Duration;

use anyhow::{Result, bail};
use clap::{ArgMatches, Command};

use super::env::GOOD_FOR;
use crate::context::Context;

/// Its name.
pub(crate) fn command() -> Command {
    Command::new("token")
        .about("Print an access token for the API")
        .long_about(
            "Print an access token for the API. It is good for another minute at least, if the server gives such: one that ends sooner is renewed first, and the new one is kept.",
        )
        .after_help("Examples:\n  curl -H \"Authorization: Bearer $(sensuctl token)\" http://127.0.0.1:8080/apis/core/v2/namespaces")
}

/// Prints it.
pub(crate) fn run(context: &Context, _matches: &ArgMatches) -> Result<()> {
    if context.has_api_key() {
        bail!("an API key needs no token: send it as \"Authorization: Key ...\"");
    }
    let client = context.client()?;
    let token = context
        .wait(client.access_token(Duration::from_secs(GOOD_FOR)))
        .map_err(|error| context.explained(error))?;
    context.say(&token)
}
