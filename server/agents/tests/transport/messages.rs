//! Messages that agents send: valid in all forms of WebSocket, invalid, too large, malformed.

use sensu_agents::message::{Encoding, Message, MessageType, frame};
use sensu_agents::{Closed, Settings};
use sensu_test_agent::{Agent, Frame, Received, Release};
use sensu_types::event::Check;
use tokio_tungstenite::tungstenite::protocol::frame::Frame as RawFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::support::{Call, LIMIT, Server, check, eventually};

const BOTH: [Release; 2] = [Release::V5_0, Release::V6_7_3];

async fn agent(server: &Server, name: &str, release: Release) -> Agent {
    Agent::connect(server.options(name).with_release(release)).await.unwrap()
}

#[tokio::test]
async fn keepalives_and_events_arrive_in_both_encodings() {
    let server = Server::start().await;
    for release in BOTH {
        let name = release.version();
        let mut agent = agent(&server, name, release).await;
        let event = agent.options().event(agent.options().entity(), check("cpu"));
        agent.send_event(event.clone()).await.unwrap();
        let keepalive = agent.options().keepalive(agent.options().entity());
        agent.send(&Message::keepalive(keepalive.clone())).await.unwrap();
        server.wait_for(Call::Event(name.to_owned(), Box::new(event))).await;
        server.wait_for(Call::Keepalive(name.to_owned(), Box::new(keepalive))).await;
    }
    assert_eq!(server.counters.received(MessageType::Event), 2);
    assert_eq!(server.counters.received(MessageType::Keepalive), 2);
    assert_eq!(server.counters.sessions(Encoding::Json), 0, "the connection was dropped");
}

/// Experiment A9.
#[tokio::test]
async fn newlines_large_outputs_fragments_and_text_frames_are_accepted() {
    let server = Server::start().await;
    let mut agents = Vec::new();
    for release in BOTH {
        let mut agent = agent(&server, release.version(), release).await;
        let output = "line\n".repeat(1024 * 1024);
        let large = Check { output, ..check("large") };
        agent.send_check(large).await.unwrap();
        let options = agent.options().clone();
        let event =
            options.event(options.entity(), Check { output: "\n\n".into(), ..check("fragments") });
        let bytes = Message::event(event).encoded(agent.encoding()).unwrap();
        let opcode = |data| OpCode::Data(data);
        for (index, part) in bytes.chunks(7).enumerate() {
            let kind = if index == 0 { Data::Binary } else { Data::Continue };
            let part = RawFrame::message(part.to_vec(), opcode(kind), false);
            agent.send_frame(Frame::Frame(part)).await.unwrap();
            agent.send_frame(Frame::Ping("between".into())).await.unwrap();
        }
        let last = RawFrame::message("", opcode(Data::Continue), true);
        agent.send_frame(Frame::Frame(last)).await.unwrap();
        agents.push(agent);
    }
    let mut agent = agent(&server, "text", Release::V5_0).await;
    let event = agent.options().event(agent.options().entity(), check("text"));
    let text = Message::event(event).encoded(Encoding::Json).unwrap();
    let text = String::from_utf8(text.to_vec()).unwrap();
    agent.send_frame(Frame::Text(text.into())).await.unwrap();
    eventually(|| server.checks().len() == 5, || format!("{:?}", server.checks())).await;
    let outputs = server.calls().into_iter().filter_map(|call| match call {
        Call::Event(_, event) => event.check.map(|check| check.output.len()),
        _ => None,
    });
    let mut outputs: Vec<_> = outputs.collect();
    outputs.sort_unstable();
    assert_eq!(outputs, [0, 2, 2, 5 * 1024 * 1024, 5 * 1024 * 1024]);
}

/// Experiment A8.
#[tokio::test]
async fn invalid_messages_are_reported_and_the_session_continues() {
    let server = Server::start().await;
    let mut agent = agent(&server, "web", Release::V5_0).await;
    for message in ["keepalive", "foo\n{}", "event\n{", "check_request\n{}", "event\n", ""] {
        agent.send_frame(Frame::Binary(message.into())).await.unwrap();
    }
    agent
        .send_payload(MessageType::Event, b"{\"check\":{\"metadata\":{\"name\":\"after\"}}}")
        .await
        .unwrap();
    eventually(|| server.checks() == ["after"], || format!("{:?}", server.calls())).await;
    let reasons = server.calls().into_iter().filter_map(|call| match call {
        Call::Invalid(_, reason) => Some(reason.to_string()),
        _ => None,
    });
    let reasons: Vec<_> = reasons.collect();
    assert_eq!(reasons.len(), 6, "{reasons:?}");
    assert!(reasons[2].starts_with("event in json cannot be decoded: line 1, column 1"));
    assert_eq!(
        [&*reasons[0], &*reasons[1], &*reasons[3], &*reasons[4], &*reasons[5]],
        [
            "message without a newline",
            "unknown message type \"foo\"",
            "unknown message type \"check_request\"",
            "event in json cannot be decoded: the payload is empty",
            "message without a newline"
        ]
    );
    assert_eq!(server.counters.invalid(), 6);
}

