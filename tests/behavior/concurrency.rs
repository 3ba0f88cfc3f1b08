//! Races, reproducible: another transaction commits between what an operation reads and what it writes.

use std::sync::Arc;

use sensu_client::Client;
use sensu_server::Limits;
use sensu_server::keyspace::SESSIONS;
use sensu_store::{
    Clock as _, Entry, Key, MemoryStore, Operation, Prefix, Scan, Store as _, SystemClock,
};
use sensu_tests::{ObservedStore, TestServer, assert_refused};
use serde_json::{Value, json};

const USER: &str = "/apis/core/v2/users/bob";
const CHECK: &str = "/apis/core/v2/namespaces/default/checks/c1";

/// A server with the user `bob` and a check, its store, which lets another transaction write to a collection
/// first, and a token of the administrator.
async fn contended(collection: &'static str) -> (TestServer, Arc<ObservedStore>, String) {
    let clock = Arc::new(SystemClock);
    let store = Arc::new(ObservedStore::new(Arc::new(MemoryStore::new(clock.clone())), collection));
    let server = TestServer::start_over(store.clone(), Limits::default(), clock).await;
    let admin = server.token().await;
    let bob = json!({ "username": "bob", "password": "long enough", "groups": ["a"] });
    let check = json!({ "command": "true", "interval": 60, "subscriptions": ["a"] });
    for (path, body) in [(USER, bob), (CHECK, check)] {
        let created = server.send("PUT", path, Some(&admin), Some(&body)).await;
        assert_eq!(created.status, 200, "{}", created.body);
    }
    (server, store, admin)
}

/// A write of the stored object with some fields changed.
async fn changed(store: &ObservedStore, key: Key, change: Value) -> Operation {
    let entry = store.get(&key).await.expect("reads").expect("exists");
    let mut value: Value = serde_json::from_slice(&entry.value).expect("JSON");
    let entries = change.as_object().expect("an object").clone();
    value.as_object_mut().expect("an object").extend(entries);
    put(&entry, value.to_string())
}

fn put(entry: &Entry, value: String) -> Operation {
    let (key, flags, expires_at) = (entry.key.clone(), entry.flags, entry.expires_at);
    Operation::Put { key, value: value.into_bytes().into(), flags, expires_at }
}

async fn sessions(store: &ObservedStore) -> Vec<Entry> {
    let prefix = Prefix::new(SESSIONS, ["bob"]).expect("a prefix");
    let scan = Scan { prefix, after: None, limit: 10, max_bytes: usize::MAX };
    store.scan(scan).await.expect("scans")
}

fn bob() -> Key {
    Key::new("users", ["bob"]).expect("a key")
}

fn c1() -> Key {
    Key::new("checks", ["default", "c1"]).expect("a key")
}

#[tokio::test]
async fn a_user_disabled_during_the_log_in_gets_no_session() {
    let (server, store, _) = contended(SESSIONS).await;
    let disabled = changed(&store, bob(), json!({ "disabled": true })).await;
    store.commit_before_next(vec![disabled]);
    let result = Client::log_in(&server.url(), "bob", "long enough").await;
    assert!(store.has_competed());
    // The client may try again, and is then rejected with 401.
    assert_refused(result, 503, 0);
    assert_eq!(sessions(&store).await.len(), 0);
    server.stop().await;
}

#[tokio::test]
async fn a_user_disabled_during_the_renewal_gets_no_tokens() {
    let (server, store, _) = contended(SESSIONS).await;
    let client = server.log_in("bob", "long enough").await;
    let disabled = changed(&store, bob(), json!({ "disabled": true })).await;
    let ended = Prefix::new(SESSIONS, ["bob"]).expect("a prefix");
    store.commit_before_next(vec![disabled, Operation::DeletePrefix(ended)]);
    let access = client.tokens().expect("held").access_token;
    assert_refused(client.refresh(&access).await, 401, 5);
    assert!(store.has_competed());
    assert_eq!(sessions(&store).await.len(), 0);
    server.stop().await;
}

