//! Handlers of type `http`, with a server that answers each connection with the next of several responses.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

/// A server with prepared responses. Closes connections without a response after the last one.
struct Server {
    url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start(address: &str, responses: &[&str]) -> Self {
        let listener = TcpListener::bind((address, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let mut responses: VecDeque<_> = responses.iter().map(|text| (*text).to_owned()).collect();
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let request = read_request(&mut stream).await;
                seen.lock().unwrap().push(request);
                if let Some(response) = responses.pop_front() {
                    let (head, body) = response.split_once("\n\n").unwrap_or((&response, ""));
                    let length = body.len();
                    let head = head.replace('\n', "\r\n");
                    let text = format!(
                        "HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
                    );
                    stream.write_all(text.as_bytes()).await.unwrap();
                }
            }
        });
        Self { url, requests }
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn read_request(stream: &mut tokio::net::TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return String::from_utf8(bytes).unwrap();
            }
        }
        if stream.read_buf(&mut bytes).await.unwrap() == 0 {
            return String::from_utf8(bytes).unwrap();
        }
    }
}

fn request(url: &str) -> HttpRequest {
    HttpRequest { url: url.into(), ..HttpRequest::default() }
}

async fn send_with(executor: &Executor, timeout: u32, request: &HttpRequest) -> HandlerResult {
    let handler = Handler { kind: "http".into(), timeout, ..Handler::default() };
    executor.execute(&handler, Some(request), "{\"a\":1}".into(), &RunContext::default()).await
}

async fn send(request: &HttpRequest) -> HandlerResult {
    send_with(&executor(&[]), 0, request).await
}

