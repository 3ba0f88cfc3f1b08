//! The scripted agent, built with the tests that run it as a process.

use std::process::ExitCode;

fn main() -> ExitCode {
    sensu_test_agent::command::main()
}
