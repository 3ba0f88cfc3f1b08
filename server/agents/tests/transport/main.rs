//! The transport over real sockets: a service that records its calls, and scripted agents. The numbers are those of the
//! experiments in the reference.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot continue has failed"
)]

mod agents;
mod closing;
mod handshake;
mod incomplete;
mod messages;
mod sending;
mod support;
mod tls;
