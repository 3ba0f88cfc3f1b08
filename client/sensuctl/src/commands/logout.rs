//! `sensuctl logout`: end the session.

use anyhow::{Result, bail};
use clap::{ArgMatches, Command};
use sensu_client::StatusCode;

use crate::context::Context;

/// Its name.
pub(crate) fn command() -> Command {
    Command::new("logout").about("End the session on the server, and forget its tokens")
}

/// Ends it.
pub(crate) fn run(context: &Context, _matches: &ArgMatches) -> Result<()> {
    if context.cluster().tokens().is_none() {
        bail!("You are not logged in");
    }
    let client = context.builder().config_dir(context.directory().clone()).build()?;
    match context.wait(client.log_out()) {
        // There is no session to end: its tokens are good for nothing.
        Err(error) if error.status() == Some(StatusCode::UNAUTHORIZED) => {
            context.directory().update_cluster(|cluster| cluster.set_tokens(None))?;
        }
        ended => ended?,
    }
    context.say("You have been logout")
}
