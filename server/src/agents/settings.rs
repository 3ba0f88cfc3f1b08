//! Settings of the port for agents.

use std::net::SocketAddr;
use std::time::Duration;

use crate::connections::Tls;

/// Settings of the port for agents.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Address and port. Port 0 selects a free port.
    pub address: SocketAddr,
    /// Certificate and private key, to serve WebSocket over TLS (`wss`).
    pub tls: Option<Tls>,
    /// Maximum time for an agent to accept a message; beyond it, the connection is closed.
    pub write_timeout: Duration,
    /// Maximum number of connected agents.
    pub max_sessions: usize,
    /// Time between pings to an agent.
    pub ping_interval: Duration,
}

impl Settings {
    /// Default port.
    pub const PORT: u16 = 8081;
    /// Default of [`Settings::write_timeout`].
    pub const WRITE_TIMEOUT: Duration = Duration::from_secs(15);
    /// Default of [`Settings::max_sessions`].
    pub const MAX_SESSIONS: usize = 20_000;
    /// Maximum number of connections whose handshake is not complete.
    pub const MAX_HANDSHAKES: usize = 1_000;
    /// Default of [`Settings::ping_interval`].
    pub const PING_INTERVAL: Duration = Duration::from_secs(30);
}

impl Default for Settings {
    /// A free port of the loopback interface, without TLS.
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            tls: None,
            write_timeout: Self::WRITE_TIMEOUT,
            max_sessions: Self::MAX_SESSIONS,
            ping_interval: Self::PING_INTERVAL,
        }
    }
}
