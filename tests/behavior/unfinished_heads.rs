//! The memory of request heads that clients do not complete.

use sensu_server::ConnectionLimits;
use sensu_tests::metric;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::connections::{CLOSED, HOOKS, server_with};

#[tokio::test]
async fn unfinished_heads_of_clients_without_credentials_are_limited() {
    const HEAD_BYTES: usize = 100_000;
    let limits = ConnectionLimits { unfinished_heads: 4 * 100_000 + 50_000, ..Default::default() };
    let server = server_with(limits).await;
    let token = server.token().await;
    let padding = format!("Host: localhost\r\nX: {}\r\n\r\n", "x".repeat(HEAD_BYTES));
    // With a token, and with user name and password.
    let requests = [
        format!("GET {HOOKS} HTTP/1.1\r\nAuthorization: Bearer {token}\r\n{padding}"),
        format!("GET /auth HTTP/1.1\r\nAuthorization: Basic YWRtaW46UEBzc3cwcmQh\r\n{padding}"),
    ];
    let mut known = Vec::new();
    for request in &requests {
        let mut stream = TcpStream::connect(server.address()).await.expect("connects");
        assert_succeeds(&mut stream, request).await;
        known.push((stream, request.as_str()));
    }
    let mut small = TcpStream::connect(server.address()).await.expect("connects");
    small.write_all(b"GET /health HTTP/1.1\r\n").await.expect("sends");
    let unfinished = format!("GET /health HTTP/1.1\r\nX: {}", "x".repeat(HEAD_BYTES));
    let mut clients = Vec::new();
    for index in 0..20 {
        let mut stream = TcpStream::connect(server.address()).await.expect("connects");
        // A connection that has sent a request without credentials is counted, too.
        if index % 2 == 0 {
            let health = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
            stream.write_all(health).await.expect("sends");
        }
        // The server may close it meanwhile.
        let _ = stream.write_all(unfinished.as_bytes()).await;
        clients.push(stream);
    }
    let name = format!("{CLOSED}{{reason=\"unfinished_head\"}}");
    metric(&server, &name, |closed| closed >= 16.0).await;
    known.push((small, "Host: localhost\r\n\r\n"));
    for (stream, request) in &mut known {
        assert_succeeds(stream, request).await;
    }
    server.stop().await;
}

/// Sends a request, or the rest of one.
async fn assert_succeeds(stream: &mut TcpStream, request: &str) {
    stream.write_all(request.as_bytes()).await.expect("sends");
    let mut response = [0; 4096];
    let read = stream.read(&mut response).await.expect("responds");
    assert!(response[..read].starts_with(b"HTTP/1.1 200 "));
}
