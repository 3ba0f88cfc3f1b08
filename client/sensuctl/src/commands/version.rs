//! `sensuctl version`

use anyhow::Result;
use clap::{ArgMatches, Command};

use crate::context::Context;

pub(super) fn arguments(command: Command) -> Command {
    command.about("Print the version of sensuctl")
}

pub(super) fn run(context: &Context, _matches: &ArgMatches) -> Result<()> {
    context.print_line(concat!("sensuctl version ", env!("CARGO_PKG_VERSION")))
}
