//! Connections that do not complete the handshake.

use std::time::Duration;

use sensu_agents::Settings;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::{LIMIT, Server, eventually};

/// Waits for the end of a connection.
async fn ends(stream: &mut TcpStream) {
    let mut ignored = Vec::new();
    _ = timeout(LIMIT, stream.read_to_end(&mut ignored)).await.expect("closed by the server");
}

#[tokio::test]
async fn the_oldest_incomplete_handshakes_are_closed() {
    let settings = Settings {
        incomplete_handshakes: 10,
        handshake_timeout: Duration::from_secs(600),
        ..Settings::default()
    };
    let server = Server::with_settings(settings).await;
    let session = server.connect("before").await;
    let mut streams = Vec::new();
    for number in 0..40 {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        if number % 2 == 0 {
            stream.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
        }
        streams.push(stream);
    }
    eventually(|| server.counters.evicted() == 30, || "30 closed connections".to_owned()).await;
    for stream in streams.iter_mut().take(30) {
        ends(stream).await;
    }
    let _after = server.connect("after").await;
    eventually(|| server.counters.evicted() == 31, || "a further one".to_owned()).await;
    drop(session);
}

#[tokio::test]
async fn an_incomplete_handshake_is_closed_after_its_time_limit() {
    let settings =
        Settings { handshake_timeout: Duration::from_millis(100), ..Settings::default() };
    let server = Server::with_settings(settings).await;
    for request in ["", "GET / HTTP/1.1\r\n"] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        ends(&mut stream).await;
    }
    eventually(|| server.counters.timed_out() == 2, || "2 counted connections".to_owned()).await;
}