#[tokio::test]
async fn messages_above_the_limit_end_the_session() {
    let settings = Settings::default();
    let server = Server::start().await;
    for (name, is_fragmented) in [("frame", false), ("fragments", true)] {
        let mut agent = agent(&server, name, Release::V5_0).await;
        let message = frame(MessageType::Event, &vec![b' '; settings.message_size]);
        if is_fragmented {
            let (first, second) = message.split_at(message.len() / 2);
            let part = |data, part: &[u8], is_last| {
                Frame::Frame(RawFrame::message(part.to_vec(), OpCode::Data(data), is_last))
            };
            agent.send_frame(part(Data::Binary, first, false)).await.unwrap();
            agent.send_frame(part(Data::Continue, second, true)).await.unwrap();
        } else {
            // The server can end the session before it has received the whole frame.
            _ = agent.send_frame(Frame::Binary(message)).await;
        }
        let received = agent.receive(LIMIT).await.unwrap();
        let reason = "the message is too large".to_owned();
        assert_eq!(received, Received::Closed { code: 1009, reason }, "{name}");
        assert_eq!(server.disconnected(name).await, Closed::TooLarge);
    }
    let mut agent = agent(&server, "limit", Release::V5_0).await;
    let payload = vec![b' '; settings.message_size - "event\n".len()];
    agent.send_payload(MessageType::Event, &payload).await.unwrap();
    eventually(|| server.counters.invalid() == 1, || "the largest message".to_owned()).await;
}

#[tokio::test]
async fn malformed_frames_end_the_session() {
    let server = Server::start().await;
    let long_ping = [&[0x89, 0xfe, 0, 126][..], &[0; 4 + 126]].concat();
    for (name, bytes, code) in [
        ("unmasked", &[0x82, 0x01, b'x'][..], 1002),
        ("reserved-bit", &[0xc2, 0x80, 0, 0, 0, 0], 1002),
        ("reserved-opcode", &[0x83, 0x80, 0, 0, 0, 0], 1002),
        ("continuation", &[0x80, 0x80, 0, 0, 0, 0], 1002),
        ("fragmented-ping", &[0x09, 0x80, 0, 0, 0, 0], 1002),
        ("long-ping", &long_ping, 1002),
        ("text", &[0x81, 0x81, 0, 0, 0, 0, 0xff], 1007),
    ] {
        let mut agent = agent(&server, name, Release::V5_0).await;
        agent.send_bytes(bytes).await.unwrap();
        match agent.receive(LIMIT).await.unwrap() {
            Received::Closed { code: found, .. } => assert_eq!(found, code, "{name}"),
            other => panic!("{name}: {other:?}"),
        }
        assert!(matches!(server.disconnected(name).await, Closed::Malformed(_)), "{name}");
    }
}

/// Experiment E18.
#[tokio::test]
async fn messages_are_processed_in_order_and_a_busy_service_slows_the_agent_down() {
    let server = Server::start().await;
    let permits = server.close_gate();
    let mut agent = agent(&server, "web", Release::V6_7_3).await;
    let names: Vec<_> = (0..300).map(|number| format!("check-{number}")).collect();
    let sent = names.clone();
    let sending = tokio::spawn(async move {
        for name in sent {
            // Together more than the buffers of both sockets.
            let output = "x".repeat(100_000);
            agent.send_check(Check { output, ..check(&name) }).await.unwrap();
        }
        agent
    });
    eventually(|| server.counters.received(MessageType::Event) == 1, || "an event".into()).await;
    for count in 1..=3 {
        server.service.gate.add_permits(1);
        eventually(|| server.checks().len() == count, || format!("{count} events")).await;
    }
    assert!(!sending.is_finished(), "the agent is slowed down");
    server.service.gate.add_permits(permits);
    let _agent = sending.await.unwrap();
    eventually(|| server.checks() == names, || format!("{:?}", server.checks())).await;
}
