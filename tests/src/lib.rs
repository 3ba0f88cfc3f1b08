//! The harness of the test suites: servers to test against, and callers to test as.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod server;

pub use server::{Raw, TestServer};
