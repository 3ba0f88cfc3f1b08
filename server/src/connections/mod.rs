//! Open connections, and what their requests hold: handlers in progress, responses that clients have not
//! read yet, buffered bytes.
//!
//! Dropshot owns the sockets, and reports accepted connections in its log and the peer address with each
//! request. This table derives from both since when a connection is idle, and since when its client does
//! not read. `runtime::watchdog` closes those connections (decision record 0017).

mod budget;
mod closing;
mod connection;
mod table;
mod tls;

use std::time::Duration;

pub(crate) use budget::Charge;
pub(crate) use closing::CloseReason;
pub(crate) use connection::OpenRequest;
pub(crate) use table::Connections;
pub use tls::Tls;

/// Limits of connections and of the bytes that their requests hold.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Maximum number of open connections; beyond it, those without an authenticated request are closed,
    /// of the address with the most of them, then idle ones of other clients.
    pub connections: usize,
    /// Maximum number of bytes that idle connections without an authenticated request have sent, at most
    /// [`Limits::HEAD_BYTES`] of each counted; beyond it, those that have sent the most are closed.
    pub unfinished_heads: u64,
    /// Maximum number of requests in progress and responses that clients have not read; beyond it, the
    /// connections with the most of them are closed.
    pub open_requests: usize,
    /// Maximum number of bytes of response bodies that clients have not read; beyond it, requests get 503.
    pub response_bytes: usize,
    /// Maximum number of bytes of request bodies in memory; beyond it, requests get 503.
    pub request_bytes: usize,
    /// Maximum time from accepting a connection to its first complete request head.
    pub first_request: Duration,
    /// Maximum time that a connection may stay open without a request. HTTP/1.1 connections are closed by
    /// the HTTP library after 30 seconds.
    pub idle: Duration,
    /// Maximum time without progress of a client that reads a response.
    pub stalled: Duration,
    /// The same while half of [`Limits::response_bytes`] or of [`Limits::open_requests`] is in use.
    pub stalled_when_scarce: Duration,
    /// Maximum time for a client to read a response.
    pub write: Duration,
}

impl Limits {
    /// Default of [`Limits::connections`].
    pub const CONNECTIONS: usize = 1_000;
    /// Maximum number of bytes of an unfinished request head that the HTTP library buffers.
    pub const HEAD_BYTES: u64 = 8_192 + 100 * 4_096;

    /// Number of unfinished heads of the maximum size that [`Limits::unfinished_heads`] allows.
    fn full_size_heads(&self) -> usize {
        usize::try_from(self.unfinished_heads / Self::HEAD_BYTES).unwrap_or(usize::MAX)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: Self::CONNECTIONS,
            unfinished_heads: 32 << 20,
            open_requests: 4_096,
            response_bytes: 64 << 20,
            request_bytes: 64 << 20,
            first_request: Duration::from_secs(30),
            idle: Duration::from_secs(120),
            stalled: Duration::from_secs(30),
            stalled_when_scarce: Duration::from_secs(5),
            write: Duration::from_secs(120),
        }
    }
}
