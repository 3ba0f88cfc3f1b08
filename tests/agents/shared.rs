//! Two servers on one database: each agent is connected to one of them (D51).

use std::sync::Arc;
use std::time::Duration;

use sensu_store::postgres::{PostgresOptions, PostgresStore};
use sensu_store::{Clock, ManualClock};
use sensu_test_agent::{Agent, AgentOptions, Received};
use sensu_tests_postgres::Postgres;
use serde_json::json;

use crate::support::{Backend, START, names, receive, request};

/// Two servers with one clock. `None` if PostgreSQL is not installed.
async fn start() -> Option<[Backend; 2]> {
    let postgres = Postgres::shared()?;
    let (schema, clock) = (postgres.unique_schema(), Arc::new(ManualClock::at(START)));
    let backend = async || {
        let options = PostgresOptions {
            schema: schema.clone(),
            connections: 8,
            timeout: Duration::from_secs(300),
            ..PostgresOptions::default()
        };
        let injected = Arc::clone(&clock) as Arc<dyn Clock>;
        let store = PostgresStore::open(&postgres.url(), options, injected).await;
        Backend::start_over(Arc::new(store.expect("opens")), Arc::clone(&clock)).await
    };
    Some([backend().await, backend().await])
}

/// What was due before, received by both agents.
async fn sync(backends: &[Backend; 2], agents: &mut [Agent; 2]) -> [Vec<String>; 2] {
    let mut found = [Vec::new(), Vec::new()];
    for ((backend, agent), found) in backends.iter().zip(agents).zip(&mut found) {
        let requests = backend.sync(agent).await;
        found.extend(names(&requests).into_iter().map(str::to_owned));
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn each_agent_gets_the_requests_of_the_server_that_it_is_connected_to() {
    let Some(backends) = start().await else { return };
    let [first, second] = &backends;
    let mut agents =
        [first.connect("a", &["system"]).await, second.connect("b", &["system"]).await];
    first.put_check("cpu", json!({})).await;
    sync(&backends, &mut agents).await;
    first.clock.set(START + 60);
    for agent in &mut agents {
        assert_eq!(request(agent).await.config.metadata.name, "cpu");
    }
    assert_eq!(sync(&backends, &mut agents).await, [[""; 0], [""; 0]]);
    // Requests of users reach the agents of all servers.
    first.put_check("now", json!({ "publish": false })).await;
    first.execute("now", json!({})).await;
    for agent in &mut agents {
        assert_eq!(request(agent).await.config.metadata.name, "now");
    }
    assert_eq!(sync(&backends, &mut agents).await, [[""; 0], [""; 0]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_agent_of_all_servers_has_the_turn() {
    let Some(backends) = start().await else { return };
    let [first, second] = &backends;
    let mut agents =
        [first.connect("a", &["system"]).await, second.connect("b", &["system"]).await];
    first.put_check("rr", json!({ "round_robin": true })).await;
    sync(&backends, &mut agents).await;
    let mut turns = Vec::new();
    for run in 1..=6 {
        first.clock.set(START + run * 60);
        let [of_a, of_b] = sync(&backends, &mut agents).await;
        turns.push((of_a.len(), of_b.len()));
    }
    assert_eq!(turns, [(1, 0), (0, 1), (1, 0), (0, 1), (1, 0), (0, 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_reach_the_agents_of_other_servers() {
    let Some(backends) = start().await else { return };
    let [first, second] = &backends;
    let mut agent = second.connect("b", &["system"]).await;
    let path = "/apis/core/v2/namespaces/default/entities/b";
    let patch = json!({ "subscriptions": ["new"] });
    assert_eq!(first.send("PATCH", path, Some(&patch)).await.status, 200);
    let Received::EntityConfig(config) = receive(&mut agent).await else { panic!("no config") };
    assert_eq!(config.subscriptions, ["new"]);
    // The newest connection of a name wins.
    let mut newer = Agent::connect(first.options("b", &["system"])).await.expect("connects");
    let closed = receive(&mut agent).await;
    assert!(matches!(closed, Received::Closed { code: 4000, .. }), "{closed:?}");
    newer.send_keepalive().await.expect("is sent");
    first
        .wait("events/b/keepalive", |event| {
            event["check"]["history"].as_array().is_some_and(|history| history.len() == 2)
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_agent_is_reported_by_one_server() {
    let Some(backends) = start().await else { return };
    let [first, second] = &backends;
    let options = AgentOptions {
        keepalive_interval: 5,
        keepalive_timeout: 10,
        ..first.options("a", &["system"])
    };
    let _silent = first.connect_with(options).await;
    let mut other = second.connect("b", &["system"]).await;
    for seconds in [10, 20, 30] {
        first.clock.set(START + seconds);
        first
            .wait("events/a/keepalive", |event| event["check"]["executed"] == START + seconds)
            .await;
    }
    second.sync(&mut other).await;
    let event = first.get("events/a/keepalive").await;
    assert_eq!(event["check"]["history"].as_array().map(Vec::len), Some(4));
}
