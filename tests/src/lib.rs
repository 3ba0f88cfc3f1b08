//! Support of the test suites: servers to test against, the committed document, and shared assertions.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot continue has failed"
)]

mod assertions;
mod document;
mod observed_store;
pub mod process;
mod server;
mod tools;

pub use assertions::{assert_refused, eventually, metric, series};
pub use document::{Document, Kind, Operation};
pub use observed_store::ObservedStore;
pub use server::{Response, TestServer};
pub use tools::skip;
