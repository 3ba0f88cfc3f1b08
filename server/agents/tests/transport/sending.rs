//! Messages and control frames that the server sends.

use std::sync::Arc;
use std::time::Duration;

use sensu_agents::message::MessageType;
use sensu_agents::{Closed, SendError, Settings};
use sensu_test_agent::{Frame, Received};

use crate::support::{LIMIT, Server, check, eventually, message, not_found};

fn issued(received: &Received) -> i64 {
    match received {
        Received::CheckRequest(request) => request.issued,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn messages_that_are_queued_in_the_handshake_arrive_first() {
    let greeting = vec![not_found(), message("cpu", 1, 0)];
    let server = Server::with_greeting(Settings::default(), greeting).await;
    let mut agent = server.connect("web").await;
    server.sender("web").try_send(message("cpu", 2, 0)).unwrap();
    match agent.receive(LIMIT).await.unwrap() {
        Received::EntityConfig(config) => assert!(config.is_not_found()),
        other => panic!("{other:?}"),
    }
    assert_eq!(issued(&agent.receive(LIMIT).await.unwrap()), 1);
    assert_eq!(issued(&agent.receive(LIMIT).await.unwrap()), 2);
    let sent = || server.counters.sent(MessageType::CheckRequest);
    eventually(|| sent() == 2, || "two sent requests".to_owned()).await;
    assert_eq!(server.counters.sent(MessageType::EntityConfig), 1);
}

/// Experiment A10.
#[tokio::test]
async fn pings_are_answered_while_100_messages_are_queued() {
    let settings = Settings { queue_size: 32 * 1024 * 1024, ..Settings::default() };
    let server = Server::with_settings(settings).await;
    let mut agent = server.connect("web").await;
    let sender = server.sender("web");
    // Together more than the buffers of both sockets.
    for number in 0..100 {
        sender.try_send(message("cpu", number, 256 * 1024)).unwrap();
    }
    agent.send_frame(Frame::Ping("payload".into())).await.unwrap();
    let mut messages = 0;
    loop {
        match agent.next_frame(LIMIT).await.unwrap() {
            Some(Frame::Pong(payload)) => {
                assert_eq!(&*payload, b"payload");
                break;
            }
            Some(Frame::Binary(_)) => messages += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(messages < 100, "the pong arrived after {messages} messages");
    for number in messages..100 {
        assert_eq!(issued(&agent.receive(LIMIT).await.unwrap()), number);
    }
}

#[tokio::test]
async fn pings_are_answered_between_the_frames_of_a_large_message() {
    let server = Server::start().await;
    let mut agent = server.connect("web").await;
    server.sender("web").try_send(message("cpu", 7, 32 * 1024 * 1024)).unwrap();
    agent.send_frame(Frame::Ping("payload".into())).await.unwrap();
    let first = agent.next_frame(LIMIT).await.unwrap();
    assert_eq!(first, Some(Frame::Pong("payload".into())));
    match agent.receive(LIMIT).await.unwrap() {
        Received::CheckRequest(request) => {
            assert_eq!(request.config.command.len(), 32 * 1024 * 1024)
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn pings_are_answered_while_the_service_is_busy() {
    let server = Server::start().await;
    let permits = server.close_gate();
    let mut agent = server.connect("web").await;
    for name in ["a", "b", "c"] {
        agent.send_check(check(name)).await.unwrap();
        agent.send_frame(Frame::Ping(name.into())).await.unwrap();
        let pong = agent.next_frame(LIMIT).await.unwrap();
        assert_eq!(pong, Some(Frame::Pong(name.into())));
    }
    assert_eq!(server.checks(), [""; 0]);
    server.service.gate.add_permits(permits);
    eventually(|| server.checks() == ["a", "b", "c"], || format!("{:?}", server.checks())).await;
}

/// Experiment A15.
#[tokio::test]
async fn an_agent_that_does_not_read_is_closed_and_does_not_delay_others() {
    let settings = Settings { write_timeout: Duration::from_millis(200), ..Settings::default() };
    let server = Server::with_settings(settings).await;
    let _stalled = server.connect("stalled").await;
    let mut other = server.connect("other").await;
    let (stalled, sender) = (server.sender("stalled"), server.sender("other"));
    let large = message("large", 1, 1024 * 1024);
    let mut number = 0;
    while stalled.try_send(Arc::clone(&large)) != Err(SendError::Closed) {
        number += 1;
        sender.try_send(message("cpu", number, 0)).unwrap();
        assert_eq!(issued(&other.receive(LIMIT).await.unwrap()), number);
    }
    assert_eq!(server.disconnected("stalled").await, Closed::WriteTimeout);
    sender.try_send(message("cpu", 0, 0)).unwrap();
    assert_eq!(issued(&other.receive(LIMIT).await.unwrap()), 0);
}

#[tokio::test]
async fn messages_beyond_the_queue_are_dropped_and_counted() {
    let settings = Settings { queue_length: 3, ..Settings::default() };
    let server = Server::with_settings(settings).await;
    let mut agent = server.connect("web").await;
    let sender = server.sender("web");
    let large = message("large", 1, 1024 * 1024);
    let mut queued = 0;
    // Until the buffers of both sockets and the queue are full.
    while server.counters.dropped() < 10 {
        match sender.try_send(Arc::clone(&large)) {
            Ok(()) => queued += 1,
            Err(error) => assert_eq!(error, SendError::Full),
        }
        tokio::task::yield_now().await;
    }
    for _ in 0..queued {
        assert_eq!(issued(&agent.receive(LIMIT).await.unwrap()), 1);
    }
    sender.try_send(message("cpu", 2, 0)).unwrap();
    assert_eq!(issued(&agent.receive(LIMIT).await.unwrap()), 2, "later messages arrive");
}
