//! The harness of the test suites: servers to test against, and callers to test as.

mod server;

pub use server::{Raw, TestServer};
