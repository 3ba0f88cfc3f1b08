//! Crash tests: a process that writes is killed, or its disk fails. Afterwards the store contains
//! every acknowledged write, in whole transactions.
//!
//! `SENSU_STORE_KILLS` sets the number of kills at random moments (default 25),
//! `SENSU_STORE_SYNC_KILLS` that of kills at a sync (default 10).

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails"
)]

mod child;
mod disk;
mod kills;
mod log_end;

use std::ffi::OsString;

/// The number in an environment variable, or a default.
fn repetitions(variable: &str, default: u64) -> u64 {
    let parse = |number: OsString| number.to_str().unwrap().parse().unwrap();
    std::env::var_os(variable).map_or(default, parse)
}
