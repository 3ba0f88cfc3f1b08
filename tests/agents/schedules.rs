//! Schedules: when checks are requested, and what changes of them mean.

use std::sync::Arc;

use sensu_store::ManualClock;
use sensu_test_agent::AgentOptions;
use serde_json::json;

use crate::support::{Backend, START, check, names, request};

/// Milliseconds after [`START`].
fn at(backend: &Backend, millis: i64) {
    backend.clock.set_millis(START * 1000 + millis);
}

// B1
#[tokio::test(flavor = "multi_thread")]
async fn the_phase_of_an_interval_survives_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Arc::new(ManualClock::at(START));
    let backend = Backend::start_in(folder.path(), Arc::clone(&clock)).await;
    backend.put_check("check-cpu", json!({})).await;
    let mut agent = backend.connect("web", &["system"]).await;
    // 17.65 s after a whole minute.
    at(&backend, 17_651);
    assert_eq!(backend.sync(&mut agent).await, []);
    at(&backend, 17_652);
    let first = request(&mut agent).await;
    assert_eq!((first.config.metadata.name.as_str(), first.issued), ("check-cpu", START + 17));
    backend.server.stop().await;
    at_clock(&clock, 40_000);
    let backend = Backend::start_in(folder.path(), clock).await;
    let mut agent = backend.connect("web", &["system"]).await;
    at(&backend, 77_651);
    assert_eq!(backend.sync(&mut agent).await, []);
    at(&backend, 77_652);
    assert_eq!(request(&mut agent).await.issued, START + 77);
}

fn at_clock(clock: &ManualClock, millis: i64) {
    clock.set_millis(START * 1000 + millis);
}

// B2, B6
#[tokio::test(flavor = "multi_thread")]
async fn checks_of_different_namespaces_are_different() {
    let backend = Backend::start().await;
    for (namespace, name) in [("c", "a-b"), ("b-c", "a"), ("b-c", "http"), ("c", "http")] {
        backend.put_in(namespace, &format!("checks/{name}"), check(json!({}))).await;
    }
    let options = |namespace: &str| AgentOptions {
        namespace: namespace.into(),
        ..backend.options("web", &["system"])
    };
    let mut one = backend.connect_with(options("c")).await;
    let mut other = backend.connect_with(options("b-c")).await;
    let follower = &mut backend.connect("web", &[]).await;
    backend.sync(follower).await;
    at(&backend, 60_000);
    let requests = [request(&mut one).await, request(&mut one).await];
    assert_eq!(names(&requests), ["a-b", "http"]);
    let requests = [request(&mut other).await, request(&mut other).await];
    assert_eq!(names(&requests), ["a", "http"]);
}

// B3, B4
#[tokio::test(flavor = "multi_thread")]
async fn a_change_applies_to_the_next_run() {
    let backend = Backend::start().await;
    let mut agent = backend.connect("web", &["system"]).await;
    backend.put_check("check-cpu", json!({ "command": "old" })).await;
    backend.sync(&mut agent).await;
    at(&backend, 17_652);
    assert_eq!(request(&mut agent).await.config.command, "old");
    at(&backend, 30_000);
    backend.put_check("check-cpu", json!({ "command": "new" })).await;
    assert_eq!(backend.sync(&mut agent).await, []);
    at(&backend, 77_651);
    assert_eq!(backend.sync(&mut agent).await, []);
    at(&backend, 77_652);
    assert_eq!(request(&mut agent).await.config.command, "new");
    // The phase of 10 s is 7.65 s.
    backend.put_check("check-cpu", json!({ "interval": 10 })).await;
    assert_eq!(backend.sync(&mut agent).await, []);
    at(&backend, 87_651);
    assert_eq!(backend.sync(&mut agent).await, []);
    at(&backend, 87_652);
    assert_eq!(request(&mut agent).await.issued, START + 87);
}

// B5
#[tokio::test(flavor = "multi_thread")]
async fn unpublished_and_deleted_checks_do_not_run() {
    let backend = Backend::start().await;
    let mut agent = backend.connect("web", &["system"]).await;
    backend.put_check("cpu", json!({ "publish": false })).await;
    backend.sync(&mut agent).await;
    at(&backend, 120_000);
    assert_eq!(backend.sync(&mut agent).await, []);
    backend.put_check("cpu", json!({ "publish": true })).await;
    assert_eq!(backend.sync(&mut agent).await, []);
    at(&backend, 180_000);
    assert_eq!(request(&mut agent).await.config.metadata.name, "cpu");
    backend.delete("checks/cpu").await;
    backend.sync(&mut agent).await;
    at(&backend, 600_000);
    assert_eq!(backend.sync(&mut agent).await, []);
}

