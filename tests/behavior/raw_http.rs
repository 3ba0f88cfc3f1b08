//! HTTP at the level of bytes: content length, chunks, pipelining, limits of the head.

use sensu_tests::TestServer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const CHECKS: &str = "/apis/core/v2/namespaces/default/checks";

/// Sends bytes, and reads until the server closes the connection: the last request has to ask for that, or to be
/// invalid.
async fn exchange(server: &TestServer, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.address()).await.expect("connects");
    // The server may respond and close before it has read everything.
    let _ = stream.write_all(bytes).await;
    let mut response = Vec::new();
    let _ = stream.read_to_end(&mut response).await;
    String::from_utf8_lossy(&response).into_owned()
}

/// The statuses of the responses, in order.
fn statuses(response: &str) -> Vec<&str> {
    response.split("HTTP/1.1 ").skip(1).filter_map(|text| text.get(..3)).collect()
}

/// A request to create a check, with further headers.
fn post(token: &str, headers: &str, body: &str) -> Vec<u8> {
    let head = format!("POST {CHECKS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n");
    format!("{head}Content-Type: application/json\r\n{headers}\r\n{body}").into_bytes()
}

/// A check whose JSON has exactly this many bytes.
fn check_of(bytes: usize, name: &str) -> String {
    let with = |command: &str| {
        format!(r#"{{"metadata":{{"name":"{name}"}},"interval":1,"stdin":{command}}}"#)
    };
    let blanks = bytes - with("true").len();
    // Blanks count for the body, and are not stored.
    with(&format!("{}true", " ".repeat(blanks)))
}

#[tokio::test]
async fn a_body_of_512000_bytes_is_accepted_and_one_byte_more_returns_413() {
    let server = TestServer::start().await;
    let token = server.token().await;
    for (bytes, name, status) in [(512_000, "exact", "200"), (512_001, "over", "413")] {
        let body = check_of(bytes, name);
        assert_eq!(body.len(), bytes);
        let length = format!("Connection: close\r\nContent-Length: {bytes}\r\n");
        let response = exchange(&server, &post(&token, &length, &body)).await;
        assert_eq!(statuses(&response), [status], "{response}");
        // The same in chunks: no header has the length.
        let chunked = "Connection: close\r\nTransfer-Encoding: chunked\r\n";
        let body = body.replace(name, &format!("{name}2"));
        let body = body.replacen(' ', "", 1);
        let (first, second) = body.split_at(300_000);
        let chunks =
            format!("{:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n", first.len(), second.len());
        let response = exchange(&server, &post(&token, chunked, &chunks)).await;
        assert_eq!(statuses(&response), [status], "{response}");
    }
    server.stop().await;
}

#[tokio::test]
async fn expect_100_continue_is_answered_before_the_body_arrives() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let expects = "Connection: close\r\nExpect: 100-continue\r\n";
    let body = r#"{"metadata":{"name":"expected"},"interval":1}"#;
    let length = format!("{expects}Content-Length: {}\r\n", body.len());
    let response = exchange(&server, &post(&token, &length, body)).await;
    assert_eq!(statuses(&response), ["100", "200"], "{response}");
    let too_long = format!("{expects}Content-Length: 512001\r\n");
    let response = exchange(&server, &post(&token, &too_long, "")).await;
    assert_eq!(statuses(&response), ["413"], "{response}");
    server.stop().await;
}

#[tokio::test]
async fn invalid_lengths_return_400_and_store_nothing() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let body = r#"{"metadata":{"name":"short"},"interval":1}"#;
    let send = |headers: &str| {
        let request = post(&token, headers, body);
        let server = &server;
        async move { exchange(server, &request).await }
    };
    // The body is longer than its header says: the rest is no request.
    let cut = send("Content-Length: 10\r\n").await;
    assert_eq!(statuses(&cut), ["400", "400"], "{cut}");
    for headers in [
        "Content-Length: x\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 99999999999999999999999\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip\r\n",
    ] {
        let response = send(headers).await;
        assert_eq!(statuses(&response), ["400"], "{headers:?}: {response}");
    }
    let list = server.send("GET", CHECKS, Some(&token), None).await;
    assert_eq!(list.body, serde_json::json!([]));
    server.stop().await;
}

#[tokio::test]
async fn responses_to_pipelined_requests_are_in_order() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let body = r#"{"metadata":{"name":"a"},"interval":1}"#;
    let mut bytes = post(&token, &format!("Content-Length: {}\r\n", body.len()), body);
    for path in [format!("{CHECKS}/a"), "/nope".into(), format!("{CHECKS}/b")] {
        let line = format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n");
        bytes.extend(format!("{line}\r\n").into_bytes());
    }
    bytes.extend(b"GET /version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let response = exchange(&server, &bytes).await;
    assert_eq!(statuses(&response), ["200", "200", "404", "404", "200"], "{response}");
    server.stop().await;
}

