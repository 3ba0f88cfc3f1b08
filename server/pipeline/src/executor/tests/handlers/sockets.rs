//! Handlers of type `tcp` and `udp`.

use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, UdpSocket};

use super::*;

async fn send(
    executor: &Executor,
    kind: &str,
    host: &str,
    port: u16,
    timeout: u32,
    payload: Bytes,
) -> HandlerResult {
    let socket = Some(HandlerSocket { host: host.into(), port: port.into() });
    let handler = Handler { kind: kind.into(), socket, timeout, ..Handler::default() };
    executor.execute(&handler, None, payload, &RunContext::default()).await
}

async fn received(listener: &TcpListener) -> Vec<u8> {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    bytes
}

/// E11
#[tokio::test]
async fn a_tcp_handler_writes_the_payload_and_closes() {
    let payload = Bytes::from(vec![b'x'; 3 << 20]);
    for (address, host) in [("127.0.0.1:0", "127.0.0.1"), ("[::1]:0", "::1"), ("[::1]:0", "[::1]")]
    {
        let listener = TcpListener::bind(address).await.unwrap();
        let (executor, port) = (executor(&[]), listener.local_addr().unwrap().port());
        let sent = send(&executor, "tcp", host, port, 0, payload.clone());
        let (result, bytes) = tokio::join!(sent, received(&listener));
        assert_eq!(result.failure, None, "{host}");
        assert!(bytes == payload, "{} bytes to {host}", bytes.len());
    }
}

/// E11
#[tokio::test]
async fn a_peer_that_does_not_read_is_a_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let payload = Bytes::from(vec![b'x'; 32 << 20]);
    let result = send(&executor(&[]), "tcp", "127.0.0.1", port, 1, payload).await;
    assert_eq!(result.failure.as_deref(), Some("cannot write: timed out"));
    assert!(result.duration >= Duration::from_secs(1));
}

/// E11
#[tokio::test]
async fn refused_connections_are_retried_three_times() {
    let executor = executor(&[]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let result = send(&executor, "tcp", "127.0.0.1", address.port(), 0, "x".into()).await;
    let failure = result.failure.unwrap();
    assert!(failure.starts_with("cannot connect: Connection refused"), "{failure}");
    // 20, 40 and 80 ms at least.
    assert!(result.duration >= Duration::from_millis(140), "{:?}", result.duration);
}

#[tokio::test]
async fn a_server_that_comes_back_receives_the_payload() {
    let (reserved, address) = refusing();
    let retry = Retry { first_delay: Duration::from_millis(500), ..Retry::default() };
    let socket = HandlerSocket { host: "127.0.0.1".into(), port: address.port().into() };
    let policy = OutboundPolicy::default();
    let sent = send_stream(&policy, retry, &socket, b"payload", DEFAULT_TIMEOUT);
    let server = async {
        // Time for the first connection, which is refused. If it comes later, the test shows less.
        tokio::time::sleep(Duration::from_millis(100)).await;
        received(&reserved.listen(8).unwrap()).await
    };
    let (result, bytes) = tokio::join!(sent, server);
    assert_eq!((result, &*bytes), (Ok(()), &b"payload"[..]));
}

#[tokio::test]
async fn retries_end_with_the_total_time() {
    let retry = Retry { first_delay: Duration::from_hours(1), total: Duration::from_secs(10) };
    let socket = HandlerSocket { host: "127.0.0.1".into(), port: 1 };
    let policy = OutboundPolicy::default();
    let sent = send_stream(&policy, retry, &socket, b"x", DEFAULT_TIMEOUT);
    let result = tokio::time::timeout(PATIENCE, sent).await;
    assert!(result.expect("no second attempt").is_err());
}

/// E11
#[tokio::test]
async fn a_udp_handler_sends_one_datagram() {
    for address in ["127.0.0.1", "::1"] {
        let server = UdpSocket::bind((address, 0)).await.unwrap();
        let port = server.local_addr().unwrap().port();
        let result = send(&executor(&[]), "udp", address, port, 0, "{\"a\":1}".into()).await;
        assert_eq!(result.failure, None);
        let mut buffer = [0; 100];
        let count = server.recv(&mut buffer).await.unwrap();
        assert_eq!(&buffer[..count], b"{\"a\":1}");
        let long = Bytes::from(vec![b'x'; 70_000]);
        let result = send(&executor(&[]), "udp", address, port, 0, long).await;
        let failure = result.failure.unwrap();
        assert!(failure.starts_with("cannot send 70000 bytes: Message too long"), "{failure}");
    }
}

#[tokio::test]
async fn forbidden_addresses_are_not_connected() {
    let executor = executor(&["127.0.0.9/32"]);
    let listener = TcpListener::bind("127.0.0.9:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    for kind in ["tcp", "udp"] {
        for (host, address) in [
            ("127.0.0.9", "127.0.0.9"),
            ("::ffff:127.0.0.9", "::ffff:127.0.0.9"),
            ("127.9", "127.9 (127.0.0.9)"),
            ("169.254.169.254", "169.254.169.254"),
        ] {
            let result = send(&executor, kind, host, port, 0, "x".into()).await;
            let expected = format!("outbound connections to {address} are not allowed");
            assert_eq!(result.failure, Some(expected), "{kind} {host}");
        }
    }
    let result = send(&executor, "tcp", "127.0.0.1", 0, 1, "x".into()).await;
    assert!(result.failure.is_some());
}
