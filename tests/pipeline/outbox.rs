//! The outbox: events are handled after a restart, once, and within limits (D43).

use std::sync::Arc;
use std::time::Duration;

use sensu_server::PipelineSettings;
use sensu_store::sqlite::{SqliteOptions, SqliteStore};
use sensu_store::{Clock, ManualClock, MemoryStore, Store, SystemClock};
use sensu_tests::{ObservedStore, eventually, metric};
use serde_json::json;

use crate::support::{DEFAULT, Monitored, each, event, received, recorder, settings};

fn sqlite(folder: &std::path::Path, clock: &Arc<dyn Clock>) -> Arc<dyn Store> {
    let store = SqliteStore::open(folder, SqliteOptions::default(), Arc::clone(clock));
    Arc::new(store.expect("opens"))
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_were_not_handled_are_handled_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let first =
        Monitored::start_over(sqlite(folder.path(), &clock), settings(), clock.clone()).await;
    let output = first.folder.path().to_owned();
    let gate = output.join("gate");
    let record = recorder(&output, "a")["command"].as_str().expect("text").to_owned();
    let command = format!("if [ -e {} ]; then {record}; else sleep 1000; fi", gate.display());
    first.put("handlers/a", json!({ "type": "pipe", "command": command })).await;
    for status in [1, 2] {
        first.report("web", "cpu", json!({ "status": status, "handlers": ["a"] })).await;
    }
    let entries = "sensu_server_pipeline_outbox_entries";
    metric(&first.server, entries, |entries| entries == 2.0).await;
    first.server.stop().await;
    std::fs::write(gate, "").expect("is written");

    let second = Monitored::start_over(sqlite(folder.path(), &clock), settings(), clock).await;
    second.report("web", "cpu", json!({ "status": 3, "handlers": ["a"] })).await;
    let received = eventually("three events", async || {
        Some(received(&output, "a")).filter(|received| received.len() == 3)
    })
    .await;
    assert_eq!(each(&received, "/check/status"), [1, 2, 3]);
    metric(&second.server, entries, |entries| entries == 0.0).await;
    assert_eq!(second.outcomes("web", "cpu").await.len(), 3);
    second.server.stop().await;
}

