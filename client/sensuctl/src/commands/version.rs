//! `sensuctl version`

use anyhow::Result;
use clap::{ArgMatches, Command};

use crate::context::Context;

/// Its name.
pub(crate) fn command() -> Command {
    Command::new("version").about("Show the version of this program")
}

/// Shows it.
pub(crate) fn run(context: &Context, _matches: &ArgMatches) -> Result<()> {
    context.say(concat!("sensuctl version ", env!("CARGO_PKG_VERSION")))
}
