//! Whole servers in trouble: killed, starved of disk, denied a folder. What was acknowledged is
//! kept, or the server says clearly what is wrong.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod folder;
mod full;
mod importing;
mod interrupted;
mod kills;
mod load;
mod maintenance;
mod postgres;

use std::process::Command;

/// The server's program.
fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_test-server"))
}
