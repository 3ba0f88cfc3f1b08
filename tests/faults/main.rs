//! Fault tests of whole servers: killed, with a full disk, with a directory that cannot be written,
//! without their database. No acknowledged write is lost, and errors name their cause.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot continue has failed"
)]

mod agents;
mod directory;
mod full_disk;
mod handlers;
mod hostile;
mod import;
mod interrupted;
mod kills;
mod load;
mod maintenance;
mod postgres;
mod suspended;

use std::process::Command;

/// Number of kills in a test: `SENSU_SERVER_KILLS`, or 5.
fn number_of_kills() -> usize {
    let kills = std::env::var_os("SENSU_SERVER_KILLS");
    kills.map_or(5, |kills| kills.to_string_lossy().parse().expect("a number of kills"))
}

/// The server program. Its requests do not time out, however busy the machine is.
fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_test-server"));
    program.env("SENSU_API_TIMEOUT", "300");
    program
}
