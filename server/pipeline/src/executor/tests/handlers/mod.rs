//! Tests with real sockets on loopback addresses.

mod http;
mod sockets;

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use ipnet::IpNet;
use sensu_types::handler::{Handler, HandlerSocket};
use tokio::net::TcpSocket;

use crate::handlers::{DEFAULT_TIMEOUT, HandlerResult, OUTPUT, Retry, send_stream};
use crate::javascript::JavaScript;
use crate::outbound::OutboundPolicy;
use crate::{Executor, HttpRequest, RunContext, Settings};

/// The longest time to wait. It bounds a test that hangs; no test measures speed.
const PATIENCE: Duration = Duration::from_mins(1);

/// An address that refuses connections until the socket listens. No other program can take it.
fn refusing() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

/// An executor that retries soon.
fn executor(deny: &[&str]) -> Executor {
    let deny: Vec<IpNet> = deny.iter().map(|network| network.parse().unwrap()).collect();
    let settings = Settings {
        javascript: JavaScript::new(crate::javascript::Limits::default()),
        commands: None,
        outbound: OutboundPolicy::new(Vec::new(), deny),
        retry: Retry { first_delay: Duration::from_millis(20), ..Retry::default() },
    };
    Executor::new(settings).unwrap()
}
