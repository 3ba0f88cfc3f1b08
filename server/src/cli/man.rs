//! `sensu-server man`: manual pages, made from the texts of `--help`.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, CommandFactory as _};

use super::args::Cli;

/// Settings of `man`.
#[derive(Clone, Debug, Args)]
pub(super) struct Man {
    /// Directory of the pages, which must exist.
    pub directory: PathBuf,
}

/// Writes the pages.
pub(super) fn write(args: &Man) -> anyhow::Result<()> {
    clap_mangen::generate_to(Cli::command(), &args.directory)
        .with_context(|| format!("cannot write to {}", args.directory.display()))
}
