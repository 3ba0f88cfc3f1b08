//! `cargo xtask agent`.

use std::process::ExitCode;

fn main() -> ExitCode {
    sensu_test_agent::command::main()
}
