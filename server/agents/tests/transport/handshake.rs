//! Headers, negotiation, rejections, and requests for health.

use std::sync::atomic::Ordering;

use sensu_agents::message::Encoding;
use sensu_agents::{Closed, Settings};
use sensu_test_agent::{Agent, AgentOptions, ConnectError, HandshakeResponse, Release};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{Call, Server, eventually};

const PROTOBUF: &str = "application/octet-stream";
const JSON: &str = "application/json";

async fn rejection(options: AgentOptions) -> (u16, String) {
    match Agent::connect(options).await {
        Err(ConnectError::Rejected(HandshakeResponse { status, body, .. })) => (status, body),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("accepted"),
    }
}

/// Experiment A3.
#[tokio::test]
async fn each_side_negotiates_as_released_agents_do() {
    let settings = Settings { backend_id: "backend-1".to_owned(), ..Settings::default() };
    let server = Server::with_settings(settings).await;
    for (release, expected) in [
        (Release::V5_0, Encoding::Json),
        (Release::V5_11, Encoding::Json),
        (Release::V5_12, Encoding::Protobuf),
        (Release::V6_0, Encoding::Protobuf),
        (Release::V6_7_3, Encoding::Protobuf),
    ] {
        let options = server.options(release.version()).with_release(release);
        let agent = Agent::connect(options).await.unwrap();
        assert_eq!(agent.encoding(), expected, "{release:?}");
        assert_eq!(server.sender(release.version()).encoding(), expected, "{release:?}");
        let response = agent.response();
        assert_eq!(response.values("Accept"), [PROTOBUF, JSON], "two lines");
        assert_eq!(response.values("Content-Type"), [expected.media_type()]);
        assert_eq!(response.values("Backend-Id"), ["backend-1"]);
    }
    // The content type of the previous connection does not count.
    for (accept, expected) in [(JSON, Encoding::Json), (PROTOBUF, Encoding::Protobuf)] {
        let options = server.options("again").with_header("Content-Type", PROTOBUF);
        let agent = Agent::connect(options.with_header("Accept", accept)).await.unwrap();
        assert_eq!(agent.response().values("Content-Type"), [expected.media_type()]);
    }
    assert_eq!(server.counters.opened(), 7);
}

#[tokio::test]
async fn the_service_receives_what_the_agent_sends() {
    let server = Server::start().await;
    let options = server.options("web").with_subscriptions(&["linux", "", "system"]);
    let _agent = Agent::connect(options.with_header("Sensu-User", "other")).await.unwrap();
    let hellos = server.service.hellos.lock().unwrap().clone();
    let [hello] = &hellos[..] else { panic!("{hellos:?}") };
    assert_eq!((&*hello.name, &*hello.namespace, &*hello.user), ("web", "default", "other"));
    assert_eq!(hello.subscriptions, ["linux", "system"]);
    assert_eq!((&*hello.credentials.user, &*hello.credentials.password), ("agent", "P@ssw0rd!"));
    assert_eq!((hello.encoding, hello.is_tls), (Encoding::Protobuf, false));
    assert!(hello.address.ip().is_loopback());
}

