//! The harness of the test suites: servers to test against, and callers to test as.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

pub mod process;
mod server;

pub use server::{Raw, TestServer};
