//! `cargo xtask generate`: writes or verifies the generated files.

use std::process::ExitCode;

use clap::Parser;
use xtask_generate::Mode;

/// Write the generated files: OpenAPI document, operations, examples, client, schemas.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask generate")]
struct Options {
    /// Write nothing; fail and print the difference if a file is stale.
    #[arg(long)]
    check: bool,
    /// Also write the document as YAML and as OpenAPI 3.1; git ignores these files.
    #[arg(long, conflicts_with = "check")]
    all: bool,
}

#[expect(clippy::print_stderr, reason = "a task talks to the person who runs it")]
fn main() -> ExitCode {
    let mode = match Options::parse() {
        Options { check: true, .. } => Mode::Check,
        Options { all: true, .. } => Mode::WriteAll,
        Options { .. } => Mode::Write,
    };
    match xtask_generate::run(mode) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
