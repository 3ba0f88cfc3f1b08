//! The conformance suite: the guarantees of the store, checked on every engine.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails"
)]

mod cache;
mod expiry;
mod feed;
mod fixture;
mod formats;
mod lifecycle;
mod linear;
mod maintenance;
mod model;
mod scans;
mod servers;
mod transactions;
