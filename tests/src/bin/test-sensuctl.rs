//! `sensuctl`, built with the tests that run it against the server.

use std::process::ExitCode;

fn main() -> ExitCode {
    sensuctl::run(std::env::args_os())
}
