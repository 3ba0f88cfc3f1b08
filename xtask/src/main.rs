//! `cargo xtask <task>`

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask::{bench, check, docs_ui, generate, store, tidy};

/// Tasks of this workspace.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Write the OpenAPI document, the table of operations, and the client made from them.
    Generate {
        /// Change nothing; fail and show the difference if a file is not what would be written.
        #[arg(long)]
        check: bool,
    },
    /// Compare the docs browser that is checked in with the package it comes from.
    DocsUi {
        /// Compare only; the default.
        #[arg(long, conflicts_with = "update")]
        check: bool,
        /// Fetch the package and take the file from it.
        #[arg(long)]
        update: bool,
    },
    /// What CI runs, in its order.
    Check,
    /// The rules of the house that no compiler knows.
    Tidy,
    /// The store's promise: conformance and crash suites on every engine, and what each passed.
    Store {
        /// How often a process that writes is killed.
        #[arg(long, default_value_t = 200)]
        kills: u32,
    },
    /// Measure, as ratios within one run.
    Bench {
        /// What to measure.
        #[arg(value_enum)]
        what: bench::What,
    },
}

#[expect(clippy::print_stderr, reason = "a task talks to the person who runs it")]
fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Generate { check } => generate::run(check),
        Task::DocsUi { check: _, update } => docs_ui::run(update),
        Task::Check => check::run(),
        Task::Tidy => tidy::run(),
        Task::Store { kills } => store::run(kills),
        Task::Bench { what } => bench::run(what),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