/// The disconnection cancels the request between the commit and its acknowledgement.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_handled_although_its_client_has_disconnected() {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let memory = Arc::new(MemoryStore::new(Arc::clone(&clock)));
    let store = Arc::new(ObservedStore::new(memory, "outbox"));
    let monitored = Monitored::start_over(Arc::clone(&store) as _, settings(), clock).await;
    monitored.put_recorder("a", json!({})).await;
    let held = store.hold_acknowledgements().await;
    let path = format!("{DEFAULT}/events/web/cpu");
    let body = event("web", "cpu", json!({ "status": 1, "handlers": ["a"] }));
    let request = reqwest::Client::new()
        .put(format!("{}{path}", monitored.server.url()))
        .bearer_auth(&monitored.token)
        .json(&body);
    let client = tokio::spawn(request.send());
    eventually("the event is stored", async || {
        (monitored.send("GET", &path, None).await.status == 200).then_some(())
    })
    .await;
    client.abort();
    let cancelled =
        r#"sensu_server_http_requests_total{method="PUT",operation="none",status="499"}"#;
    metric(&monitored.server, cancelled, |requests| requests == 1.0).await;
    drop(held);
    assert_eq!(monitored.wait_for("a", 1).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_sent_again_is_handled_once() {
    let monitored = Monitored::start().await;
    monitored.put_recorder("a", json!({})).await;
    let mut body = event("web", "cpu", json!({ "status": 1, "executed": 10, "handlers": ["a"] }));
    (body["id"], body["timestamp"]) = (json!("5b5d2e0e-0000-4000-8000-000000000001"), json!(10));
    let path = format!("{DEFAULT}/events/web/cpu");
    for _ in 0..3 {
        assert!(monitored.send("PUT", &path, Some(&body)).await.status < 300);
    }
    monitored.send("PUT", &format!("{path}?dryRun=true"), Some(&body)).await;
    monitored.report("web", "cpu", json!({ "status": 2, "handlers": ["a"] })).await;
    let received = monitored.wait_for("a", 2).await;
    assert_eq!(each(&received, "/check/status"), [1, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_beyond_the_limit_are_stored_and_counted_as_dropped() {
    let none = PipelineSettings { max_entries: 0, ..settings() };
    let monitored = Monitored::start_with(none).await;
    monitored.put_recorder("a", json!({})).await;
    monitored.report("web", "cpu", json!({ "handlers": ["a"] })).await;
    let dropped = r#"sensu_server_pipeline_dropped_total{reason="full"}"#;
    metric(&monitored.server, dropped, |dropped| dropped == 1.0).await;
    let health = monitored.send("GET", "/health", None).await.body;
    assert_eq!(health["PipelineHealth"], json!({ "Pending": 0, "OldestAge": 0, "Dropped": 1 }));
    assert_eq!(monitored.outcomes("web", "cpu").await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_are_too_old_are_not_handled() {
    let folder = tempfile::tempdir().expect("a folder");
    let manual = Arc::new(ManualClock::at(1_000_000_000));
    let clock = Arc::clone(&manual) as Arc<dyn Clock>;
    let settings = PipelineSettings { max_age: Duration::from_secs(60), ..settings() };
    let store = sqlite(folder.path(), &clock);
    let first = Monitored::start_over(store, settings.clone(), Arc::clone(&clock)).await;
    first.put("handlers/a", json!({ "type": "pipe", "command": "sleep 1000" })).await;
    first.report("web", "cpu", json!({ "handlers": ["a"] })).await;
    first.server.stop().await;
    manual.advance(61);
    let second = Monitored::start_over(sqlite(folder.path(), &clock), settings, clock).await;
    let outcomes = second.wait_for_outcomes("web", "cpu", 1).await;
    assert_eq!(outcomes[0]["result"], "expired", "{outcomes:?}");
    let dropped = r#"sensu_server_pipeline_dropped_total{reason="expired"}"#;
    metric(&second.server, dropped, |dropped| dropped == 1.0).await;
    second.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_a_deleted_entity_are_not_handled() {
    let monitored = Monitored::start().await;
    // The first event occupies the handler for this check.
    let go = monitored.folder.path().join("go");
    let wait = format!("while [ ! -e {} ]; do sleep 0.05; done", go.display());
    let record =
        recorder(monitored.folder.path(), "a")["command"].as_str().expect("text").to_owned();
    let handler = json!({ "type": "pipe", "command": format!("{wait}; {record}") });
    monitored.put("handlers/a", handler).await;
    for entity in ["web", "db"] {
        for status in [1, 2] {
            monitored.report(entity, "cpu", json!({ "status": status, "handlers": ["a"] })).await;
        }
    }
    monitored.send("DELETE", &format!("{DEFAULT}/entities/web"), None).await;
    std::fs::write(&go, "").expect("is written");
    eventually("the other events", async || {
        let received = monitored.received("a");
        let of_db = received.iter().filter(|event| event["entity"]["metadata"]["name"] == "db");
        (of_db.count() == 2).then_some(())
    })
    .await;
    metric(&monitored.server, "sensu_server_pipeline_outbox_entries", |entries| entries == 0.0)
        .await;
    let received = monitored.received("a");
    let second = received
        .iter()
        .any(|event| event["entity"]["metadata"]["name"] == "web" && event["check"]["status"] == 2);
    assert!(!second, "{received:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn overdue_checks_are_handled() {
    let manual = Arc::new(ManualClock::at(1_000_000_000));
    let clock = Arc::clone(&manual) as Arc<dyn Clock>;
    let store = Arc::new(MemoryStore::new(Arc::clone(&clock)));
    let monitored = Monitored::start_over(store, settings(), clock).await;
    monitored.put_recorder("a", json!({ "filters": ["is_incident"] })).await;
    monitored.report("web", "cpu", json!({ "ttl": 120, "handlers": ["a"] })).await;
    manual.advance(121);
    let received = monitored.wait_for("a", 1).await;
    assert_eq!(received[0]["check"]["status"], 1);
}