#[tokio::test]
async fn the_payload_is_the_body_of_a_post() {
    let server = Server::start("127.0.0.1", &["204 No Content", "200 OK"]).await;
    let result = send(&request(&format!("{}/hook?a=b", server.url))).await;
    assert_eq!((result.failure, result.status), (None, None));
    let with_headers = HttpRequest {
        method: "PUT".into(),
        headers: [("content-type", "text/plain"), ("X-Key", "secret"), ("x-key", "other")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        ..request(&server.url)
    };
    assert_eq!(send(&with_headers).await.failure, None);
    let requests = server.requests();
    assert!(requests[0].starts_with("POST /hook?a=b HTTP/1.1\r\n"), "{}", requests[0]);
    assert!(requests[0].contains("content-type: application/json\r\n"), "{}", requests[0]);
    assert!(requests[0].ends_with("\r\n\r\n{\"a\":1}"), "{}", requests[0]);
    assert!(requests[1].starts_with("PUT / HTTP/1.1\r\n"), "{}", requests[1]);
    assert!(requests[1].contains("content-type: text/plain\r\n"), "{}", requests[1]);
    assert!(requests[1].contains("x-key: secret\r\nx-key: other\r\n"), "{}", requests[1]);
}

#[tokio::test]
async fn temporary_failures_are_retried() {
    let responses = ["503 Service Unavailable", "429 Too Many Requests", "500 Error", "200 OK"];
    let server = Server::start("127.0.0.1", &responses).await;
    assert_eq!(send(&request(&server.url)).await.failure, None);
    let requests = server.requests();
    assert_eq!(requests.len(), 4);
    assert!(requests.iter().all(|request| request.ends_with("{\"a\":1}")));
}

#[tokio::test]
async fn failed_connections_are_retried() {
    let (socket, address) = refusing();
    let request = request(&format!("http://{address}/"));
    let server = async {
        // Time for the first connection, which is refused. If it comes later, the test shows less.
        tokio::time::sleep(Duration::from_millis(100)).await;
        let listener = socket.listen(8).unwrap();
        // The first connection ends without a response.
        drop(listener.accept().await.unwrap());
        let (mut stream, _) = listener.accept().await.unwrap();
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        stream
    };
    let (result, _stream) = tokio::join!(send(&request), server);
    assert_eq!(result.failure, None);
}

/// The result after a response with `Retry-After`, and then one with success.
async fn send_limited(retry_after: &str) -> HandlerResult {
    let limited = format!("429 Too Many Requests\nRetry-After: {retry_after}");
    let server = Server::start("127.0.0.1", &[&limited, "200 OK"]).await;
    send(&request(&server.url)).await
}

#[tokio::test]
async fn retry_after_delays_the_next_attempt() {
    let seconds = send_limited("1").await;
    assert_eq!(seconds.failure, None);
    assert!(seconds.duration >= Duration::from_secs(1), "{seconds:?}");
    #[expect(clippy::disallowed_methods, reason = "the date is one of another machine")]
    let now = std::time::SystemTime::now();
    let date = now + Duration::from_secs(3);
    let dated = send_limited(&httpdate::fmt_http_date(date)).await;
    assert_eq!(dated.failure, None);
    // The date has no fractions of a second.
    assert!(now.elapsed().unwrap() >= Duration::from_secs(2), "{dated:?}");
    let limited = "429 Too Many Requests\nRetry-After: 3600\n\nslow down";
    let server = Server::start("127.0.0.1", &[limited]).await;
    let result = send(&request(&server.url)).await;
    assert_eq!(result.failure.as_deref(), Some("HTTP status 429 Too Many Requests"));
    assert_eq!((server.requests().len(), &*result.output), (1, "slow down"));
}

#[tokio::test]
async fn other_failures_are_not_retried() {
    let body = format!("404 Not Found\n\n{}", "x".repeat(10_000));
    let server = Server::start("127.0.0.1", &[&body, "200 OK"]).await;
    let result = send(&request(&server.url)).await;
    assert_eq!(result.failure.as_deref(), Some("HTTP status 404 Not Found"));
    assert_eq!((server.requests().len(), result.output.len()), (1, OUTPUT));
    for (invalid, start) in [
        (request("/relative"), "invalid URL: "),
        (request("ftp://127.0.0.1/"), "URL scheme \"ftp\" is not supported"),
        (HttpRequest { method: "A B".into(), ..request(&server.url) }, "invalid method: A B"),
        (
            HttpRequest { headers: [("a".into(), "\n".into())].into(), ..request(&server.url) },
            "invalid header: a",
        ),
    ] {
        let failure = send(&invalid).await.failure.unwrap();
        assert!(failure.starts_with(start), "{failure}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_respond_is_a_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/secret", listener.local_addr().unwrap());
    let settings = Settings {
        javascript: JavaScript::new(crate::javascript::Limits::default()),
        commands: None,
        outbound: OutboundPolicy::default(),
        retry: Retry { total: Duration::ZERO, ..Retry::default() },
    };
    let result = send_with(&Executor::new(settings).unwrap(), 1, &request(&url)).await;
    let failure = result.failure.unwrap();
    assert!(failure.contains("timed out") && !failure.contains("secret"), "{failure}");
}

#[tokio::test]
async fn redirects_are_followed_only_if_they_repeat_the_request() {
    let target = Server::start("127.0.0.1", &["200 OK", "200 OK"]).await;
    let redirect = |status: &str| format!("{status}\nLocation: {}/target", target.url);
    let repeated = Server::start("127.0.0.1", &[&redirect("307 Temporary Redirect")]).await;
    assert_eq!(send(&request(&repeated.url)).await.failure, None);
    let requests = target.requests();
    assert!(requests[0].starts_with("POST /target ") && requests[0].ends_with("{\"a\":1}"));
    let changed = Server::start("127.0.0.1", &[&redirect("302 Found")]).await;
    let result = send(&request(&changed.url)).await;
    assert_eq!(result.failure.as_deref(), Some("HTTP status 302 Found"));
    assert_eq!(target.requests().len(), 1);
}

#[tokio::test]
async fn forbidden_addresses_are_not_connected() {
    let executor = executor(&["127.0.0.9/32"]);
    let forbidden = Server::start("127.0.0.9", &["200 OK"]).await;
    let port = forbidden.url.rsplit(':').next().unwrap().to_owned();
    for url in [
        forbidden.url.clone(),
        format!("http://[::ffff:127.0.0.9]:{port}/"),
        "http://169.254.169.254/latest/".into(),
    ] {
        let failure = send_with(&executor, 0, &request(&url)).await.failure.unwrap();
        assert!(failure.starts_with("outbound connections to "), "{failure}");
        let redirect = format!("307 Temporary Redirect\nLocation: {url}");
        let server = Server::start("127.0.0.1", &[&redirect]).await;
        let failure = send_with(&executor, 0, &request(&server.url)).await.failure.unwrap();
        assert!(failure.starts_with("outbound connections to "), "{failure}");
        assert_eq!(server.requests().len(), 1, "not retried");
    }
    assert_eq!(forbidden.requests(), [""; 0]);
}

#[tokio::test]
async fn host_names_with_forbidden_addresses_are_not_connected() {
    let executor = executor(&["127.0.0.0/8", "::1/128"]);
    let server = Server::start("127.0.0.1", &["200 OK"]).await;
    let url = server.url.replace("127.0.0.1", "localhost");
    let failure = send_with(&executor, 0, &request(&url)).await.failure.unwrap();
    assert!(failure.starts_with("outbound connections to localhost ("), "{failure}");
    assert_eq!(server.requests(), [""; 0]);
}
