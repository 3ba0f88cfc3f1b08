//! Keepalives: when an agent is reported as silent, its recovery, and its deregistration.

use std::sync::Arc;

use sensu_agents::message::Message;
use sensu_store::ManualClock;
use sensu_test_agent::{Agent, AgentOptions};
use serde_json::{Value, json};

use crate::support::{Backend, START};

/// An agent with these periods.
fn options(backend: &Backend, timeout: u32, critical: u32) -> AgentOptions {
    AgentOptions {
        keepalive_interval: 5,
        keepalive_timeout: timeout,
        keepalive_critical_timeout: critical,
        ..backend.options("web", &["system"])
    }
}

/// Waits until the last result of the keepalive is that of this time, and returns its check.
async fn keepalive_at(backend: &Backend, time: i64) -> Value {
    let event =
        backend.wait("events/web/keepalive", |event| event["check"]["executed"] == time).await;
    event["check"].clone()
}

/// Statuses of the history.
fn statuses(check: &Value) -> Vec<u64> {
    let history = check["history"].as_array().expect("a history");
    history.iter().filter_map(|result| result["status"].as_u64()).collect()
}

// D1
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_agent_is_reported_after_each_period() {
    let backend = Backend::start().await;
    backend.put_recorder("keepalive", json!({ "filters": ["is_incident"] })).await;
    let mut agent = backend.connect_with(options(&backend, 10, 0)).await;
    let check = keepalive_at(&backend, START).await;
    assert_eq!((&check["status"], &check["timeout"]), (&json!(0), &json!(10)));
    assert!(check["output"].as_str().is_some_and(|text| text.starts_with("Keepalive last sent")));
    for (seconds, occurrences) in [(10, 1), (20, 2), (30, 3)] {
        backend.clock.set(START + seconds);
        let check = keepalive_at(&backend, START + seconds).await;
        let output = format!("No keepalive sent from web for {seconds} seconds (>= 10)");
        assert_eq!((&check["status"], &check["output"]), (&json!(1), &json!(output)));
        assert_eq!(check["occurrences"], occurrences);
    }
    // The next keepalive is a resolution.
    backend.clock.set(START + 32);
    agent.send_keepalive().await.expect("is sent");
    assert_eq!(statuses(&keepalive_at(&backend, START + 32).await), [0, 1, 1, 1, 0]);
    let handled = backend.wait_for("keepalive", 4).await;
    assert_eq!(handled[3]["check"]["status"], 0);
}

// D2
#[tokio::test(flavor = "multi_thread")]
async fn the_critical_period_has_its_own_deadline() {
    let backend = Backend::start().await;
    let _agent = backend.connect_with(options(&backend, 10, 15)).await;
    for (seconds, status) in [(10, 1), (15, 2), (20, 2)] {
        backend.clock.set(START + seconds);
        assert_eq!(keepalive_at(&backend, START + seconds).await["status"], status);
    }
}

// D3
#[tokio::test(flavor = "multi_thread")]
async fn the_clock_of_the_agent_does_not_matter() {
    let backend = Backend::start().await;
    let mut agent = backend.connect_with(options(&backend, 10, 0)).await;
    let mut sent = agent.options().keepalive(agent.options().entity());
    sent.timestamp = START + 3600;
    backend.clock.set(START + 5);
    agent.send(&Message::keepalive(sent)).await.expect("is sent");
    keepalive_at(&backend, START + 5).await;
    assert_eq!(backend.get("entities/web").await["last_seen"], START + 3600);
    backend.clock.set(START + 15);
    let check = keepalive_at(&backend, START + 15).await;
    let output = "No keepalive sent from web for 10 seconds (>= 10)";
    assert_eq!((&check["status"], &check["output"]), (&json!(1), &json!(output)));
}

// D4
#[tokio::test(flavor = "multi_thread")]
async fn missing_and_short_periods_have_defaults() {
    let backend = Backend::start().await;
    let mut agent = Agent::connect(options(&backend, 0, 0)).await.expect("connects");
    let mut sent = agent.options().keepalive(agent.options().entity());
    sent.check = None;
    agent.send(&Message::keepalive(sent)).await.expect("is sent");
    let check = keepalive_at(&backend, START).await;
    assert_eq!((&check["timeout"], &check["interval"]), (&json!(120), &json!(20)));
    backend.clock.set(START + 1);
    let short = Agent::connect(options(&backend, 3, 2)).await;
    let mut short = short.expect("connects");
    short.send_keepalive().await.expect("is sent");
    let check = keepalive_at(&backend, START + 1).await;
    assert_eq!((&check["timeout"], &check["ttl"]), (&json!(5), &json!(5)));
    backend.clock.set(START + 6);
    assert_eq!(keepalive_at(&backend, START + 6).await["status"], 2);
}

// D5
#[tokio::test(flavor = "multi_thread")]
async fn deadlines_survive_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Arc::new(ManualClock::at(START));
    let backend = Backend::start_in(folder.path(), Arc::clone(&clock)).await;
    drop(backend.connect_with(options(&backend, 10, 0)).await);
    clock.set(START + 5);
    backend.server.stop().await;
    let backend = Backend::start_in(folder.path(), Arc::clone(&clock)).await;
    // At most one period late, in which the agent can connect.
    clock.set(START + 15);
    assert_eq!(keepalive_at(&backend, START + 15).await["status"], 1);
    clock.set(START + 18);
    backend.server.stop().await;
    let backend = Backend::start_in(folder.path(), Arc::clone(&clock)).await;
    clock.set(START + 28);
    let check = keepalive_at(&backend, START + 28).await;
    assert_eq!(statuses(&check), [0, 1, 1]);
    let output = "No keepalive sent from web for 28 seconds (>= 10)";
    assert_eq!(check["output"], output);
}

