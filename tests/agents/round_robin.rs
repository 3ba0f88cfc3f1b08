//! Round robin: one agent at a time executes a check.

use sensu_test_agent::Agent;
use serde_json::json;

use crate::support::{Backend, START};

/// The agents that were asked in one run, after everything that was due is sent.
async fn asked(backend: &Backend, agents: &mut [Agent]) -> Vec<String> {
    let mut asked = Vec::new();
    for agent in agents {
        for request in backend.sync(agent).await {
            assert_eq!(request.config.metadata.name, "rr");
            asked.push(agent.options().name.clone());
        }
    }
    asked
}

// B18
#[tokio::test(flavor = "multi_thread")]
async fn agents_take_turns_in_the_order_of_their_names() {
    let backend = Backend::start().await;
    let mut agents = Vec::new();
    for name in ["b", "a", "c"] {
        agents.push(backend.connect(name, &["system"]).await);
    }
    backend.put_check("rr", json!({ "round_robin": true })).await;
    asked(&backend, &mut agents).await;
    let mut turns = Vec::new();
    for run in 1..=12 {
        if run == 7 {
            let killed = agents.remove(0);
            drop(killed);
            sensu_tests::metric(
                &backend.server,
                r#"sensu_server_agent_sessions{encoding="protobuf",version="6.7.3"}"#,
                |sessions| sessions == 2.0,
            )
            .await;
        }
        backend.clock.set(START + run * 60);
        let turn = asked(&backend, &mut agents).await;
        assert_eq!(turn.len(), 1, "run {run}");
        turns.extend(turn);
    }
    assert_eq!(turns.concat(), "abcabcacacac");
}

// B19
#[tokio::test(flavor = "multi_thread")]
async fn a_check_with_two_subscriptions_has_one_turn() {
    let backend = Backend::start().await;
    let mut agents =
        vec![backend.connect("a", &["x", "y"]).await, backend.connect("b", &["y"]).await];
    backend.put_check("rr", json!({ "round_robin": true, "subscriptions": ["x", "y"] })).await;
    asked(&backend, &mut agents).await;
    let mut turns = String::new();
    for run in 1..=4 {
        backend.clock.set(START + run * 60);
        turns += &asked(&backend, &mut agents).await.concat();
    }
    assert_eq!(turns, "abab");
}

#[tokio::test(flavor = "multi_thread")]
async fn proxy_requests_are_distributed_over_the_agents() {
    let backend = Backend::start().await;
    let mut agents =
        vec![backend.connect("a", &["system"]).await, backend.connect("b", &["system"]).await];
    for name in ["p1", "p2", "p3"] {
        backend.put(&format!("entities/{name}"), json!({ "entity_class": "proxy" })).await;
    }
    let requests = json!({ "entity_attributes": ["entity.entity_class == 'proxy'"] });
    backend.put_check("rr", json!({ "round_robin": true, "proxy_requests": requests })).await;
    asked(&backend, &mut agents).await;
    backend.clock.set(START + 60);
    let mut entities = Vec::new();
    while entities.len() < 3 {
        for agent in &mut agents {
            let name = agent.options().name.clone();
            let requests = backend.sync(agent).await;
            entities.extend(
                requests.into_iter().map(|one| format!("{}:{name}", one.config.proxy_entity_name)),
            );
        }
    }
    entities.sort_unstable();
    assert_eq!(entities, ["p1:a", "p2:b", "p3:a"]);
}
