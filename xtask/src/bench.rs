//! Measurements, always as a ratio to something measured in the same run: machines are noisy.
//!
//! Every figure is taken in rounds in which the contenders take turns ([`contest`]); what is printed
//! is the median of the rounds, with the lowest and the highest.

mod cli;
mod contest;
mod http;
mod plot;
mod process;
mod store;
mod traffic;
mod verdict;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use clap::Subcommand;

/// What to measure.
#[derive(Debug, Subcommand)]
pub enum What {
    /// Requests per second: a check read, an event written, against a bare hyper server.
    Http(http::Options),
    /// The store's engines against the limits of the machine: its disk, its memory, SQLite alone.
    Store(store::Options),
    /// Starts of `sensuctl --help`, against starts of `true`.
    Cli,
    /// A bare hyper server that gives one answer, until its input ends.
    #[command(hide = true)]
    Bare {
        /// The answer.
        body: PathBuf,
    },
}

/// Measures and prints. In a build that is not optimized: makes one that is, and lets it measure.
///
/// # Errors
/// If something cannot be built or started, or does not answer as it should. A target that is missed
/// is printed and is no error: it may be the machine's fault.
pub fn run(what: &What) -> anyhow::Result<()> {
    if cfg!(debug_assertions) {
        return measure_optimized();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match what {
        What::Http(options) => runtime.block_on(http::run(options)),
        What::Cli => cli::run(),
        What::Store(options) => runtime.block_on(store::run(options)),
        What::Bare { body } => runtime.block_on(http::bare::serve(std::fs::read(body)?.into())),
    }
}

/// Builds this program and the server as they are released, and hands over.
fn measure_optimized() -> anyhow::Result<()> {
    build(&crate::root())?;
    let ended = Command::new(released("xtask")?).args(std::env::args_os().skip(1)).status()?;
    ensure!(ended.success(), "the measurement failed: {ended}");
    Ok(())
}

/// Builds the two programs of the workspace in `folder`, into the target folder of this one: what
/// both have in common is built once.
fn build(folder: &Path) -> anyhow::Result<()> {
    let mut cargo = Command::new("cargo");
    cargo.args([
        "build",
        "--release",
        "--quiet",
        "--package",
        "xtask",
        "--package",
        "sensu-server",
    ]);
    let built = cargo.current_dir(folder).env("CARGO_TARGET_DIR", target()?).status()?;
    ensure!(built.success(), "cannot build {}: {built}", folder.display());
    Ok(())
}

/// Where cargo puts an optimized program.
fn released(program: &str) -> anyhow::Result<PathBuf> {
    Ok(target()?.join("release").join(program))
}

/// The folder that cargo works in.
fn target() -> anyhow::Result<PathBuf> {
    let this = std::env::current_exe()?;
    Ok(this.ancestors().nth(2).context("this program lies in no target folder")?.to_owned())
}
