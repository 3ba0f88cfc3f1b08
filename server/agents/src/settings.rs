//! Settings of the transport.

use std::time::Duration;

/// Limits and intervals of the transport.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Name of this server in the header `Backend-Id`. The header is omitted if empty or not valid in a header.
    pub backend_id: String,
    /// Time limit for the TLS handshake and the head of the request, and afterwards for the authentication.
    /// Default: 15 s.
    pub handshake_timeout: Duration,
    /// Maximum number of connections whose request is incomplete. A further one closes the oldest. Default: 1,000.
    pub incomplete_handshakes: usize,
    /// Maximum size of the head of a request, in bytes; at least 8,192. Larger heads are responded to with 431.
    /// Default: 65,536.
    pub head_size: usize,
    /// Maximum size of a received message, in bytes. Larger messages end the session with close code 1009.
    /// Default: 8 MiB.
    pub message_size: usize,
    /// Time limit for writing a frame of at most 16 KiB. A session whose agent does not read is closed after it.
    /// Default: 15 s.
    pub write_timeout: Duration,
    /// Time between the pings that the server sends. Default: 30 s.
    pub ping_interval: Duration,
    /// Time without any received byte after which a session is closed. Default: 75 s.
    pub idle_timeout: Duration,
    /// Time limit of the closing handshake. Default: 5 s.
    pub close_timeout: Duration,
    /// Time limit for the end of all sessions at shutdown. Default: 10 s.
    pub shutdown_timeout: Duration,
    /// Maximum number of messages that wait for being sent, per session. Further ones are dropped. At least 1.
    /// Default: 100.
    pub queue_length: usize,
    /// Maximum size of the messages that wait for being sent, per session, in bytes. Further ones are dropped, except
    /// the first. Default: 8 MiB.
    pub queue_size: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            backend_id: String::new(),
            handshake_timeout: Duration::from_secs(15),
            incomplete_handshakes: 1_000,
            head_size: 64 * 1024,
            message_size: 8 * 1024 * 1024,
            write_timeout: Duration::from_secs(15),
            ping_interval: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(75),
            close_timeout: Duration::from_secs(5),
            shutdown_timeout: Duration::from_secs(10),
            queue_length: 100,
            queue_size: 8 * 1024 * 1024,
        }
    }
}
