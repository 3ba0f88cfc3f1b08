//! The conformance suite: every property of the promise, written once, tested on every engine.

mod cache;
mod expiry;
mod feed;
mod fixture;
mod lifecycle;
mod model;
mod order;
mod transactions;
