//! Clients that stop in the middle of a body.

use std::sync::Arc;
use std::time::Duration;

use sensu_server::Limits;
use sensu_store::SystemClock;
use sensu_tests::TestServer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

#[tokio::test]
async fn a_body_that_does_not_arrive_before_the_deadline_returns_408() {
    let limits = Limits { deadline: Duration::from_secs(5), password_cost: 4, ..Limits::default() };
    let server = TestServer::start_with(limits, Arc::new(SystemClock)).await;
    let token = server.token().await;
    let head = format!(
        "POST /apis/core/v2/namespaces/default/hooks HTTP/1.1\r\nHost: localhost\r\nAuthorization: \
         Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{{\"command\""
    );
    let mut stream = TcpStream::connect(server.address()).await.expect("connects");
    stream.write_all(head.as_bytes()).await.expect("sends");
    let mut response = String::new();
    while !response.contains(r#""code":"#) {
        let mut some = [0; 2048];
        let read = stream.read(&mut some).await.expect("responds");
        assert!(read > 0, "closed after {response}");
        response.push_str(&String::from_utf8_lossy(&some[..read]));
    }
    assert!(response.starts_with("HTTP/1.1 408 "), "{response}");
    assert!(response.contains(r#"{"message":"the request body did not arrive in time","code":1}"#));
    server.stop().await;
}
