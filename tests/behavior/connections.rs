//! Connections whose clients send nothing, do not read, or are too many, and the memory that they hold.

use std::fmt::Write as _;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use sensu_server::{ConnectionLimits, Limits};
use sensu_store::SystemClock;
use sensu_tests::process::{Process, start};
use sensu_tests::{TestServer, eventually, metric};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

pub(super) const HOOKS: &str = "/apis/core/v2/namespaces/default/hooks";

pub(super) const CLOSED: &str = "sensu_server_connections_closed_total";

pub(super) async fn server_with(connections: ConnectionLimits) -> TestServer {
    let limits = Limits { connections, ..Limits::default() };
    TestServer::start_with(limits, Arc::new(SystemClock)).await
}

/// Reads until the server closes the connection.
async fn closed(stream: &mut TcpStream) {
    let mut some = [0; 4096];
    let closed = async { while stream.read(&mut some).await.is_ok_and(|read| read > 0) {} };
    tokio::time::timeout(Duration::from_secs(60), closed).await.expect("closed by the server");
}

/// An HTTP/2 frame.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("short").to_be_bytes();
    let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
    [&head, payload].concat()
}

/// An HTTP/2 header without compression.
fn header(name: &str, value: &str) -> Vec<u8> {
    let length = |text: &str| u8::try_from(text.len()).expect("short");
    let mut bytes = vec![0, length(name)];
    bytes.extend(name.as_bytes());
    // A length above 126 has a continuation byte.
    match value.len().checked_sub(127) {
        None => bytes.push(length(value)),
        Some(rest) => {
            bytes.push(127);
            bytes.extend([u8::try_from(rest % 128).expect("short") | 128]);
            bytes.push(u8::try_from(rest / 128).expect("short"));
        }
    }
    bytes.extend(value.as_bytes());
    bytes
}

/// Opens an HTTP/2 connection whose client accepts no content, and sends a request on each of many streams.
async fn request_without_reading(
    address: impl tokio::net::ToSocketAddrs,
    path: &str,
    token: &str,
    streams: u32,
) -> TcpStream {
    let mut headers = header(":method", "GET");
    headers.extend(header(":scheme", "http"));
    headers.extend(header(":path", path));
    headers.extend(header(":authority", "localhost"));
    headers.extend(header("authorization", &format!("Bearer {token}")));
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    // SETTINGS_INITIAL_WINDOW_SIZE: 0.
    bytes.extend(frame(4, 0, 0, &[0, 4, 0, 0, 0, 0]));
    for stream in 0..streams {
        bytes.extend(frame(1, 5, stream * 2 + 1, &headers));
    }
    let mut connection = TcpStream::connect(address).await.expect("connects");
    connection.write_all(&bytes).await.expect("sends");
    connection
}

