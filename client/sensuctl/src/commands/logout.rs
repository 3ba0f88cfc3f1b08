//! `sensuctl logout`: ends the session.

use anyhow::{Result, bail};
use clap::{ArgMatches, Command};
use sensu_client::StatusCode;

use crate::context::Context;

pub(super) fn arguments(command: Command) -> Command {
    command.about("End the session on the server, and delete its tokens")
}

/// The messages are those of Sensu Go 5.0.0.
pub(super) fn run(context: &Context, _matches: &ArgMatches) -> Result<()> {
    if context.cluster().tokens().is_none() {
        bail!("You are not logged in");
    }
    let client = context.client_builder().config_dir(context.directory().clone()).build()?;
    match context.wait(client.log_out()) {
        // The session has ended already.
        Err(error) if error.status() == Some(StatusCode::UNAUTHORIZED) => {
            context.directory().update_cluster(|cluster| cluster.set_tokens(None))?;
        }
        result => result?,
    }
    context.print_line("You have been logout")
}
