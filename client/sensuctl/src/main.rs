//! `sensuctl`: the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    sensuctl::run(std::env::args_os())
}
