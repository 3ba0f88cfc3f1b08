//! `cargo xtask bench`: benchmarks, always as a ratio to something measured in the same run, because
//! machines are noisy.
//!
//! Every figure is taken in rounds in which the subjects take turns ([`interleaved`]). Reported are the
//! median of the rounds, the lowest and the highest. A missed goal is reported and is no error: the
//! machine may be the cause.

#![expect(clippy::indexing_slicing, reason = "indices come from the benchmarks themselves")]

mod agents;
mod cli;
mod goals;
mod http;
mod interleaved;
mod lists;
mod pipeline;
mod plot;
mod process;
mod soak;
mod store;
mod traffic;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, ensure};
use clap::Parser;

// The server's allocator: the bare hyper server and the store run in this program.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Benchmarks. Builds the programs that are measured in release mode.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench")]
enum Benchmark {
    /// Requests per second: read a check, write an event; compared with a bare hyper server.
    Http(http::Options),
    /// The store's engines compared with the limits of the machine: disk, memory, SQLite alone.
    Store(store::Options),
    /// Start time of `sensuctl --help`, compared with `true`.
    Cli,
    /// Memory of the server while many clients receive complete lists: fast, slowly, or not at all.
    Lists(lists::Options),
    /// Events that reach handlers: CPU time and memory, also beside slow and failing handlers.
    Pipeline(pipeline::Options),
    /// Agents that send keepalives and execute checks: CPU time, memory per session, delay of check requests.
    Agents(agents::Options),
    /// Mixed load with attacks: memory, failed requests, latency.
    Soak(soak::Options),
    /// A hyper server that sends one response to every request, until its standard input ends.
    #[command(hide = true)]
    Bare {
        /// File with the body of the response.
        body: PathBuf,
    },
}

#[expect(clippy::print_stderr, reason = "a task talks to the person who runs it")]
fn main() -> ExitCode {
    match run(&Benchmark::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(benchmark: &Benchmark) -> anyhow::Result<()> {
    ensure!(!cfg!(debug_assertions), "figures of a debug build mean nothing: cargo xtask bench");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match benchmark {
        Benchmark::Http(options) => runtime.block_on(http::run(options)),
        Benchmark::Store(options) => runtime.block_on(store::run(options)),
        Benchmark::Cli => cli::run(),
        Benchmark::Lists(options) => runtime.block_on(lists::run(options)),
        Benchmark::Pipeline(options) => runtime.block_on(pipeline::run(options)),
        Benchmark::Agents(options) => runtime.block_on(agents::run(options)),
        Benchmark::Soak(options) => runtime.block_on(soak::run(options)),
        Benchmark::Bare { body } => {
            runtime.block_on(http::bare::serve(std::fs::read(body)?.into()))
        }
    }
}

/// Builds a program of the workspace in `folder` in release mode, and returns its path. All builds share
/// the target directory of this program, so that dependencies are compiled once.
fn release_build(folder: &Path, package: &str) -> anyhow::Result<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release", "--quiet", "--package", package]);
    let built = cargo.current_dir(folder).env("CARGO_TARGET_DIR", target_dir()?).status()?;
    ensure!(built.success(), "cannot build {package} in {}: {built}", folder.display());
    Ok(target_dir()?.join("release").join(package))
}

/// The target directory of cargo.
fn target_dir() -> anyhow::Result<PathBuf> {
    let this = std::env::current_exe()?;
    Ok(this.ancestors().nth(2).context("this program is not in a target directory")?.to_owned())
}
