//! Load on an HTTP server: prepared requests over persistent connections.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use async_trait::async_trait;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::interleaved::{Subject, per_second};

/// A request as bytes.
pub(super) type Request = Arc<[u8]>;

/// Prepares a request.
pub(super) fn request(line: &str, authorization: &str, body: &str) -> Request {
    let length = body.len();
    let text = format!(
        "{line} HTTP/1.1\r\nHost: bench\r\nAuthorization: {authorization}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    text.into_bytes().into()
}

/// One connection.
pub(super) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// A response.
pub(super) struct Response<'a> {
    pub(super) status: u16,
    /// The token of the next page.
    pub(super) next: Option<String>,
    pub(super) body: &'a [u8],
}

impl Connection {
    pub(super) async fn open(address: &str) -> anyhow::Result<Self> {
        Self::over(TcpStream::connect(address).await?)
    }

    /// A connection over an open stream.
    pub(super) fn over(stream: TcpStream) -> anyhow::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(64 << 10) })
    }

    /// Sends a request, and reads the response.
    pub(super) async fn send(&mut self, request: &[u8]) -> anyhow::Result<Response<'_>> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the connection was closed");
            let Some(Head { status, next, body }) = head(&self.buffer)? else { continue };
            while self.buffer.len() < body.end {
                ensure!(
                    self.stream.read_buf(&mut self.buffer).await? > 0,
                    "the response is incomplete"
                );
            }
            return Ok(Response { status, next, body: &self.buffer[body] });
        }
    }
}

struct Head {
    status: u16,
    next: Option<String>,
    /// Position of the body.
    body: Range<usize>,
}

/// Parses the head, once it is complete.
fn head(bytes: &[u8]) -> anyhow::Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(from) = response.parse(bytes)? else { return Ok(None) };
    let status = response.code.context("no status")?;
    let named = |name: &str| {
        let mut headers = response.headers.iter();
        headers.find(|header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value)
    };
    // 204 has no length.
    let length = match named("content-length") {
        None if status == 204 => "0",
        length => std::str::from_utf8(length.context("no length")?)?,
    };
    let next = named("sensu-continue").map(|token| std::str::from_utf8(token).map(str::to_owned));
    let body = from..from + length.parse::<usize>()?;
    Ok(Some(Head { status, next: next.transpose()?.filter(|token| !token.is_empty()), body }))
}

/// Logs in. Returns the value of the `Authorization` header.
pub(super) async fn log_in(address: &str, password: &str) -> anyhow::Result<String> {
    use base64::Engine as _;
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("admin:{password}"));
    let mut connection = Connection::open(address).await?;
    let login = request("GET /auth", &format!("Basic {basic}"), "");
    let tokens: serde_json::Value = serde_json::from_slice(connection.send(&login).await?.body)?;
    Ok(format!("Bearer {}", tokens["access_token"].as_str().context("no access token")?))
}

/// Connections that send their requests in turn, repeatedly.
pub(super) struct Traffic {
    name: String,
    clients: Vec<Client>,
    /// Number of responses, in all rounds.
    responses: Arc<AtomicU64>,
}

struct Client {
    connection: Connection,
    requests: VecDeque<Request>,
}

impl Traffic {
    /// Opens a connection for each list of requests.
    pub(super) async fn new(
        name: &str,
        address: &str,
        requests: &[Vec<Request>],
    ) -> anyhow::Result<Self> {
        let mut clients = Vec::new();
        for requests in requests {
            let connection = Connection::open(address).await?;
            clients.push(Client { connection, requests: requests.iter().cloned().collect() });
        }
        Ok(Self { name: name.to_owned(), clients, responses: Arc::default() })
    }

    /// The number of responses, which grows with each round.
    pub(super) fn responses(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.responses)
    }
}

#[async_trait]
impl Subject for Traffic {
    fn name(&self) -> String {
        self.name.clone()
    }

    async fn round(&mut self, span: Duration) -> anyhow::Result<f64> {
        let began = Instant::now();
        let mut tasks = JoinSet::new();
        for mut client in self.clients.drain(..) {
            let responses = Arc::clone(&self.responses);
            tasks.spawn(async move {
                let mut count = 0_usize;
                while began.elapsed() < span {
                    let request = client.requests.front().context("no requests")?;
                    let response = client.connection.send(request).await?;
                    if !matches!(response.status, 200 | 201) {
                        bail!("{}: {}", response.status, String::from_utf8_lossy(response.body));
                    }
                    client.requests.rotate_left(1);
                    responses.fetch_add(1, Ordering::Relaxed);
                    count += 1;
                }
                anyhow::Ok((client, count))
            });
        }
        let mut total = 0;
        while let Some(joined) = tasks.join_next().await {
            let (client, count) = joined??;
            self.clients.push(client);
            total += count;
        }
        Ok(per_second(total, began))
    }
}
