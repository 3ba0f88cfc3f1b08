//! The conformance suite: every property of the promise, written once, tested on every engine.

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
mod order;
mod servers;
mod transactions;
