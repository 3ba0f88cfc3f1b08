//! `sensu-server completion`: completion scripts for shells.

use std::io::Write as _;

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::args::Cli;

/// Settings of `completion`.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Completion {
    /// Name of the shell.
    pub shell: Shell,
}

/// Prints the script.
pub(super) fn print(args: &Completion) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "sensu-server", &mut script);
    Ok(std::io::stdout().lock().write_all(&script)?)
}
