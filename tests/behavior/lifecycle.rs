//! Records that belong to an object: bounded while it exists, deleted with it (D26, D34).

use std::sync::Arc;

use sensu_server::Limits;
use sensu_store::{Key, ManualClock, MemoryStore, Operation, Prefix, Scan, Store, Txn};
use sensu_tests::{Response, TestServer, eventually};
use serde_json::{Value, json};

const DEFAULT: &str = "/apis/core/v2/namespaces/default";

struct Setup {
    clock: Arc<ManualClock>,
    server: TestServer,
    token: String,
}

impl Setup {
    async fn start() -> Self {
        let clock = Arc::new(ManualClock::at(1_000_000));
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new(clock.clone()));
        Self::start_over(clock, store).await
    }

    async fn start_over(clock: Arc<ManualClock>, store: Arc<dyn Store>) -> Self {
        let server = TestServer::start_over(store, Limits::default(), clock.clone()).await;
        let token = server.token().await;
        Self { clock, server, token }
    }

    async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Response {
        self.server.send(method, path, Some(&self.token), body).await
    }

    #[track_caller]
    fn put(&self, entity: &str, ttl: u32) -> impl Future<Output = Response> {
        let body = event(entity, ttl);
        let path = format!("{DEFAULT}/events/{entity}/c");
        async move {
            let response = self.send("PUT", &path, Some(&body)).await;
            assert_eq!(response.status, 200, "{}", response.body);
            response
        }
    }

    async fn delete(&self, path: &str) {
        let response = self.send("DELETE", &format!("{DEFAULT}{path}"), None).await;
        assert_eq!(response.status, 204, "{}", response.body);
    }

    /// Number of records in a collection.
    async fn records(&self, collection: &str) -> usize {
        let prefix = Prefix::new(collection, []).expect("a prefix");
        let scan = Scan { prefix, after: None, limit: 10_000, max_bytes: usize::MAX };
        self.server.store.scan(scan).await.expect("scans").len()
    }

    async fn deadlines(&self) -> (usize, usize) {
        (self.records("ttl").await, self.records("due").await)
    }

    /// Waits until the check of an entity has failed, because its next result is overdue.
    async fn overdue(&self, entity: &str) {
        let path = format!("{DEFAULT}/events/{entity}/c");
        eventually("the deadline fires", || async {
            let found = self.send("GET", &path, None).await;
            (found.body["check"]["status"] == 1).then_some(())
        })
        .await;
    }

    /// Asserts that no record makes the event of `web` fail, whatever the time.
    async fn assert_no_alarm(&self) {
        self.put("web", 0).await;
        self.put("canary", 100).await;
        self.clock.advance(101);
        self.overdue("canary").await;
        let found = self.send("GET", &format!("{DEFAULT}/events/web/c"), None).await;
        assert_eq!(found.body["check"]["status"], 0, "a false alarm");
    }
}

fn event(entity: &str, ttl: u32) -> Value {
    json!({
        "entity": {"entity_class": "proxy", "metadata": {"name": entity}},
        "check": {"interval": 10, "ttl": ttl, "status": 0, "metadata": {"name": "c"}},
    })
}

#[tokio::test]
async fn the_deadline_of_a_deleted_event_is_deleted() {
    let setup = Setup::start().await;
    setup.put("web", 60).await;
    assert_eq!(setup.deadlines().await, (1, 1));
    setup.delete("/events/web/c").await;
    assert_eq!(setup.deadlines().await, (0, 0));
    setup.assert_no_alarm().await;
    setup.server.stop().await;
}

#[tokio::test]
async fn the_deadlines_of_a_deleted_entity_are_deleted() {
    let setup = Setup::start().await;
    setup.put("web", 60).await;
    setup.put("other", 1_000).await;
    setup.delete("/entities/web").await;
    assert_eq!(setup.deadlines().await, (1, 1));
    setup.assert_no_alarm().await;
    setup.server.stop().await;
}

#[tokio::test]
async fn everything_in_a_deleted_namespace_is_deleted() {
    let setup = Setup::start().await;
    let path = "/apis/core/v2/namespaces/tmp";
    let name = json!({"name": "tmp"});
    assert_eq!(setup.send("PUT", path, Some(&name)).await.status, 200);
    let mut sent = event("web", 60);
    sent["entity"]["redact"] = json!(["pin"]);
    let put = setup.send("PUT", &format!("{path}/events/web/c"), Some(&sent)).await;
    assert_eq!(put.status, 200, "{}", put.body);
    let check = json!({"command": "x", "interval": 10, "subscriptions": ["a"]});
    assert_eq!(setup.send("PUT", &format!("{path}/checks/c"), Some(&check)).await.status, 200);
    let execute = format!("{path}/checks/c/execute");
    assert_eq!(setup.send("POST", &execute, Some(&json!({}))).await.status, 202);
    assert_eq!(setup.deadlines().await, (1, 1));
    assert_eq!((setup.records("adhoc").await, setup.records("redacted").await), (1, 1));
    assert_eq!(setup.send("DELETE", &format!("{path}?cascade=true"), None).await.status, 204);
    assert_eq!(setup.deadlines().await, (0, 0));
    assert_eq!((setup.records("adhoc").await, setup.records("redacted").await), (0, 0));
    setup.server.stop().await;
}