/// Experiments A4 to A7.
#[tokio::test]
async fn rejections_have_a_status_a_message_and_a_code() {
    let server = Server::start().await;
    let options = || server.options("web");
    let user = |user: &str| AgentOptions { user: user.to_owned(), ..options() };
    let namespace = |name: &str| AgentOptions { namespace: name.to_owned(), ..options() };
    let path = AgentOptions { url: format!("ws://{}/x", server.address), ..options() };
    let no_credentials = options().without_header("Authorization");
    for (options, status, message, code) in [
        (path, 404, "not found", 2),
        (no_credentials.clone(), 401, "missing credentials", 5),
        (no_credentials.with_header("Origin", "http://evil"), 401, "missing credentials", 5),
        (options().with_header("Authorization", "Basic ?"), 401, "missing credentials", 5),
        (options().without_header("Sensu-Agentname"), 400, "missing header Sensu-AgentName", 1),
        (options().without_header("Upgrade"), 400, "not a WebSocket request", 1),
        (
            options().with_header("Sec-Websocket-Version", "8"),
            426,
            "unsupported WebSocket version, expected 13",
            1,
        ),
        (options().with_header("Origin", "http://evil"), 403, "request origin not allowed", 4),
        (user("unknown"), 401, "bad credentials", 5),
        (user("denied"), 403, "request unauthorized", 4),
        (user("starting"), 503, "starting", 0),
        (user("broken"), 500, "internal error", 0),
        (namespace(""), 404, r#"namespace \"\" not found"#, 2),
        (namespace("missing"), 404, r#"namespace \"missing\" not found"#, 2),
    ] {
        let body = format!(r#"{{"message":"{message}","code":{code}}}"#);
        assert_eq!(rejection(options).await, (status, body));
    }
    let rejected = server.counters.rejected();
    let expected = [(400, 2), (401, 4), (403, 2), (404, 3), (426, 1), (500, 1), (503, 1)];
    assert_eq!(rejected, expected.into());
    assert_eq!(server.calls(), [], "no session was registered");
}

#[tokio::test]
async fn an_origin_of_the_same_host_is_accepted() {
    let server = Server::start().await;
    let origin = format!("http://{}", server.address);
    Agent::connect(server.options("web").with_header("Origin", &origin)).await.unwrap();
}

/// The response to a request without a body.
async fn respond(server: &Server, request: &str) -> String {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = Vec::new();
    _ = stream.read_to_end(&mut response).await;
    String::from_utf8(response).unwrap()
}

/// Experiment A7.
#[tokio::test]
async fn health_and_readiness_need_no_credentials() {
    let server = Server::start().await;
    let get = async |path: &str| {
        respond(&server, &format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")).await
    };
    let health = get("/health").await;
    assert!(health.starts_with("HTTP/1.1 200 OK\r\n") && health.ends_with(r#"{"status":"ok"}"#));
    assert!(get("/ready").await.starts_with("HTTP/1.1 200 OK\r\n"));
    server.service.is_ready.store(false, Ordering::Relaxed);
    assert!(get("/ready").await.starts_with("HTTP/1.1 503 "));
    assert!(get("/health").await.starts_with("HTTP/1.1 200 "), "the process is alive");
    assert!(get("/").await.starts_with("HTTP/1.1 401 "));
    assert_eq!(server.counters.rejected(), [(401, 1)].into());
    let post = respond(&server, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n").await;
    assert!(post.starts_with("HTTP/1.1 405 "), "{post}");
}

#[tokio::test]
async fn large_and_invalid_heads_are_rejected() {
    let server = Server::start().await;
    let large = "x".repeat(4 * Settings::default().head_size);
    let options = server.options("web").with_header("Sensu-Subscriptions", &large);
    match Agent::connect(options).await {
        Err(ConnectError::Rejected(response)) => assert_eq!(response.status, 431),
        // The server closes the connection before it has read the request.
        Err(ConnectError::Failed(_)) => {}
        Ok(_) => panic!("accepted"),
    }
    let many = "a,".repeat(10_000);
    let options = server.options("web").with_header("Sensu-Subscriptions", &many);
    Agent::connect(options).await.unwrap();
    assert!(respond(&server, "\x16\x03\x01\r\n\r\n").await.starts_with("HTTP/1.1 400 "));
}

#[tokio::test]
async fn a_session_ends_if_the_agent_disconnects_during_the_handshake() {
    let server = Server::start().await;
    let permits = server.close_gate();
    let options = AgentOptions { user: "slow".to_owned(), ..server.options("web") };
    let connecting = tokio::spawn(Agent::connect(options));
    let is_connecting = || server.service.hellos.lock().unwrap().len() == 1;
    eventually(is_connecting, || "the handshake".to_owned()).await;
    connecting.abort();
    _ = connecting.await;
    server.service.gate.add_permits(permits);
    let reason = server.disconnected("web").await;
    // The server may notice it only when it writes.
    assert!(matches!(reason, Closed::Handshake | Closed::Lost), "{reason:?}");
    assert_eq!(server.calls().first(), Some(&Call::Connected("web".to_owned())));
}
