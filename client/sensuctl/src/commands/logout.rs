//! `sensuctl logout`: end the session.

use anyhow::{Result, bail};
use clap::{ArgMatches, Command};

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
    let client = context.builder().directory(context.directory().clone()).build()?;
    context.wait(client.log_out())?;
    context.say("You have been logout")
}