// B7
#[tokio::test(flavor = "multi_thread")]
async fn cron_schedules_have_time_zones() {
    let backend = Backend::start().await;
    let mut agent = backend.connect("web", &["system"]).await;
    backend.put_check("minutely", json!({ "cron": "*/1 * * * *" })).await;
    backend.sync(&mut agent).await;
    at(&backend, 59_999);
    assert_eq!(backend.sync(&mut agent).await, []);
    at(&backend, 60_000);
    assert_eq!(request(&mut agent).await.issued, START + 60);
    backend.delete("checks/minutely").await;
    // 2023-11-15 08:00 in New York is 13:00 UTC; the clock shows 2023-11-14 22:15 UTC.
    backend.put_check("daily", json!({ "cron": "CRON_TZ=America/New_York 0 8 * * *" })).await;
    backend.sync(&mut agent).await;
    let due = 1_700_053_200;
    backend.clock.set(due - 1);
    assert_eq!(backend.sync(&mut agent).await, []);
    backend.clock.set(due);
    assert_eq!(request(&mut agent).await.issued, due);
}

// B13
#[tokio::test(flavor = "multi_thread")]
async fn an_agent_with_two_subscriptions_of_a_check_gets_one_request() {
    let backend = Backend::start().await;
    let mut agent = backend.connect("web", &["a", "b"]).await;
    backend.put_check("cpu", json!({ "subscriptions": ["a", "b", "entity:web"] })).await;
    backend.sync(&mut agent).await;
    at(&backend, 60_000);
    assert_eq!(request(&mut agent).await.config.metadata.name, "cpu");
    assert_eq!(backend.sync(&mut agent).await, []);
}

// B16
#[tokio::test(flavor = "multi_thread")]
async fn checks_continue_after_the_clock_was_set_back() {
    let backend = Backend::start().await;
    let mut agent = backend.connect("web", &["system"]).await;
    backend.put_check("check-cpu", json!({})).await;
    backend.sync(&mut agent).await;
    at(&backend, 60_000);
    let first = request(&mut agent).await;
    at(&backend, 60_000 - 300_000);
    assert_eq!(backend.sync(&mut agent).await, []);
    at(&backend, 60_000 - 240_000);
    let second = request(&mut agent).await;
    assert!(second.issued > first.issued, "{} {}", second.issued, first.issued);
}

// B20
#[tokio::test(flavor = "multi_thread")]
async fn subdued_checks_do_not_run() {
    let backend = Backend::start().await;
    let mut agent = backend.connect("web", &["system"]).await;
    // The clock shows 2023-11-14 22:14 UTC, a Tuesday. The first window lasts until Wednesday.
    let overnight = json!({ "days": { "tuesday": [{ "begin": "10:00PM", "end": "6:00AM" }] } });
    backend.put_check("overnight", json!({ "subdue": overnight })).await;
    let repeated = json!([{
        "begin": "2023-11-01T22:00:00Z", "end": "2023-11-02T06:00:00Z", "repeat": ["daily"],
    }]);
    backend.put_check("repeated", json!({ "subdues": repeated })).await;
    backend.put_check("always", json!({})).await;
    backend.sync(&mut agent).await;
    for (clock, expected) in [
        (START + 60, vec!["always"]),
        // 2023-11-15 05:00 UTC.
        (1_700_024_400, vec!["always"]),
        // 2023-11-15 07:00 UTC.
        (1_700_031_600, vec!["always", "overnight", "repeated"]),
    ] {
        backend.clock.set(clock);
        let mut requests = Vec::new();
        while requests.len() < expected.len() {
            requests.push(request(&mut agent).await);
        }
        requests.extend(backend.sync(&mut agent).await);
        assert_eq!(names(&requests), expected);
    }
}

// B21
#[tokio::test(flavor = "multi_thread")]
async fn distributed_proxy_requests_delay_no_other_check() {
    let backend = Backend::start().await;
    let mut agent = backend.connect("web", &["system"]).await;
    let mut proxies = backend.connect("proxies", &["proxy"]).await;
    for name in ["a", "b", "c"] {
        backend.put(&format!("entities/{name}"), json!({ "entity_class": "proxy" })).await;
    }
    let requests = json!({
        "entity_attributes": ["entity.entity_class == 'proxy'"],
        "splay": true,
        "splay_coverage": 100,
    });
    let fields = json!({ "interval": 300, "subscriptions": ["proxy"], "proxy_requests": requests });
    backend.put_check("proxied", fields).await;
    for number in 0..1_000 {
        backend.put_check(&format!("c{number}"), json!({})).await;
    }
    backend.sync(&mut proxies).await;
    // The requests of the proxy check are due 100, 200 and 300 s after its run.
    at(&backend, 300_000);
    backend.sync(&mut proxies).await;
    drain(&mut agent, 1_000).await;
    at(&backend, 360_000);
    drain(&mut agent, 1_000).await;
}

/// Receives requests of this number of checks.
async fn drain(agent: &mut sensu_test_agent::Agent, number: usize) {
    let mut seen = std::collections::BTreeSet::new();
    while seen.len() < number {
        seen.insert(request(agent).await.config.metadata.name);
    }
}
