//! How sessions end.

use std::time::Duration;

use sensu_agents::message::Encoding;
use sensu_agents::{Closed, Settings};
use sensu_test_agent::{Agent, Frame, Received};

use crate::support::{Call, LIMIT, Server, check, eventually};

fn closed(code: u16, reason: &str) -> Received {
    Received::Closed { code, reason: reason.to_owned() }
}

async fn sessions_end(server: &Server) {
    let open = || Encoding::ALL.map(|encoding| server.counters.sessions(encoding));
    eventually(|| open() == [0, 0], || format!("no sessions, but {:?}", open())).await;
}

/// Experiment A14.
#[tokio::test]
async fn the_reason_of_the_server_is_delivered() {
    let server = Server::start().await;
    let mut older = server.connect("web").await;
    let mut newer = server.connect("web").await;
    let reason = "replaced by a newer connection";
    assert_eq!(older.receive(LIMIT).await.unwrap(), closed(4000, reason));
    let expected = Closed::ByServer { code: 4000, reason: reason.to_owned() };
    server.wait_for(Call::Disconnected("web".to_owned(), expected)).await;
    newer.send_check(check("cpu")).await.unwrap();
    eventually(|| server.checks() == ["cpu"], || format!("{:?}", server.calls())).await;
    drop(newer);
    sessions_end(&server).await;
}

#[tokio::test]
async fn a_close_frame_arrives_although_the_server_has_not_read_everything() {
    let server = Server::start().await;
    let permits = server.close_gate();
    let mut agent = server.connect("web").await;
    // The server reads only the first events.
    for number in 0..20 {
        agent.send_check(check(&format!("check-{number}"))).await.unwrap();
    }
    server.sender("web").close(4001, "reason");
    assert_eq!(agent.receive(LIMIT).await.unwrap(), closed(4001, "reason"));
    assert_eq!(agent.receive(LIMIT).await.unwrap(), Received::Lost);
    server.service.gate.add_permits(permits);
    let expected = Closed::ByServer { code: 4001, reason: "reason".to_owned() };
    assert_eq!(server.disconnected("web").await, expected);
    assert!(server.checks().len() < 20, "events after the close frame are ignored");
}

/// Experiment A13.
#[tokio::test]
async fn the_close_frame_of_an_agent_is_answered() {
    let server = Server::start().await;
    let mut agent = server.connect("web").await;
    agent.send_check(check("last")).await.unwrap();
    agent.close(1001, "bye", LIMIT).await.unwrap();
    let expected = Closed::ByAgent { code: 1001, reason: "bye".to_owned() };
    assert_eq!(server.disconnected("web").await, expected);
    assert_eq!(server.checks(), ["last"], "events before the close frame are processed");
    let mut agent = server.connect("empty").await;
    agent.send_frame(Frame::Close(None)).await.unwrap();
    assert_eq!(agent.receive(LIMIT).await.unwrap(), closed(1005, ""));
    let expected = Closed::ByAgent { code: 1005, reason: String::new() };
    assert_eq!(server.disconnected("empty").await, expected);
}

#[tokio::test]
async fn a_lost_connection_ends_the_session_after_its_events() {
    let server = Server::start().await;
    let permits = server.close_gate();
    let mut agent = server.connect("web").await;
    agent.send_check(check("a")).await.unwrap();
    agent.send_check(check("b")).await.unwrap();
    // Afterwards both events have been received.
    agent.send_frame(Frame::Ping("".into())).await.unwrap();
    assert_eq!(agent.next_frame(LIMIT).await.unwrap(), Some(Frame::Pong("".into())));
    drop(agent);
    let is_closed = || server.sender("web").is_closed();
    eventually(is_closed, || "nothing can be sent".to_owned()).await;
    server.service.gate.add_permits(permits);
    assert_eq!(server.disconnected("web").await, Closed::Lost);
    assert_eq!(server.checks(), ["a", "b"]);
    sessions_end(&server).await;
}

#[tokio::test]
async fn a_defect_of_the_service_ends_only_its_session() {
    let server = Server::start().await;
    let mut agent = server.connect("web").await;
    let mut other = server.connect("other").await;
    agent.send_check(check("defect")).await.unwrap();
    assert_eq!(agent.receive(LIMIT).await.unwrap(), Received::Lost);
    assert_eq!(server.disconnected("web").await, Closed::Aborted);
    other.send_check(check("cpu")).await.unwrap();
    eventually(|| server.checks() == ["cpu"], || format!("{:?}", server.calls())).await;
}

#[tokio::test]
async fn shutdown_closes_all_sessions_and_the_port() {
    let mut server = Server::start().await;
    let mut agents = Vec::new();
    for number in 0..20 {
        agents.push(server.connect(&format!("agent-{number}")).await);
    }
    let ends = agents
        .into_iter()
        .map(|mut agent| tokio::spawn(async move { agent.receive(LIMIT).await.unwrap() }));
    let ends: Vec<_> = ends.collect();
    server.stop().await;
    for end in ends {
        assert_eq!(end.await.unwrap(), closed(1001, "the server is shutting down"));
    }
    let ended = server.calls().into_iter();
    let ended = ended.filter(|call| matches!(call, Call::Disconnected(_, Closed::Shutdown)));
    assert_eq!(ended.count(), 20);
    assert!(Agent::connect(server.options("late")).await.is_err());
}

#[tokio::test]
async fn shutdown_does_not_wait_for_agents_and_services_without_end() {
    let settings = Settings { shutdown_timeout: Duration::from_millis(100), ..Settings::default() };
    let mut server = Server::with_settings(settings).await;
    server.close_gate();
    let mut busy = server.connect("busy").await;
    busy.send_check(check("never")).await.unwrap();
    let _silent = server.connect("silent").await;
    let received = || server.counters.received(sensu_agents::message::MessageType::Event) == 1;
    eventually(received, || "the event".to_owned()).await;
    server.stop().await;
    assert_eq!(server.disconnected("busy").await, Closed::Aborted);
    assert_eq!(server.disconnected("silent").await, Closed::Shutdown);
}