/// Reads frames until a number of response heads has arrived.
async fn read_heads(connection: &mut TcpStream, heads: u32) {
    let mut found = 0;
    while found < heads {
        let mut head = [0; 9];
        connection.read_exact(&mut head).await.expect("a frame");
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        connection.read_exact(&mut payload).await.expect("its payload");
        found += u32::from(head[3] == 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_that_are_not_read_need_no_memory() {
    let state = tempfile::tempdir().expect("a folder");
    let program = Command::new(env!("CARGO_BIN_EXE_test-server"));
    let process = Process::launch(start(program, state.path())).expect("starts");
    let address = process.url("").replace("http://", "");
    // The documents are derived when the first one is requested.
    process.send("GET", "/docs/scalar.js", None, None).await.expect("responds");
    let before = resident_megabytes(process.id());
    let mut connections = Vec::new();
    for path in ["/docs/scalar.js", "/openapi.json", "/openapi.yaml", "/openapi-3.1.json"] {
        let mut connection = request_without_reading(&address, path, "none", 100).await;
        read_heads(&mut connection, 100).await;
        connections.push(connection);
    }
    let after = resident_megabytes(process.id());
    assert!(after < before + 100, "resident memory: {before} MB before, {after} MB after");
}

/// Resident memory of a process.
fn resident_megabytes(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
    line.split_whitespace().next().and_then(|kb| kb.parse::<u64>().ok()).expect("a number") / 1024
}

#[tokio::test]
async fn connections_without_a_request_are_closed() {
    let first_request = Duration::from_millis(100);
    let server = server_with(ConnectionLimits { first_request, ..Default::default() }).await;
    for sent in [&b""[..], b"GET /health", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        let mut stream = TcpStream::connect(server.address()).await.expect("connects");
        stream.write_all(sent).await.expect("sends");
        closed(&mut stream).await;
    }
    let name = format!("{CLOSED}{{reason=\"idle\"}}");
    metric(&server, &name, |closed| closed >= 3.0).await;
    server.stop().await;
}

#[tokio::test]
async fn idle_http2_connections_are_closed() {
    let idle = Duration::from_millis(100);
    let server = server_with(ConnectionLimits { idle, ..Default::default() }).await;
    let mut connection = request_without_reading(server.address(), "/nope", "none", 1).await;
    // The response has a body that is never read, so the connection is not idle. A HEAD has none.
    read_heads(&mut connection, 1).await;
    connection.write_all(&frame(8, 0, 1, &[0, 1, 0, 0])).await.expect("sends");
    closed(&mut connection).await;
    server.stop().await;
}

#[tokio::test]
async fn clients_that_do_not_read_are_disconnected() {
    let stalled = Duration::from_millis(200);
    let server = server_with(ConnectionLimits { stalled, ..Default::default() }).await;
    // HTTP/1.1: the document is larger than the buffers of the kernel.
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("is set");
    let mut http1 = socket.connect(server.address()).await.expect("connects");
    let request = b"GET /docs/scalar.js HTTP/1.1\r\nHost: localhost\r\n\r\n";
    http1.write_all(request).await.expect("sends");
    let mut http2 = request_without_reading(server.address(), "/openapi.json", "none", 3).await;
    let name = format!("{CLOSED}{{reason=\"stalled\"}}");
    metric(&server, &name, |closed| closed >= 2.0).await;
    closed(&mut http1).await;
    closed(&mut http2).await;
    // The request for the metric is itself in progress.
    metric(&server, "sensu_server_http_requests_open", |open| open <= 1.0).await;
    server.stop().await;
}

#[tokio::test]
async fn beyond_the_limit_idle_connections_are_closed() {
    let server = server_with(ConnectionLimits { connections: 4, ..Default::default() }).await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(TcpStream::connect(server.address()).await.expect("connects"));
    }
    let name = format!("{CLOSED}{{reason=\"connections\"}}");
    metric(&server, &name, |closed| closed >= 16.0).await;
    metric(&server, "sensu_server_connections", |open| open <= 4.0).await;
    assert_eq!(server.send("GET", "/health", None, None).await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn a_connection_with_too_many_open_requests_is_closed() {
    let server = server_with(ConnectionLimits { open_requests: 50, ..Default::default() }).await;
    let mut greedy = request_without_reading(server.address(), "/health", "none", 100).await;
    closed(&mut greedy).await;
    metric(&server, "sensu_server_http_requests_open", |open| open <= 1.0).await;
    server.stop().await;
}

#[tokio::test]
async fn bytes_of_unread_responses_are_limited() {
    let response_bytes = 1_000_000;
    let server = server_with(ConnectionLimits { response_bytes, ..Default::default() }).await;
    let token = server.token().await;
    let hook = json!({ "command": "x".repeat(100_000), "timeout": 1 });
    for name in ["a", "b", "c", "d"] {
        let path = format!("{HOOKS}/{name}");
        assert_eq!(server.send("PUT", &path, Some(&token), Some(&hook)).await.status, 200);
    }
    let mut unread = request_without_reading(server.address(), HOOKS, &token, 10).await;
    read_heads(&mut unread, 10).await;
    let series = "sensu_server_http_requests_total{method=\"GET\",operation=\"hook_list\"";
    metric(&server, &format!("{series},status=\"200\"}}"), |count| count == 2.0).await;
    metric(&server, &format!("{series},status=\"503\"}}"), |count| count == 8.0).await;
    let rejected = server.send("GET", HOOKS, Some(&token), None).await;
    rejected.assert_error(503, 0);
    assert_eq!(rejected.header("retry-after"), "1");
    drop(unread);
    // The bytes are returned.
    eventually("accepted", async || {
        let status = server.send("GET", HOOKS, Some(&token), None).await.status;
        (status == 200).then_some(())
    })
    .await;
    server.stop().await;
}

#[tokio::test]
async fn bytes_of_request_bodies_are_limited() {
    let request_bytes = 100_000;
    let server = server_with(ConnectionLimits { request_bytes, ..Default::default() }).await;
    let token = server.token().await;
    let mut head = format!("PUT {HOOKS}/a HTTP/1.1\r\nHost: localhost\r\n");
    write!(head, "Authorization: Bearer {token}\r\nContent-Length: 70000\r\n\r\n").expect("text");
    let mut first = TcpStream::connect(server.address()).await.expect("connects");
    first.write_all(head.as_bytes()).await.expect("sends");
    first.write_all(&[b' '; 60_000]).await.expect("sends");
    let buffered = "sensu_server_http_buffered_bytes{direction=\"request\"}";
    metric(&server, buffered, |bytes| bytes == 60_000.0).await;
    let hook = json!({ "command": "x".repeat(60_000), "timeout": 1 });
    let path = format!("{HOOKS}/b");
    let rejected = server.send("PUT", &path, Some(&token), Some(&hook)).await;
    rejected.assert_error(503, 0);
    drop(first);
    metric(&server, buffered, |bytes| bytes == 0.0).await;
    assert_eq!(server.send("PUT", &path, Some(&token), Some(&hook)).await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn unfinished_request_heads_do_not_delay_the_stop() {
    let server = server_with(ConnectionLimits::default()).await;
    let mut stream = TcpStream::connect(server.address()).await.expect("connects");
    stream.write_all(b"GET /hea").await.expect("sends");
    metric(&server, "sensu_server_connections", |open| open >= 1.0).await;
    server.drain().await;
    server.stop().await;
    // The server closed it before it had stopped, and not because the time for requests was over.
    let read = std::io::Read::read(&mut stream.into_std().expect("a socket"), &mut [0; 16]);
    let is_closed = match read {
        Ok(read) => read == 0,
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
    };
    assert!(is_closed, "still open");
}

#[tokio::test]
async fn connections_are_refused_during_shutdown() {
    let server = server_with(ConnectionLimits::default()).await;
    let mut open = TcpStream::connect(server.address()).await.expect("connects");
    let request = b"GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n";
    open.write_all(request).await.expect("sends");
    let mut some = [0; 4096];
    let read = open.read(&mut some).await.expect("responds");
    assert!(some[..read].starts_with(b"HTTP/1.1 200 "));
    server.drain().await;
    assert!(TcpStream::connect(server.address()).await.is_err(), "refused");
    open.write_all(request).await.expect("sends");
    let read = open.read(&mut some).await.expect("responds");
    assert!(some[..read].starts_with(b"HTTP/1.1 503 "));
    server.stop().await;
}

/// Starts a server that may open a number of descriptors.
fn with_descriptors(limit: u32, state: &std::path::Path) -> Process {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("ulimit -n {limit}; exec \"$0\" \"$@\""));
    shell.arg(env!("CARGO_BIN_EXE_test-server"));
    Process::launch(start(shell, state)).expect("starts")
}

#[tokio::test]
async fn without_descriptors_the_server_is_not_ready() {
    let state = tempfile::tempdir().expect("a folder");
    let process = with_descriptors(50, state.path());
    eventually("not ready", async || {
        let response = process.send("GET", "/ready", None, None).await?;
        (response.status == 503 && response.message().contains("descriptors")).then_some(())
    })
    .await;
}

#[tokio::test]
async fn silent_clients_do_not_use_up_the_descriptors() {
    let state = tempfile::tempdir().expect("a folder");
    let process = with_descriptors(300, state.path());
    let address = process.url("").replace("http://", "");
    let mut silent = Vec::new();
    for _ in 0..450 {
        silent.push(TcpStream::connect(&address).await.expect("connects"));
    }
    eventually("ready", async || {
        let response = process.send("GET", "/ready", None, None).await?;
        (response.status == 200).then_some(())
    })
    .await;
}
