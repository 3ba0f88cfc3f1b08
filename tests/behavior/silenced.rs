//! Silenced entries and check ttl: what time does, also across restarts (D24, D34).

use std::sync::Arc;
use std::time::Duration;

use sensu_server::Limits;
use sensu_store::sqlite::{SqliteOptions, SqliteStore};
use sensu_store::{Clock, ManualClock, Store};
use sensu_tests::TestServer;
use serde_json::{Value, json};

const SILENCED: &str = "/apis/core/v2/namespaces/default/silenced";
const EVENT: &str = "/apis/core/v2/namespaces/default/events/web/cpu";

fn event(status: u32, ttl: i64) -> Value {
    json!({
        "entity": { "entity_class": "proxy" },
        "check": { "interval": 10, "ttl": ttl, "status": status, "output": "said so" },
    })
}

/// A server over a store on disk that outlives it.
async fn over(folder: &std::path::Path, clock: &Arc<ManualClock>) -> TestServer {
    bounded(folder, clock, Limits::default()).await
}

/// The same, with bounds of its own.
async fn bounded(folder: &std::path::Path, clock: &Arc<ManualClock>, limits: Limits) -> TestServer {
    let clock = Arc::clone(clock) as Arc<dyn Clock>;
    let store = SqliteStore::open(folder, SqliteOptions::default(), Arc::clone(&clock));
    let store: Arc<dyn Store> = Arc::new(store.expect("opens"));
    TestServer::start_over(store, limits, clock).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_ends_on_time_also_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Arc::new(ManualClock::at(1_000));
    let server = over(folder.path(), &clock).await;
    let token = server.token().await;
    let entry = json!({ "check": "cpu", "expire": 60, "reason": "maintenance" });
    let made = server.send("POST", SILENCED, Some(&token), Some(&entry)).await;
    assert_eq!(made.body["expire_at"], 1_060, "{:?}", made.body);
    assert_eq!(made.body["creator"], "admin");
    server.stop().await;

    clock.advance(30);
    let server = over(folder.path(), &clock).await;
    let read = |path: String| {
        let (server, token) = (&server, &token);
        async move { server.send("GET", &path, Some(token), None).await }
    };
    let item = format!("{SILENCED}/*:cpu");
    let answer = read(item.clone()).await;
    assert_eq!(answer.body["expire"], 60, "read back as configured");
    let put = server.send("PUT", EVENT, Some(&token), Some(&event(2, 0))).await;
    assert_eq!(put.body["check"]["silenced"], json!(["*:cpu"]), "{:?}", put.body);

    clock.advance(30);
    assert_eq!(read(item).await.status, 404, "the second in which it ends it is gone");
    assert_eq!(read(SILENCED.to_owned()).await.body, json!([]));
    let put = server.send("PUT", EVENT, Some(&token), Some(&event(2, 0))).await;
    assert_eq!(put.body["check"].get("silenced"), None, "{:?}", put.body);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_goes_with_the_resolution() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let entry = json!({ "check": "cpu", "expire_on_resolve": true });
    server.send("POST", SILENCED, Some(&token), Some(&entry)).await;
    for (status, silenced) in [(2, Some(json!(["*:cpu"]))), (0, None)] {
        let put = server.send("PUT", EVENT, Some(&token), Some(&event(status, 0))).await;
        assert_eq!(put.body["check"].get("silenced"), silenced.as_ref(), "{:?}", put.body);
    }
    let gone = server.send("GET", &format!("{SILENCED}/*:cpu"), Some(&token), None).await;
    assert_eq!(gone.status, 404);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_does_not_come_is_a_failure_also_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Arc::new(ManualClock::at(1_000));
    let server = over(folder.path(), &clock).await;
    let token = server.token().await;
    let mut sent = event(0, 60);
    sent["check"]["executed"] = 1_000.into();
    let put = server.send("PUT", EVENT, Some(&token), Some(&sent)).await;
    assert_eq!(put.body["check"]["state"], "passing", "{:?}", put.body);
    clock.advance(40);
    sent["check"]["executed"] = 1_040.into();
    server.send("PUT", EVENT, Some(&token), Some(&sent)).await;
    server.stop().await;

    // Past the deadline of the first result, before that of the second.
    clock.advance(30);
    let server = over(folder.path(), &clock).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let read = server.send("GET", EVENT, Some(&token), None).await;
    assert_eq!(read.body["check"]["status"], 0, "{:?}", read.body);

    clock.advance(35);
    let last = failed(&server, EVENT).await;
    assert_eq!(last["check"]["output"], "Last check execution was 65 seconds ago", "{last:?}");
    assert_eq!(last["check"]["state"], "failing");
    assert_eq!(last["check"]["history"].as_array().expect("a history").len(), 3);
    server.stop().await;
}

/// The event, once the server has found out that its results do not come.
async fn failed(server: &TestServer, path: &str) -> Value {
    let token = server.token().await;
    for _ in 0..200 {
        let read = server.send("GET", path, Some(&token), None).await;
        if read.body["check"]["status"] == 1 {
            return read.body;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{path} goes on as if its results came");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_event_that_cannot_be_written_does_not_hide_the_silence_of_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Arc::new(ManualClock::at(1_000));
    let server = over(folder.path(), &clock).await;
    let token = server.token().await;
    let mut large = event(0, 60);
    large["entity"]["metadata"]["labels"] = json!({ "note": "x".repeat(8_000) });
    let other = "/apis/core/v2/namespaces/default/events/web-2/cpu";
    for (path, body) in [(EVENT, &large), (other, &event(0, 61))] {
        let put = server.send("PUT", path, Some(&token), Some(body)).await;
        assert_eq!(put.status, 200, "{:?}", put.body);
    }
    server.stop().await;

    // What was small enough when it was written no longer is.
    let limits = Limits { response_bytes: 4_000, ..Limits::default() };
    let server = bounded(folder.path(), &clock, limits).await;
    clock.advance(100);
    assert_eq!(failed(&server, other).await["check"]["state"], "failing");
    let large = server.send("GET", EVENT, Some(&server.token().await), None).await;
    assert_eq!(large.body["check"]["status"], 0, "{:?}", large.body);
    server.stop().await;
}
