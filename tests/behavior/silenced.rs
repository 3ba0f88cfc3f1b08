//! Expiry of silenced entries and of check TTLs, also across restarts (D24, D34).

use std::sync::Arc;

use sensu_server::Limits;
use sensu_store::sqlite::{SqliteOptions, SqliteStore};
use sensu_store::{Clock, ManualClock, Store};
use sensu_tests::{TestServer, eventually};
use serde_json::{Value, json};

const SILENCED: &str = "/apis/core/v2/namespaces/default/silenced";
const EVENT: &str = "/apis/core/v2/namespaces/default/events/web/cpu";
const OTHER: &str = "/apis/core/v2/namespaces/default/events/web-2/cpu";

fn event(status: u32, ttl: i64) -> Value {
    json!({
        "entity": { "entity_class": "proxy" },
        "check": { "interval": 10, "ttl": ttl, "status": status, "output": "ok" },
    })
}

/// A server over a store on disk, which a later server can open.
async fn over(folder: &std::path::Path, clock: &Arc<ManualClock>) -> TestServer {
    over_with(folder, clock, Limits::default()).await
}

/// The same, with other limits.
async fn over_with(
    folder: &std::path::Path,
    clock: &Arc<ManualClock>,
    limits: Limits,
) -> TestServer {
    let clock = Arc::clone(clock) as Arc<dyn Clock>;
    let store = SqliteStore::open(folder, SqliteOptions::default(), Arc::clone(&clock));
    let store: Arc<dyn Store> = Arc::new(store.expect("opens"));
    TestServer::start_over(store, limits, clock).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silenced_entry_expires_on_time_also_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Arc::new(ManualClock::at(1_000));
    let server = over(folder.path(), &clock).await;
    let token = server.token().await;
    let entry = json!({ "check": "cpu", "expire": 60, "reason": "maintenance" });
    let created = server.send("POST", SILENCED, Some(&token), Some(&entry)).await;
    assert_eq!(created.body["expire_at"], 1_060, "{:?}", created.body);
    assert_eq!(created.body["creator"], "admin");
    server.stop().await;

    clock.advance(30);
    let server = over(folder.path(), &clock).await;
    let read = |path: String| {
        let (server, token) = (&server, &token);
        async move { server.send("GET", &path, Some(token), None).await }
    };
    let item = format!("{SILENCED}/*:cpu");
    let stored = read(item.clone()).await;
    assert_eq!(stored.body["expire"], 60, "as configured");
    let put = server.send("PUT", EVENT, Some(&token), Some(&event(2, 0))).await;
    assert_eq!(put.body["check"]["silenced"], json!(["*:cpu"]), "{:?}", put.body);

    clock.advance(30);
    read(item).await.assert_error(404, 2);
    assert_eq!(read(SILENCED.to_owned()).await.body, json!([]));
    let put = server.send("PUT", EVENT, Some(&token), Some(&event(2, 0))).await;
    assert_eq!(put.body["check"].get("silenced"), None, "{:?}", put.body);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silenced_entry_with_expire_on_resolve_is_deleted_by_the_resolution() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let entry = json!({ "check": "cpu", "expire_on_resolve": true });
    server.send("POST", SILENCED, Some(&token), Some(&entry)).await;
    for (status, silenced) in [(2, Some(json!(["*:cpu"]))), (0, None)] {
        let put = server.send("PUT", EVENT, Some(&token), Some(&event(status, 0))).await;
        assert_eq!(put.body["check"].get("silenced"), silenced.as_ref(), "{:?}", put.body);
    }
    let path = format!("{SILENCED}/*:cpu");
    server.send("GET", &path, Some(&token), None).await.assert_error(404, 2);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_without_results_fails_after_its_ttl_also_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Arc::new(ManualClock::at(1_000));
    let server = over(folder.path(), &clock).await;
    let token = server.token().await;
    let mut sent = event(0, 60);
    sent["check"]["executed"] = 1_000.into();
    for path in [EVENT, OTHER] {
        let put = server.send("PUT", path, Some(&token), Some(&sent)).await;
        assert_eq!(put.body["check"]["state"], "passing", "{:?}", put.body);
    }
    clock.advance(40);
    sent["check"]["executed"] = 1_040.into();
    server.send("PUT", EVENT, Some(&token), Some(&sent)).await;
    server.stop().await;

    // Past the TTL of the first result and of the other event, before that of the second result.
    clock.advance(30);
    let server = over(folder.path(), &clock).await;
    failed(&server, OTHER).await;
    let read = server.send("GET", EVENT, Some(&token), None).await;
    assert_eq!(read.body["check"]["status"], 0, "{:?}", read.body);

    clock.advance(35);
    let last = failed(&server, EVENT).await;
    assert_eq!(last["check"]["output"], "Last check execution was 65 seconds ago", "{last:?}");
    assert_eq!(last["check"]["state"], "failing");
    assert_eq!(last["check"]["history"].as_array().expect("a history").len(), 3);
    server.stop().await;
}

/// The event, once the server has recorded that its TTL has passed.
async fn failed(server: &TestServer, path: &str) -> Value {
    let token = server.token().await;
    let failed = || async {
        let read = server.send("GET", path, Some(&token), None).await;
        (read.body["check"]["status"] == 1).then_some(read.body)
    };
    eventually("the check fails after its TTL", failed).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_cannot_be_written_does_not_stop_the_ttl_of_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Arc::new(ManualClock::at(1_000));
    let server = over(folder.path(), &clock).await;
    let token = server.token().await;
    let mut large = event(0, 60);
    large["entity"]["metadata"]["labels"] = json!({ "note": "x".repeat(8_000) });
    for (path, body) in [(EVENT, &large), (OTHER, &event(0, 61))] {
        let put = server.send("PUT", path, Some(&token), Some(body)).await;
        assert_eq!(put.status, 200, "{:?}", put.body);
    }
    server.stop().await;

    // With this limit the first event is too large to be written again.
    let limits = Limits { response_bytes: 4_000, ..Limits::default() };
    let server = over_with(folder.path(), &clock, limits).await;
    clock.advance(100);
    assert_eq!(failed(&server, OTHER).await["check"]["state"], "failing");
    let large = server.send("GET", EVENT, Some(&server.token().await), None).await;
    assert_eq!(large.body["check"]["status"], 0, "{:?}", large.body);
    server.stop().await;
}
