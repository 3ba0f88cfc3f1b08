//! The program under test, built with the tests that start, kill and starve it.

use std::process::ExitCode;

fn main() -> ExitCode {
    sensu_server::cli::main()
}