// D6
#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_ended_while_no_server_ran_is_reported_after_one_period() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Arc::new(ManualClock::at(START));
    let backend = Backend::start_in(folder.path(), Arc::clone(&clock)).await;
    let silent = backend.connect_with(options(&backend, 10, 0)).await;
    let other = AgentOptions { name: "other".into(), ..options(&backend, 10, 0) };
    drop((silent, backend.connect_with(other).await));
    backend.server.stop().await;
    clock.set(START + 3600);
    let backend = Backend::start_in(folder.path(), Arc::clone(&clock)).await;
    // One of the agents connects again: it is never reported.
    let other = AgentOptions { name: "other".into(), ..options(&backend, 10, 0) };
    let mut other = backend.connect_with(other).await;
    clock.set(START + 3609);
    backend.sync(&mut other).await;
    assert_eq!(backend.get("events/web/keepalive").await["check"]["status"], 0);
    other.send_keepalive().await.expect("is sent");
    backend
        .wait("events/other/keepalive", |event| event["check"]["executed"] == START + 3609)
        .await;
    clock.set(START + 3610);
    assert_eq!(keepalive_at(&backend, START + 3610).await["status"], 1);
    let event = backend.get("events/other/keepalive").await;
    assert_eq!(statuses(&event["check"]), [0, 0, 0]);
}

// D7
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_agent_can_be_deregistered() {
    let backend = Backend::start().await;
    backend.put_recorder("d", json!({})).await;
    backend.put_recorder("h", json!({ "filters": ["is_incident"] })).await;
    let options = AgentOptions {
        deregister: true,
        deregistration_handler: "d".into(),
        ..options(&backend, 10, 0)
    };
    let mut agent = backend.connect_with(options).await;
    for check in ["cpu", "disk"] {
        let check = json!({
            "status": 2, "interval": 60, "handlers": ["h"], "metadata": { "name": check },
        });
        let check = serde_json::from_value(check).expect("a check");
        agent.send_check(check).await.expect("is sent");
    }
    backend.wait_for("h", 2).await;
    drop(agent);
    backend.clock.set(START + 9);
    assert!(!backend.get("entities/web").await.is_null());
    backend.clock.set(START + 10);
    backend.wait("entities/web", Value::is_null).await;
    let deregistered = backend.wait_for("d", 1).await;
    let check = &deregistered[0]["check"];
    assert_eq!(check["metadata"]["name"], "deregistration");
    assert_eq!(check["status"], 1);
    let handled = backend.wait_for("h", 4).await;
    for event in &handled[2..] {
        let check = &event["check"];
        assert_eq!(check["status"], 0);
        assert_eq!(check["output"], "Resolving due to entity deregistering");
    }
    assert_eq!(backend.get("events/web/keepalive").await, Value::Null);
}

// D10
#[tokio::test(flavor = "multi_thread")]
async fn an_entity_can_name_the_handlers_of_its_keepalives() {
    let backend = Backend::start().await;
    backend.put_recorder("k", json!({})).await;
    backend.put_recorder("keepalive", json!({})).await;
    let options = AgentOptions { keepalive_handlers: vec!["k".into()], ..options(&backend, 10, 0) };
    let _agent = backend.connect_with(options).await;
    backend.wait_for("k", 1).await;
    backend.clock.set(START + 10);
    let handled = backend.wait_for("k", 2).await;
    let status = |event: &Value| event["check"]["status"].as_u64();
    assert_eq!([status(&handled[0]), status(&handled[1])], [Some(0), Some(1)]);
    assert!(backend.received("keepalive").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_the_keepalive_event_ends_its_deadlines() {
    let backend = Backend::start().await;
    let _agent = backend.connect_with(options(&backend, 10, 0)).await;
    let mut other = backend.connect("other", &["system"]).await;
    backend.delete("events/web/keepalive").await;
    backend.clock.set(START + 60);
    backend.sync(&mut other).await;
    assert!(backend.get("events/web/keepalive").await.is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_of_an_imported_dump_that_do_not_connect_are_reported() {
    let backend = Backend::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("dump.json");
    let metadata = json!({ "name": "web", "namespace": "default" });
    let event = json!({
        "type": "Event", "api_version": "core/v2", "spec": {
            "timestamp": START - 3600,
            "entity": { "entity_class": "agent", "metadata": metadata },
            "check": {
                "interval": 20, "timeout": 10, "executed": START - 3600,
                "metadata": { "name": "keepalive", "namespace": "default" },
            },
        },
    });
    std::fs::write(&file, event.to_string()).expect("is written");
    backend.server.import(&[file]).await.expect("is imported");
    backend.clock.set(START + 9);
    let mut other = backend.connect("other", &["system"]).await;
    backend.sync(&mut other).await;
    assert_eq!(backend.get("events/web/keepalive").await["check"]["status"], 0);
    backend.clock.set(START + 10);
    let check = keepalive_at(&backend, START + 10).await;
    assert_eq!((&check["status"], statuses(&check)), (&json!(1), vec![0, 1]));
}
