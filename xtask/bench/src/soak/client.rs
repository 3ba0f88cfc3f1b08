//! An HTTP client of the load: one connection from one address, opened again when it was closed.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::{TcpSocket, TcpStream};

use crate::traffic::{Connection, request};

/// Maximum time for a response.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A client.
pub(super) struct Client {
    server: SocketAddr,
    from: IpAddr,
    connection: Option<Connection>,
}

/// A response, without its headers.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

impl Client {
    /// A client at an address of its own, such as 127.0.0.2.
    pub(super) fn new(server: SocketAddr, from: IpAddr) -> Self {
        Self { server, from, connection: None }
    }

    /// Sends a request. A connection that the server has closed since the last request is replaced
    /// once.
    pub(super) async fn send(
        &mut self,
        line: &str,
        authorization: &str,
        body: &str,
    ) -> anyhow::Result<Reply> {
        let request = request(line, authorization, body);
        let is_reused = self.connection.is_some();
        match self.attempt(&request).await {
            Err(_) if is_reused => self.attempt(&request).await,
            result => result,
        }
    }

    async fn attempt(&mut self, request: &[u8]) -> anyhow::Result<Reply> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => Connection::over(connect(self.server, self.from).await?)?,
        };
        let sent = tokio::time::timeout(TIMEOUT, connection.send(request)).await;
        let response = sent.context("no response within a minute")??;
        let reply = Reply { status: response.status, body: response.body.to_vec() };
        self.connection = Some(connection);
        Ok(reply)
    }
}

/// Opens a connection from an address.
pub(super) async fn connect(server: SocketAddr, from: IpAddr) -> anyhow::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::new(from, 0))?;
    let connected = tokio::time::timeout(TIMEOUT, socket.connect(server)).await;
    Ok(connected.context("cannot connect within a minute")??)
}
