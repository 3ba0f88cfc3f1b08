//! Transfer of complete lists: slow clients, clients that do not read, failures in the middle.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use sensu_server::{ConnectionLimits, Limits, seed};
use sensu_tests::{ObservedStore, TestServer, metric};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use super::{CANONICAL, EVENTS, RELEASED, event, fill, observed};

/// Number of events whose list is larger than the buffers of all sockets.
const MANY: usize = 12_000;

/// The same, with a list of events of about 40 MB.
async fn with_many_events(limits: Limits) -> (TestServer, Arc<ObservedStore>) {
    let (server, store) = observed(limits).await;
    fill(&server, "events", (0..MANY).map(|n| event(&entity(n), 3_000))).await;
    (server, store)
}

fn entity(number: usize) -> String {
    format!("e{number:05}")
}

fn requests(status: u16) -> String {
    format!(
        "sensu_server_http_requests_total{{method=\"GET\",operation=\"event_list\",status=\"{status}\"}}"
    )
}

/// Sends a request for the list of events without reading the response.
async fn request_unread(server: &TestServer, token: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("is set");
    let mut stream = socket.connect(server.address()).await.expect("connects");
    let request = format!(
        "GET {RELEASED}{EVENTS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.expect("sends");
    stream
}

/// Requests the list of events. Only the head of the response has been read.
async fn begin(server: &TestServer, token: &str) -> reqwest::Response {
    let request = reqwest::Client::new().get(format!("{}{RELEASED}{EVENTS}", server.url()));
    let response = request.bearer_auth(token).send().await.expect("a response");
    assert_eq!(response.status(), 200);
    response
}

/// Reads a response to its end, calls `each` after every part, and returns the content, or nothing if the response
/// is incomplete.
async fn read(mut response: reqwest::Response, mut each: impl AsyncFnMut()) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(part)) => content.extend(part),
            Ok(None) => return Some(content),
            Err(_) => return None,
        }
        each().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_holds_one_page_until_it_is_disconnected() {
    let stalled = Duration::from_secs(2);
    let connections = ConnectionLimits { stalled, ..ConnectionLimits::default() };
    let (server, store) = with_many_events(Limits { connections, ..Limits::default() }).await;
    let token = server.token().await;
    let mut stream = request_unread(&server, &token).await;
    let buffered = "sensu_server_http_buffered_bytes{direction=\"response\"}";
    metric(&server, buffered, |bytes| bytes == f64::from(128 << 10)).await;
    metric(&server, "sensu_server_connections_closed_total{reason=\"stalled\"}", |n| n == 1.0)
        .await;
    metric(&server, buffered, |bytes| bytes == 0.0).await;
    metric(&server, &requests(499), |count| count == 1.0).await;
    let (_, bytes) = store.take_counts();
    assert!(
        (1..20_000_000).contains(&bytes),
        "{bytes} bytes were read for a client that does not read"
    );
    let mut response = Vec::new();
    // Fails or ends early, depending on what has arrived.
    let _ = stream.read_to_end(&mut response).await;
    assert!(!response.ends_with(b"0\r\n\r\n"), "the response is marked as complete");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_client_gets_every_object_once_while_others_write() {
    let (server, _) = with_many_events(Limits::default()).await;
    let token = server.token().await;
    let mut number = 0;
    let content = read(begin(&server, &token).await, async || {
        // One write for each part that the client reads.
        let path = format!("{CANONICAL}{EVENTS}/{}x/c", entity(number * 7 % MANY));
        let (_, body) = event(&format!("{}x", entity(number * 7 % MANY)), 10);
        let put = server.send("PUT", &path, Some(&token), Some(&body)).await;
        assert_eq!(put.status, 200, "{}", put.body);
        if number % 2 == 0 {
            server.send("DELETE", &path, Some(&token), None).await;
        }
        number += 1;
    })
    .await;
    let list: Vec<Value> = serde_json::from_slice(&content.expect("complete")).expect("a list");
    let names: Vec<&str> =
        list.iter().filter_map(|event| event["entity"]["metadata"]["name"].as_str()).collect();
    assert!(names.is_sorted(), "in order");
    let unique: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(unique.len(), names.len(), "an event came twice");
    assert!(
        (0..MANY).all(|number| unique.contains(entity(number).as_str())),
        "an event is missing"
    );
    metric(&server, &requests(200), |count| count == 1.0).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_in_the_middle_makes_the_response_incomplete() {
    let (server, store) = with_many_events(Limits::default()).await;
    let token = server.token().await;
    store.fail_scans_after(20);
    assert!(read(begin(&server, &token).await, async || ()).await.is_none(), "complete");
    metric(&server, &requests(500), |count| count == 1.0).await;
    // A failure of the first page is an error response.
    let failed = server.send("GET", &format!("{RELEASED}{EVENTS}"), Some(&token), None).await;
    failed.assert_error(500, 0);
    store.fail_scans_after(usize::MAX);
    let list = server.send("GET", &format!("{RELEASED}{EVENTS}"), Some(&token), None).await;
    assert_eq!(list.body.as_array().map(Vec::len), Some(MANY));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_ends_with_the_session_and_the_permission_of_its_caller() {
    let (server, _) = with_many_events(Limits::default()).await;
    let admin = server.token().await;
    let binding = format!("{CANONICAL}/clusterrolebindings/readers");
    let body = json!({ "role_ref": { "type": "ClusterRole", "name": "view" },
        "subjects": [{ "type": "User", "name": "reader" }] });
    let user = format!("{CANONICAL}/users/reader");
    let new = json!({ "username": "reader", "password": seed::DEV_PASSWORD });
    let put = server.send("PUT", &user, Some(&admin), Some(&new)).await;
    assert_eq!(put.status, 200, "{}", put.body);
    for (path, status) in [(&binding, 403), (&user, 401)] {
        let put = server.send("PUT", &binding, Some(&admin), Some(&body)).await;
        assert_eq!(put.status, 200, "{}", put.body);
        let list = begin(&server, &server.token_of("reader").await).await;
        assert_eq!(server.send("DELETE", path, Some(&admin), None).await.status, 204);
        assert!(read(list, async || ()).await.is_none(), "{path}: complete");
        metric(&server, &requests(status), |count| count == 1.0).await;
    }
    server.stop().await;
}
