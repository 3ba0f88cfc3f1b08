//! `sensu-server`, built with the tests that run it as a process.

use std::process::ExitCode;

fn main() -> ExitCode {
    sensu_server::cli::main()
}
