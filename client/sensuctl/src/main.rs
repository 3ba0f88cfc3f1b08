//! The program; all of it is in the library, which the tests use too.

use std::process::ExitCode;

fn main() -> ExitCode {
    sensuctl::run(std::env::args_os())
}
