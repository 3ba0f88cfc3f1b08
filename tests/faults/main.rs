//! Fault tests of whole servers: killed, with a full disk, with a directory that cannot be written,
//! without their database. No acknowledged write is lost, and errors name their cause.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot continue has failed"
)]

mod directory;
mod full_disk;
mod import;
mod interrupted;
mod kills;
mod load;
mod maintenance;
mod postgres;

use std::process::Command;

/// The server program. Its requests do not time out, however busy the machine is.
fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_test-server"));
    program.env("SENSU_API_TIMEOUT", "300");
    program
}
