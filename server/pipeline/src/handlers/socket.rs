//! Handlers of type `tcp` and `udp`.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use sensu_types::handler::HandlerSocket;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

use super::Retry;
use super::retry::Failed;
use crate::outbound::{OutboundError, OutboundPolicy};

/// Number of retries of connections.
const RETRIES: usize = 3;

/// Connects and writes the payload, nothing else. No reply is read. A failed connection is retried; `limit` is
/// the time for each connection, and for writing.
///
/// # Errors
/// The reason of the last failure.
pub(crate) async fn send_stream(
    policy: &OutboundPolicy,
    retry: Retry,
    socket: &HandlerSocket,
    payload: &[u8],
    limit: Duration,
) -> Result<(), String> {
    let connect = || async move {
        let connection = async {
            let addresses = resolve(policy, socket).await?;
            let failed = |error: io::Error| Failed::temporary(format!("cannot connect: {error}"));
            TcpStream::connect(&*addresses).await.map_err(failed)
        };
        let late = |_| Failed::temporary("cannot connect: timed out");
        timeout(limit, connection).await.map_err(late)?
    };
    let mut stream = retry.run(RETRIES, connect).await.map_err(|failed| failed.reason)?;
    let write = async {
        stream.write_all(payload).await?;
        stream.shutdown().await
    };
    match timeout(limit, write).await {
        Ok(result) => result.map_err(|error| format!("cannot write: {error}")),
        Err(_) => Err("cannot write: timed out".into()),
    }
}

/// Sends the payload as one datagram.
///
/// # Errors
/// The reason. A payload that is too long for a datagram is one.
pub(crate) async fn send_datagram(
    policy: &OutboundPolicy,
    socket: &HandlerSocket,
    payload: &[u8],
    limit: Duration,
) -> Result<(), String> {
    let send = async {
        let addresses = resolve(policy, socket).await.map_err(|failed| failed.reason)?;
        let mut reason = String::new();
        for address in addresses {
            match send_to(address, payload).await {
                Ok(()) => return Ok(()),
                Err(error) => reason = format!("cannot send {} bytes: {error}", payload.len()),
            }
        }
        Err(reason)
    };
    timeout(limit, send).await.unwrap_or_else(|_| Err("cannot send: timed out".into()))
}

async fn send_to(address: SocketAddr, payload: &[u8]) -> io::Result<()> {
    let local: SocketAddr = match address {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    UdpSocket::bind(local).await?.send_to(payload, address).await.map(|_| ())
}

async fn resolve(
    policy: &OutboundPolicy,
    socket: &HandlerSocket,
) -> Result<Vec<SocketAddr>, Failed> {
    let port = u16::try_from(socket.port)
        .map_err(|_| Failed::new(format!("port {} does not exist", socket.port)))?;
    policy.resolve(&socket.host, port).await.map_err(|error| Failed {
        is_temporary: matches!(error, OutboundError::Resolution(..)),
        ..Failed::new(error.to_string())
    })
}
