//! The client library, against a real server where that can be, and against a scripted one where a
//! real one would not do.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod backends;
mod examples;
mod failures;
#[cfg(unix)]
mod readme;
mod sessions;
