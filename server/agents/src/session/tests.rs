//! Timers of sessions, with an in-memory connection and paused time.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::{SinkExt as _, StreamExt as _};
use sensu_types::event::Event;
use tokio::io::DuplexStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::*;
use crate::handshake::Hello;
use crate::message::{CheckRequest, InvalidMessage, Message, MessageType, frame};
use crate::service::Rejection;

/// Capacity of the connection in each direction, in bytes.
const CAPACITY: usize = 1024;

/// Reports the ends of sessions, and processes an event in 200 s.
struct Ends(mpsc::UnboundedSender<(Closed, Duration)>);

#[async_trait]
impl Service for Ends {
    type Session = Instant;

    async fn connect(&self, _: &Hello, _: Sender) -> Result<Instant, Rejection> {
        Ok(Instant::now())
    }

    async fn keepalive(&self, _: &Instant, _: Event) {}

    async fn event(&self, _: &Instant, _: Event) {
        sleep(Duration::from_secs(200)).await;
    }

    async fn invalid(&self, _: &Instant, _: InvalidMessage) {}

    async fn disconnected(&self, start: Instant, reason: Closed) {
        self.0.send((reason, start.elapsed())).unwrap();
    }
}

struct Session {
    agent: WebSocketStream<DuplexStream>,
    sender: Sender,
    ends: mpsc::UnboundedReceiver<(Closed, Duration)>,
    running: JoinHandle<()>,
    _stop: watch::Sender<bool>,
}

async fn session() -> Session {
    let (report, ends) = mpsc::unbounded_channel();
    let (stop, stopped) = watch::channel(false);
    let (server, agent) = tokio::io::duplex(CAPACITY);
    let counters = Arc::<Counters>::default();
    let encoding = Encoding::Json;
    let (sender, outbox) = outbox(&Settings::default(), encoding, &counters);
    let session = Registered::new(Arc::new(Ends(report)), Instant::now());
    let running = tokio::spawn(async move {
        let accepted = Accepted { session, outbox, encoding };
        let settings = Settings::default();
        run(accepted, server, Vec::new(), &settings, &counters, stopped).await;
    });
    let agent = WebSocketStream::from_raw_socket(agent, Role::Client, None).await;
    Session { agent, sender, ends, running, _stop: stop }
}

fn large() -> Arc<Message> {
    let request = CheckRequest { secrets: vec!["x".repeat(10 * CAPACITY)], ..Default::default() };
    Arc::new(Message::check_request(request))
}

#[tokio::test(start_paused = true)]
async fn a_silent_agent_is_closed_after_the_idle_timeout() {
    let mut session = session().await;
    let (reason, after) = session.ends.recv().await.unwrap();
    assert_eq!((reason, after.as_secs()), (Closed::Idle, 75));
    assert!(session.sender.is_closed());
    // The agent has not ended the connection.
    let start = Instant::now();
    session.running.await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 5);
    assert_eq!(session.agent.next().await.unwrap().unwrap(), Frame::Ping(Bytes::new()));
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_answers_pings_stays_connected() {
    let mut session = session().await;
    let agent = &mut session.agent;
    let reading = async { while agent.next().await.is_some() {} };
    assert!(timeout(Duration::from_secs(3600), reading).await.is_err());
    assert!(session.ends.try_recv().is_err());
    drop(session.agent);
    let (reason, after) = session.ends.recv().await.unwrap();
    assert_eq!((reason, after.as_secs()), (Closed::Lost, 3600));
}

#[tokio::test(start_paused = true)]
async fn any_received_byte_shows_that_the_agent_is_alive() {
    let mut session = session().await;
    let message = frame(MessageType::Keepalive, b"{}");
    for _ in 0..10 {
        // Pings are not read.
        sleep(Duration::from_secs(60)).await;
        session.agent.send(Frame::Binary(message.clone())).await.unwrap();
    }
    let (reason, after) = session.ends.recv().await.unwrap();
    assert_eq!((reason, after.as_secs()), (Closed::Idle, 600 + 75));
}

#[tokio::test(start_paused = true)]
async fn an_agent_is_not_idle_while_the_service_is_busy() {
    let mut session = session().await;
    let message = frame(MessageType::Event, b"{}");
    for _ in 0..6 {
        session.agent.send(Frame::Binary(message.clone())).await.unwrap();
    }
    let (reason, after) = session.ends.recv().await.unwrap();
    // The sixth message is read after 200 s: from then on nothing arrives. All are processed.
    assert_eq!((reason, after.as_secs()), (Closed::Idle, 6 * 200));
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_does_not_read_is_closed_after_the_write_timeout() {
    let mut session = session().await;
    sleep(Duration::from_secs(7)).await;
    session.sender.try_send(large()).unwrap();
    let (reason, after) = session.ends.recv().await.unwrap();
    assert_eq!((reason, after.as_secs()), (Closed::WriteTimeout, 7 + 15));
}

#[tokio::test(start_paused = true)]
async fn a_slow_agent_that_reads_a_frame_in_time_stays_connected() {
    let mut session = session().await;
    for _ in 0..20 {
        session.sender.try_send(large()).unwrap();
    }
    for _ in 0..20 {
        sleep(Duration::from_secs(14)).await;
        while !matches!(session.agent.next().await, Some(Ok(Frame::Binary(_)))) {}
    }
    assert!(session.ends.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_does_not_read_delays_the_end_by_the_close_timeout() {
    let mut session = session().await;
    session.sender.try_send(large()).unwrap();
    sleep(Duration::from_secs(1)).await;
    session.sender.close(4000, "reason");
    let (reason, after) = session.ends.recv().await.unwrap();
    let expected = Closed::ByServer { code: 4000, reason: "reason".to_owned() };
    assert_eq!((reason, after.as_secs()), (expected, 1), "the service need not wait");
    let start = Instant::now();
    session.running.await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 5);
}
