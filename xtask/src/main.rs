//! `cargo xtask <task>`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask::outside::fuzz::Depth;
use xtask::{bench, check, docs_ui, generate, outside, package, store, tidy};

// As in the server: what is measured here would otherwise wait for another allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
    /// Pack the client library and sensuctl, and build them from the packages alone.
    Package,
    /// Measure, as ratios within one run.
    Bench {
        /// What to measure.
        #[command(subcommand)]
        what: bench::What,
    },
    /// Lint the document with Redocly and Spectral, and validate its examples.
    Lint {
        /// Another document than the committed one.
        document: Option<PathBuf>,
    },
    /// Send made-up requests to a fresh server and hold the answers against the document.
    Fuzz {
        /// Another document than the committed one.
        document: Option<PathBuf>,
        /// Random requests and sequences, too: some ten minutes.
        #[arg(long)]
        everything: bool,
    },
    /// Generate clients, compile or type-check them, and use them on a live server.
    Clients {
        /// Another document than the committed one.
        document: Option<PathBuf>,
        /// Go, Java, Rust and a second TypeScript client, too.
        #[arg(long)]
        all: bool,
    },
    /// Run the Arazzo walk-throughs on a fresh server.
    Workflows {
        /// Other walk-throughs than the committed ones.
        workflows: Option<PathBuf>,
    },
    /// Open the served documentation in Chromium, cut off from every other host.
    DocsBrowser,
    /// Compare the document with the last released one; write or verify its changelog.
    Compat {
        /// Another document than the committed one.
        document: Option<PathBuf>,
        /// Write the changelog instead of verifying it.
        #[arg(long)]
        write: bool,
        /// Take the document as the released one of its version, and write the changelog.
        #[arg(long, conflicts_with_all = ["document", "write"])]
        release: bool,
    },
    /// Prove that each of these tasks fails when it should.
    Alarms,
    /// The tasks with other people's tools that CI runs.
    Outside,
    /// All tasks with other people's tools, the slow ones, too: some half an hour.
    Deep,
}

#[expect(clippy::print_stderr, reason = "a task talks to the person who runs it")]
fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Generate { check } => generate::run(check),
        Task::DocsUi { check: _, update } => docs_ui::run(update),
        Task::Check => check::run(),
        Task::Tidy => tidy::run(),
        Task::Store { kills } => store::run(kills),
        Task::Package => package::run(),
        Task::Bench { what } => bench::run(&what),
        Task::Lint { document } => outside::lint::run(document),
        Task::Fuzz { document, everything } => {
            outside::fuzz::run(document, if everything { Depth::Everything } else { Depth::Bounds })
        }
        Task::Clients { document, all } => outside::clients::run_all(document, all),
        Task::Workflows { workflows } => outside::workflows::run(workflows),
        Task::Compat { release: true, .. } => outside::compat::release(),
        Task::Compat { document, write, .. } => outside::compat::run(document, write),
        Task::DocsBrowser => outside::docs_browser::run(),
        Task::Alarms => outside::alarms::run(),
        Task::Outside => outside::fast(),
        Task::Deep => outside::deep(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
