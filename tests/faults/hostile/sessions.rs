//! Sessions that send too much, send nonsense, or do not read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sensu_test_agent::Frame;
use sensu_types::ObjectMeta;
use sensu_types::event::Check;
use serde_json::json;

use super::{Backend, connect, ended};

/// Number of events after which the flood has lasted long enough.
const EVENTS: f64 = 1_000.0;
/// Size of the message that is too large, in bytes.
const LARGE: u64 = 100 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_sends_as_many_events_as_it_can_does_not_affect_others() {
    let mut backend = Backend::start().await;
    let stop = Arc::new(AtomicBool::new(false));
    let floods: Vec<_> = (0..2)
        .map(|number| {
            let (stop, address) = (Arc::clone(&stop), backend.address);
            tokio::spawn(async move {
                let mut agent = connect(address, &format!("flood-{number}"), &[]).await;
                let check = Check {
                    interval: 60,
                    output: "x".repeat(20_000),
                    metadata: ObjectMeta::new("default", "flood"),
                    ..Check::default()
                };
                while !stop.load(Ordering::Relaxed) {
                    agent.send_check(check.clone()).await.expect("is sent");
                }
            })
        })
        .collect();
    let received = r#"sensu_server_agent_messages_received_total{type="event"}"#;
    while backend.metric(received).await < EVENTS {
        backend.assert_served().await;
        backend.assert_memory_is_bounded();
    }
    stop.store(true, Ordering::Relaxed);
    for flood in floods {
        flood.await.expect("its session does not end");
    }
    backend.assert_served().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_does_not_read_is_closed() {
    let mut backend = Backend::start().await;
    let _stalled = connect(backend.address, "stalled", &["system"]).await;
    backend.put_check("large", json!({ "command": "x".repeat(400_000) })).await;
    let closed = ended("write_timeout");
    // More than the queue and the buffers of the connection hold, until the write timeout passes.
    while backend.metric(&closed).await < 1.0 {
        for _ in 0..10 {
            backend.execute("large").await;
            backend.next_request("large").await;
        }
        backend.assert_memory_is_bounded();
    }
    backend.assert_served().await;
    assert_eq!(backend.metric(&closed).await, 1.0, "the session of another agent was closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_frames_and_messages_affect_only_their_sessions() {
    let mut backend = Backend::start().await;
    // A reserved opcode; a frame without a mask; a fragmented ping; a continuation of nothing.
    let malformed: [&[u8]; 4] = [
        &[0x83, 0x80, 0, 0, 0, 0],
        &[0x82, 0x01, b'x'],
        &[0x09, 0x80, 0, 0, 0, 0],
        &[0x80, 0x80, 0, 0, 0, 0],
    ];
    let mut sessions = Vec::new();
    for number in 0..40 {
        let mut agent = connect(backend.address, &format!("malformed-{number}"), &[]).await;
        let invalid: [&[u8]; 3] = [b"", b"event", b"keepalive\n{\"entity\":\xff"];
        for message in invalid {
            agent.send_frame(Frame::Binary(message.to_vec().into())).await.expect("is sent");
        }
        agent.send_bytes(malformed[number % malformed.len()]).await.expect("is sent");
        sessions.push(agent);
    }
    backend.wait_for_metric(&ended("malformed"), |count| count == 40.0).await;
    let invalid = "sensu_server_agent_messages_invalid_total";
    backend.wait_for_metric(invalid, |count| count == 120.0).await;
    backend.assert_served().await;
    backend.assert_memory_is_bounded();
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_100_megabytes_are_not_buffered() {
    let mut backend = Backend::start().await;
    let mut whole = connect(backend.address, "whole", &[]).await;
    let mut parts = connect(backend.address, "parts", &[]).await;
    // One frame, and one message in frames of 64 KiB.
    whole.send_bytes(&[0x82, 0xff]).await.expect("is sent");
    whole.send_bytes(&LARGE.to_be_bytes()).await.expect("is sent");
    let mut first = true;
    let part = [0; 64 << 10];
    let mut sent = 0;
    // The server may close the connections at any time.
    while sent < LARGE {
        let opcode = if first { 0x02 } else { 0x00 };
        first = false;
        let mut frame = vec![opcode, 0xff];
        frame.extend((64_u64 << 10).to_be_bytes());
        frame.extend([0; 4]);
        frame.extend(part);
        let results = (whole.send_bytes(&part).await, parts.send_bytes(&frame).await);
        if results.0.is_err() && results.1.is_err() {
            break;
        }
        sent += 64 << 10;
    }
    backend.wait_for_metric(&ended("too_large"), |count| count == 2.0).await;
    backend.assert_served().await;
    backend.assert_memory_is_bounded();
}
