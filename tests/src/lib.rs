//! The harness of the test suites: servers to test against, and callers to test as.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

pub mod process;
mod server;

pub use server::{Raw, TestServer};

/// The value of a series of `/metrics`, by its name and labels as they are written.
#[must_use]
pub fn series(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.and_then(|value| value.parse().ok())
}
