//! Overdue results of agents.

use sensu_test_agent::{Agent, AgentOptions};
use serde_json::{Value, json};

use crate::support::{Backend, START};

/// Sends a result of a check with a `ttl`.
async fn report(agent: &mut Agent, name: &str, ttl: i64, executed: i64) {
    let check = json!({
        "interval": 5, "ttl": ttl, "executed": executed, "handlers": ["h"],
        "metadata": { "name": name },
    });
    agent.send_check(serde_json::from_value(check).expect("a check")).await.expect("is sent");
}

/// Waits until a check of `web` has this value of `executed`, and returns it.
async fn executed(backend: &Backend, check: &str, time: i64) -> Value {
    let path = format!("events/web/{check}");
    let event = backend.wait(&path, |event| event["check"]["executed"] == time).await;
    event["check"].clone()
}

// D11
#[tokio::test(flavor = "multi_thread")]
async fn each_check_has_its_own_ttl_and_failures_are_repeated_with_the_true_age() {
    let backend = Backend::start().await;
    let mut agent = backend.connect("web", &["system"]).await;
    for check in ["a", "b"] {
        report(&mut agent, check, 10, START).await;
        executed(&backend, check, START).await;
    }
    backend.clock.set(START + 5);
    report(&mut agent, "b", 10, START + 5).await;
    executed(&backend, "b", START + 5).await;
    backend.clock.set(START + 10);
    let check = executed(&backend, "a", START + 10).await;
    assert_eq!(check["output"], "Last check execution was 10 seconds ago");
    assert_eq!(check["status"], 1);
    assert_eq!(backend.get("events/web/b").await["check"]["status"], 0);
    for seconds in [20, 30] {
        backend.clock.set(START + seconds);
        let check = executed(&backend, "a", START + seconds).await;
        let output = format!("Last check execution was {seconds} seconds ago");
        assert_eq!(check["output"], output);
    }
    report(&mut agent, "a", 10, START + 31).await;
    executed(&backend, "a", START + 31).await;
    backend.clock.set(START + 40);
    let check = executed(&backend, "a", START + 40).await;
    assert_eq!(check["output"], "Last check execution was 9 seconds ago");
}

// D12, D15
#[tokio::test(flavor = "multi_thread")]
async fn deleted_events_and_removed_ttls_are_not_overdue() {
    let backend = Backend::start().await;
    let mut agent = backend.connect("web", &["system"]).await;
    for check in ["deleted", "removed"] {
        report(&mut agent, check, 10, START).await;
        executed(&backend, check, START).await;
    }
    backend.delete("events/web/deleted").await;
    report(&mut agent, "removed", 0, START + 1).await;
    executed(&backend, "removed", START + 1).await;
    backend.clock.set(START + 60);
    backend.sync(&mut agent).await;
    assert!(backend.get("events/web/deleted").await.is_null());
    assert_eq!(backend.get("events/web/removed").await["check"]["status"], 0);
}

// D14
#[tokio::test(flavor = "multi_thread")]
async fn results_are_not_overdue_while_the_agent_is_silent() {
    let backend = Backend::start().await;
    let options = AgentOptions {
        keepalive_interval: 5,
        keepalive_timeout: 10,
        ..backend.options("web", &["system"])
    };
    let mut agent = backend.connect_with(options).await;
    let mut other = backend.connect("other", &["system"]).await;
    report(&mut agent, "cpu", 15, START).await;
    executed(&backend, "cpu", START).await;
    backend.clock.set(START + 10);
    executed(&backend, "keepalive", START + 10).await;
    for seconds in [15, 20, 31] {
        backend.clock.set(START + seconds);
        backend.sync(&mut other).await;
        assert_eq!(backend.get("events/web/cpu").await["check"]["status"], 0, "{seconds}");
    }
    agent.send_keepalive().await.expect("is sent");
    executed(&backend, "keepalive", START + 31).await;
    backend.clock.set(START + 40);
    agent.send_keepalive().await.expect("is sent");
    executed(&backend, "keepalive", START + 40).await;
    // One `ttl` after the recovery.
    backend.clock.set(START + 45);
    backend.sync(&mut other).await;
    assert_eq!(backend.get("events/web/cpu").await["check"]["status"], 0);
    backend.clock.set(START + 46);
    let check = executed(&backend, "cpu", START + 46).await;
    assert_eq!(check["output"], "Last check execution was 46 seconds ago");
}

// D16
#[tokio::test(flavor = "multi_thread")]
async fn overdue_results_are_silenced_as_any_event() {
    let backend = Backend::start().await;
    backend.put_recorder("h", json!({ "filters": ["not_silenced"] })).await;
    let mut agent = backend.connect("web", &["system"]).await;
    let silenced = json!({ "check": "quiet", "metadata": { "name": "*:quiet" } });
    backend.put("silenced/*:quiet", silenced).await;
    for check in ["quiet", "loud"] {
        report(&mut agent, check, 10, START).await;
        executed(&backend, check, START).await;
    }
    backend.wait_for("h", 1).await;
    backend.clock.set(START + 10);
    let check = executed(&backend, "quiet", START + 10).await;
    assert_eq!(check["silenced"], json!(["*:quiet"]));
    let handled = backend.wait_for("h", 2).await;
    assert!(handled.iter().all(|event| event["check"]["metadata"]["name"] == "loud"));
}

// D13
#[tokio::test(flavor = "multi_thread")]
async fn short_ttls_are_handled() {
    let backend = Backend::start().await;
    backend.put_recorder("h", json!({})).await;
    let mut agent = backend.connect("web", &["system"]).await;
    let check = json!({
        "interval": 1, "ttl": 3, "executed": START, "handlers": ["h"],
        "metadata": { "name": "short" },
    });
    agent.send_check(serde_json::from_value(check).expect("a check")).await.expect("is sent");
    backend.wait_for("h", 1).await;
    backend.clock.set(START + 3);
    let check = executed(&backend, "short", START + 3).await;
    assert_eq!(check["status"], 1);
    backend.wait_for("h", 2).await;
}