#[tokio::test]
async fn headers_and_paths_have_a_maximum_size() {
    let server = TestServer::start().await;
    let get = |headers: &str| format!("GET /version HTTP/1.1\r\nHost: x\r\n{headers}\r\n");
    let many: String = (0..200).map(|n| format!("x-{n}: 1\r\n")).collect();
    let long = format!("x: {}\r\n", "y".repeat(2 << 20));
    let path = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "y".repeat(100_000));
    for (request, status) in [
        (get(&many), "431"),
        (get(&long), "431"),
        (path, "414"),
        ("nonsense\r\n\r\n".to_owned(), "400"),
        ("GET /version HTTP/9.9\r\n\r\n".to_owned(), "400"),
        (get("no colon\r\n"), "400"),
    ] {
        let response = exchange(&server, request.as_bytes()).await;
        let start: String = request.chars().take(60).collect();
        assert_eq!(statuses(&response), [status], "{start:?}: {response}");
    }
    let response = server.send("GET", "/version", None, None).await;
    assert_eq!(response.status, 200, "the server still serves");
    server.stop().await;
}

#[tokio::test]
async fn only_options_accepts_an_asterisk_as_the_path() {
    let server = TestServer::start().await;
    let send = async |method: &str| {
        let request = format!("{method} * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        exchange(&server, request.as_bytes()).await
    };
    assert_eq!(statuses(&send("OPTIONS").await), ["200"]);
    for method in ["GET", "DELETE", "POST"] {
        let response = send(method).await;
        assert_eq!(statuses(&response), ["400"], "{response}");
        assert!(
            response.ends_with(r#"{"message":"the path must start with /","code":1}"#),
            "{response}"
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn an_http_1_1_request_has_exactly_one_host() {
    let server = TestServer::start().await;
    for (version, hosts, status) in [
        ("1.1", "", "400"),
        ("1.1", "Host: a\r\n", "200"),
        ("1.1", "Host: a\r\nHost: b\r\n", "400"),
        ("1.0", "", "200"),
        ("1.0", "Host: a\r\nHost: b\r\n", "400"),
    ] {
        let request = format!("GET /version HTTP/{version}\r\n{hosts}Connection: close\r\n\r\n");
        let response = exchange(&server, request.as_bytes()).await;
        let found = response.split(' ').nth(1).unwrap_or_default();
        assert_eq!(found, status, "{request}: {response}");
    }
    server.stop().await;
}

#[tokio::test]
async fn compressed_bodies_return_415() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let body = r#"{"metadata":{"name":"a"},"interval":1}"#;
    let headers = format!("Connection: close\r\nContent-Length: {}\r\n", body.len());
    for (encoding, status) in [("gzip", "415"), ("Identity", "200")] {
        let headers = format!("{headers}Content-Encoding: {encoding}\r\n");
        let response = exchange(&server, &post(&token, &headers, body)).await;
        assert_eq!(statuses(&response), [status], "{response}");
    }
    server.stop().await;
}

#[tokio::test]
async fn every_response_has_the_common_headers() {
    let server = TestServer::start().await;
    for path in ["/version", "/nope", "/auth", "/docs", "/api//core/v2", CHECKS] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let response = exchange(&server, request.as_bytes()).await.to_lowercase();
        for header in ["x-content-type-options: nosniff", "sensu-edition: core", "x-request-id: "] {
            assert!(response.contains(header), "{header}: {response}");
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn an_unread_body_does_not_break_the_next_request() {
    let server = TestServer::start().await;
    let next = b"GET /version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    // A short body is discarded, and the connection can be used.
    let body = " ".repeat(20_000);
    let mut bytes = post("wrong", "Content-Length: 20000\r\n", &body);
    bytes.extend(next);
    let response = exchange(&server, &bytes).await;
    assert_eq!(statuses(&response), ["401", "200"], "{response}");
    // After a long one, or one that the client sends on request only, the response announces the end.
    for headers in ["Content-Length: 400000\r\n", "Content-Length: 9\r\nExpect: 100-continue\r\n"] {
        let response = exchange(&server, &post("wrong", headers, "")).await;
        assert_eq!(statuses(&response), ["401"], "{response}");
        assert!(response.to_lowercase().contains("connection: close"), "{response}");
    }
    server.stop().await;
}
