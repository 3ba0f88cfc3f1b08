//! `sensuctl`, built with the tests that run it beside the server.

use std::process::ExitCode;

fn main() -> ExitCode {
    sensuctl::run(std::env::args_os())
}
