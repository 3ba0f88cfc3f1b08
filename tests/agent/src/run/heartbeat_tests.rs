//! The deadline of pongs, with the clock of Tokio stopped: it advances when all tasks wait.

use std::sync::Arc;
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _, future};
use sensu_agents::message::{CheckRequest, Encoding, Message};
use tokio::io::DuplexStream;
use tokio::time::{Instant, interval};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::stream::Stream;
use crate::{Activity, Agent, AgentOptions, Answer, Frame, HandshakeResponse, Release};

/// An agent after its handshake, and the connection on the side of the server. It is in memory: the clock does not wait
/// for sockets.
async fn connected(release: Release) -> (Agent, WebSocketStream<DuplexStream>) {
    let (client, server) = tokio::io::duplex(1 << 20);
    let stream: Stream = Box::new(client);
    let socket = WebSocketStream::from_raw_socket(stream, Role::Client, None).await;
    let options = AgentOptions::new("ws://127.0.0.1", "web").with_release(release);
    let response = HandshakeResponse { status: 101, headers: Vec::new(), body: String::new() };
    let agent = Agent { options: Arc::new(options), socket, encoding: Encoding::Json, response };
    (agent, WebSocketStream::from_raw_socket(server, Role::Server, None).await)
}

/// Runs an agent for five minutes or until it ends the connection. Returns how long it ran, and what it did.
async fn run(agent: &mut Agent) -> (Duration, Vec<Activity>) {
    let mut activities = Vec::new();
    let start = Instant::now();
    let stop = tokio::time::sleep(Duration::from_secs(300));
    agent
        .run(&Answer::Nothing, stop, |activity| activities.push(activity))
        .await
        .expect("no invalid message");
    (start.elapsed(), activities)
}

/// Sends a check request every second, and reads nothing: pings get no pongs.
async fn send_requests(mut server: WebSocketStream<DuplexStream>) {
    let request = Message::check_request(CheckRequest::default());
    let request = request.encoded(Encoding::Json).expect("is encoded");
    let mut seconds = interval(Duration::from_secs(1));
    while server.send(Frame::Binary(request.clone())).await.is_ok() {
        seconds.tick().await;
    }
}

// A11
#[tokio::test(start_paused = true)]
async fn a_server_without_pongs_is_left_after_45_seconds() {
    let (mut agent, server) = connected(Release::V5_11).await;
    let server = tokio::spawn(send_requests(server));
    let (duration, activities) = run(&mut agent).await;
    server.abort();
    assert_eq!(duration.as_secs(), 45);
    let requests = |activity: &&Activity| matches!(activity, Activity::Request(_));
    assert!(activities.iter().filter(requests).count() > 1, "{activities:?}");
    assert_eq!(activities.last(), Some(&Activity::Ended("no pong in time".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn a_server_with_pongs_is_not_left() {
    let (mut agent, server) = connected(Release::V5_11).await;
    // Reading answers pings.
    let server = tokio::spawn(server.for_each(|_| future::ready(())));
    let (duration, _) = run(&mut agent).await;
    server.abort();
    assert_eq!(duration.as_secs(), 300);
}

#[tokio::test(start_paused = true)]
async fn agents_before_5_11_do_not_expect_pongs() {
    let (mut agent, server) = connected(Release::V5_0).await;
    let server = tokio::spawn(send_requests(server));
    let (duration, _) = run(&mut agent).await;
    server.abort();
    assert_eq!(duration.as_secs(), 300);
}