#[tokio::test]
async fn two_concurrent_renewals_with_the_same_token_return_the_same_tokens() {
    let (server, store, _) = contended(SESSIONS).await;
    let client = server.log_in("bob", "long enough").await;
    let entries = sessions(&store).await;
    let held: Value = serde_json::from_slice(&entries[0].value).expect("a record");
    let now = SystemClock.now();
    // The IDs of tokens begin with that of the session.
    let session = held["refresh"].as_str().and_then(|id| id.get(..16)).expect("an ID");
    let renewed = json!({
        "access": format!("{session}aaaaaaaaaaaaaaaa"),
        "refresh": format!("{session}bbbbbbbbbbbbbbbb"),
        "access_expiry": now + 900,
        "refresh_expiry": now + 900,
        "replaced": [{ "refresh": held["refresh"], "at": now }],
    });
    let renewed = renewed.to_string();
    store.commit_before_next(vec![put(&entries[0], renewed.clone())]);
    let access = client.tokens().expect("held").access_token;
    client.refresh(&access).await.expect("the tokens of the other renewal");
    assert!(store.has_competed());
    assert_eq!(sessions(&store).await[0].value, renewed.as_bytes(), "it is not renewed again");
    let token = client.tokens().expect("held").access_token;
    assert_eq!(
        server.send("GET", "/apis/core/v2/namespaces", Some(&token), None).await.status,
        200
    );
    server.stop().await;
}

#[tokio::test]
async fn concurrent_changes_of_a_user_are_merged() {
    let (server, store, admin) = contended("users").await;
    let disabled = changed(&store, bob(), json!({ "disabled": true })).await;
    store.commit_before_next(vec![disabled]);
    let response = server.send("PUT", &format!("{USER}/groups/b"), Some(&admin), None).await;
    assert!(store.has_competed());
    let both = json!({ "username": "bob", "groups": ["a", "b"], "disabled": true });
    assert_eq!(response.body, both);
    server.stop().await;
}

#[tokio::test]
async fn a_patch_is_applied_to_a_concurrent_change() {
    let (server, store, admin) = contended("checks").await;
    store.commit_before_next(vec![changed(&store, c1(), json!({ "command": "false" })).await]);
    let patch = json!({ "interval": 30 });
    let response = server.send("PATCH", CHECK, Some(&admin), Some(&patch)).await;
    assert!(store.has_competed());
    assert_eq!(
        (&response.body["command"], &response.body["interval"]),
        (&json!("false"), &json!(30))
    );
    server.stop().await;
}

#[tokio::test]
async fn a_conditional_delete_of_a_concurrently_changed_object_returns_412() {
    let (server, store, admin) = contended("checks").await;
    let etag = server.send("GET", CHECK, Some(&admin), None).await.header("etag").to_owned();
    store.commit_before_next(vec![changed(&store, c1(), json!({ "command": "false" })).await]);
    let condition = [("If-Match", etag.as_str())];
    let response = server.send_with("DELETE", CHECK, Some(&admin), None, &condition).await;
    response.assert_error(412, 6);
    assert!(store.has_competed());
    assert_eq!(server.send("GET", CHECK, Some(&admin), None).await.body["command"], "false");
    server.stop().await;
}

#[tokio::test]
async fn a_write_into_a_concurrently_deleted_namespace_returns_404() {
    let (server, store, admin) = contended("hooks").await;
    let namespace = Key::new("namespaces", ["default"]).expect("a key");
    store.commit_before_next(vec![Operation::Delete(namespace)]);
    let path = "/apis/core/v2/namespaces/default/hooks/h1";
    let hook = json!({ "command": "true", "timeout": 1 });
    let response = server.send("PUT", path, Some(&admin), Some(&hook)).await;
    assert!(store.has_competed());
    response.assert_error(404, 2);
    server.stop().await;
}

#[tokio::test]
async fn the_history_contains_a_concurrent_check_result() {
    let (server, store, admin) = contended("events").await;
    let path = "/apis/core/v2/namespaces/default/events/e1/c1";
    let result = |status| {
        json!({ "entity": { "entity_class": "proxy", "metadata": { "name": "e1" } },
            "check": { "status": status, "executed": status, "interval": 1, "metadata": { "name": "c1" } } })
    };
    let send =
        async |status: u32| server.send("PUT", path, Some(&admin), Some(&result(status))).await;
    let first = send(1).await;
    assert_eq!(first.status, 200, "{}", first.body);
    let key = Key::new("events", ["default", "e1", "c1"]).expect("a key");
    let mut check = first.body["check"].clone();
    let two = json!([{ "status": 1, "executed": 1 }, { "status": 2, "executed": 2 }]);
    (check["history"], check["status"]) = (two, json!(2));
    store.commit_before_next(vec![changed(&store, key, json!({ "check": check })).await]);
    let third = send(3).await;
    assert!(store.has_competed());
    let history = third.body["check"]["history"].as_array().map(Vec::len);
    assert_eq!(history, Some(3), "{}", third.body);
    server.stop().await;
}
