//! The contract: document, server and client agree, and this suite can tell when they do not.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod agree;
mod bounds;
mod broken;
mod documents;
mod generated;
mod samples;
mod served;
mod tour;
