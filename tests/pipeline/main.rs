//! The event pipeline: what handlers receive, and when. The numbers are those of the experiments in the
//! reference.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot continue has failed"
)]

mod filters;
mod handlers;
mod mutators;
mod outbox;
mod outcomes;
mod support;