#[tokio::test]
async fn an_event_has_one_deadline_however_often_it_is_sent() {
    let setup = Setup::start().await;
    for _ in 0..5 {
        setup.put("web", 60).await;
        setup.put("web", 60).await;
        setup.clock.advance(1);
        assert_eq!(setup.deadlines().await, (1, 1));
    }
    setup.put("web", 50).await;
    assert_eq!(setup.deadlines().await, (1, 1));
    setup.put("web", 0).await;
    assert_eq!(setup.deadlines().await, (0, 0));
    setup.put("web", 60).await;
    setup.clock.advance(61);
    setup.overdue("web").await;
    // That of the next failure.
    assert_eq!(setup.deadlines().await, (1, 1));
    setup.server.stop().await;
}

#[tokio::test]
async fn a_shared_deadline_belongs_to_the_entity_that_reported_last() {
    let setup = Setup::start().await;
    let put = async |entity: &str, round_robin: bool| {
        let mut sent = event(entity, 60);
        sent["entity"]["entity_class"] = "agent".into();
        sent["check"]["round_robin"] = round_robin.into();
        let path = format!("{DEFAULT}/events/{entity}/c");
        assert_eq!(setup.send("PUT", &path, Some(&sent)).await.status, 200);
        setup.clock.advance(1);
        setup.deadlines().await
    };
    assert_eq!(put("one", true).await, (1, 1));
    assert_eq!(put("two", true).await, (1, 1));
    setup.delete("/entities/one").await;
    assert_eq!(setup.deadlines().await, (1, 1));
    setup.delete("/events/two/c").await;
    assert_eq!(setup.deadlines().await, (0, 0));
    assert_eq!(put("two", true).await, (1, 1));
    assert_eq!(put("two", false).await, (1, 1), "now a deadline of its own");
    setup.server.stop().await;
}

/// A deadline as servers store it.
fn deadline(entity: &str, due: i64) -> [Operation; 2] {
    let value = json!({"due": due, "namespace": "default", "entity": entity, "check": "c", "shared": false});
    let time = format!("{due:020}");
    [vec!["default", "c", entity], vec![&time, "default", "c", entity]].map(|segments| {
        let collection = if segments.len() == 3 { "ttl" } else { "due" };
        let key = Key::new(collection, segments).expect("a key");
        Operation::Put { key, value: value.to_string().into(), flags: 0, expires_at: None }
    })
}

#[tokio::test]
async fn deadlines_that_older_versions_left_behind_are_removed() {
    let clock = Arc::new(ManualClock::at(1_000_000));
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new(clock.clone()));
    let [_, outdated] = deadline("outdated", 2_000_000);
    let operations = [vec![outdated], deadline("gone", 2_000_000).to_vec()].concat();
    store.commit(Txn { operations, ..Txn::default() }).await.expect("commits");
    let setup = Setup::start_over(clock, store).await;
    setup.put("web", 1_000).await;
    eventually("the leftovers are gone", || async {
        (setup.deadlines().await == (1, 1)).then_some(())
    })
    .await;
    // The next pass over all deadlines removes what has been left since.
    let operations = deadline("later", 2_000_000).to_vec();
    setup.server.store.commit(Txn { operations, ..Txn::default() }).await.expect("commits");
    setup.clock.advance(601);
    eventually("the leftovers are gone", || async {
        (setup.deadlines().await == (1, 1)).then_some(())
    })
    .await;
    setup.server.stop().await;
}

#[tokio::test]
async fn a_check_keeps_its_last_ten_requests_until_it_is_deleted() {
    let setup = Setup::start().await;
    let check = json!({"command": "x", "interval": 10, "subscriptions": ["a"]});
    let path = format!("{DEFAULT}/checks/c");
    assert_eq!(setup.send("PUT", &path, Some(&check)).await.status, 200);
    let execute = format!("{path}/execute");
    for number in 0..15 {
        let reason = json!({"reason": format!("number {number}")});
        assert_eq!(setup.send("POST", &execute, Some(&reason)).await.status, 202);
        setup.clock.advance(1);
    }
    let prefix = Prefix::new("adhoc", []).expect("a prefix");
    let scan = Scan { prefix, after: None, limit: 100, max_bytes: usize::MAX };
    let stored = setup.server.store.scan(scan).await.expect("scans");
    let reasons: Vec<Value> = stored
        .iter()
        .map(|entry| serde_json::from_slice::<Value>(&entry.value).expect("JSON")["reason"].clone())
        .collect();
    let expected: Vec<Value> = (5..15).map(|number| format!("number {number}").into()).collect();
    assert_eq!(reasons, expected);
    let long = json!({"reason": "x".repeat(16_384)});
    setup.send("POST", &execute, Some(&long)).await.assert_error(413, 1);
    setup.delete("/checks/c").await;
    assert_eq!(setup.records("adhoc").await, 0);
    setup.server.stop().await;
}

#[tokio::test]
async fn the_largest_event_with_a_ttl_can_become_overdue() {
    let setup = Setup::start().await;
    let put = async |bytes: usize| {
        let mut sent = event("web", 60);
        sent["entity"]["metadata"]["labels"] = json!({"padding": "x".repeat(bytes)});
        setup.send("PUT", &format!("{DEFAULT}/events/web/c"), Some(&sent)).await
    };
    let too_large = put(Limits::RESPONSE_BYTES - 3_000).await;
    too_large.assert_error(413, 1);
    let one = put(1).await.body.to_string().len();
    // 4,096 bytes are left for the failure event, 2 for the brackets of a list.
    let largest = Limits::RESPONSE_BYTES - 4_096 - 2 - one - 50;
    assert_eq!(put(largest).await.status, 200);
    setup.clock.advance(61);
    setup.overdue("web").await;
    setup.server.stop().await;
}
