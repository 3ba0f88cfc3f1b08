//! Crash tests: a process that writes is killed, or its disk refuses, at any moment; afterwards
//! everything it was told is stored is there, in whole transactions.
//!
//! `SENSU_STORE_KILLS` sets how often it is killed, `SENSU_STORE_SYNC_KILLS` how often exactly when
//! it is about to sync.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails"
)]

mod child;
mod disk;
mod kills;
mod tail;

use std::ffi::OsString;

/// How often to do something, if the environment does not say otherwise.
fn times(variable: &str, otherwise: u64) -> u64 {
    let read = |number: OsString| number.to_str().unwrap().parse().unwrap();
    std::env::var_os(variable).map_or(otherwise, read)
}
