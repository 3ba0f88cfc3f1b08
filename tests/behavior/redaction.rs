//! Hidden labels and annotations: not revealed by any write, and the same in entities and events (D25).

use std::sync::Arc;

use sensu_server::{Limits, seed};
use sensu_store::{Key, MemoryStore, Operation, Store, SystemClock, Txn};
use sensu_tests::{Response, TestServer, eventually};
use serde_json::{Value, json};

const ENTITY: &str = "/apis/core/v2/namespaces/default/entities/db";
const EVENT: &str = "/apis/core/v2/namespaces/default/events/db/c";
const SECRET: &str = "hunter2";

fn entity(redact: &[&str], labels: &Value) -> Value {
    json!({"entity_class": "proxy", "redact": redact, "metadata": {"name": "db", "labels": labels}})
}

fn event(entity: &Value) -> Value {
    json!({"entity": entity, "check": {"interval": 10, "metadata": {"name": "c"}}})
}

struct Setup {
    server: TestServer,
    token: String,
}

impl Setup {
    async fn start() -> Self {
        let server = TestServer::start().await;
        let token = server.token().await;
        Self { server, token }
    }

    async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Response {
        self.server.send(method, path, Some(&self.token), body).await
    }

    async fn put(&self, path: &str, body: &Value) -> Value {
        let response = self.send("PUT", path, Some(body)).await;
        assert_eq!(response.status, 200, "{}", response.body);
        response.body
    }

    async fn get(&self, path: &str) -> Value {
        let response = self.send("GET", path, None).await;
        assert_eq!(response.status, 200, "{}", response.body);
        response.body
    }
}

#[tokio::test]
async fn no_write_of_an_entity_reveals_a_hidden_value() {
    let setup = Setup::start().await;
    let labels = json!({"password": SECRET, "pin": SECRET, "region": "eu"});
    setup.put(ENTITY, &entity(&["password", "pin"], &labels)).await;
    let shown = json!({"password": "REDACTED", "pin": "REDACTED", "region": "eu"});
    for dry_run in ["?dryRun=true", ""] {
        let path = format!("{ENTITY}{dry_run}");
        for (method, body) in [
            ("PATCH", json!({"redact": ["x"]})),
            ("PATCH", json!({"redact": null})),
            ("PATCH", json!({"Redact": []})),
            ("PATCH", json!({"metadata": {"annotations": {"a": "b"}}, "redact": ["x"]})),
            ("PUT", entity(&["x"], &shown)),
            ("PUT", entity(&[], &shown)),
        ] {
            let response = setup.send(method, &path, Some(&body)).await;
            assert_eq!(response.status, 200, "{}", response.body);
            assert_eq!(response.body["metadata"]["labels"], shown, "{method} {body}");
            assert_eq!(setup.get(ENTITY).await["metadata"]["labels"], shown, "{method} {body}");
        }
    }
    // The stored values are kept, and new ones are shown if `redact` does not list them.
    let stored = setup.server.store.get(&key("entities")).await.expect("reads").expect("stored");
    assert_eq!(String::from_utf8_lossy(&stored.value).matches(SECRET).count(), 2);
    let new = json!({"redact": ["x"], "metadata": {"labels": {"password": "new", "pin": null}}});
    let patched = setup.send("PATCH", ENTITY, Some(&new)).await.body;
    assert_eq!(patched["metadata"]["labels"], json!({"password": "new", "region": "eu"}));
    assert_eq!(patched["redact"], json!(["x"]));
    setup.server.stop().await;
}

#[tokio::test]
async fn errors_do_not_depend_on_hidden_values() {
    let setup = Setup::start().await;
    let mut messages = Vec::new();
    for secret in ["a", "a much longer secret"] {
        setup.put(ENTITY, &entity(&[], &json!({"password": secret}))).await;
        let patch = json!({"system": 5});
        let response = setup.send("PATCH", ENTITY, Some(&patch)).await;
        response.assert_error(400, 1);
        messages.push(response.message().to_owned());
    }
    assert_eq!(messages[0], messages[1]);
    setup.server.stop().await;
}

#[tokio::test]
async fn events_hide_what_their_entity_hides() {
    let setup = Setup::start().await;
    let labels = json!({"pin": SECRET, "region": "eu"});
    let shown = json!({"pin": "REDACTED", "region": "eu"});
    // The copy in the event has another list than the stored entity, before and after it was written.
    setup.put(EVENT, &event(&entity(&["other"], &labels))).await;
    setup.put(ENTITY, &entity(&["PIN"], &json!({}))).await;
    let lists = ["/apis/core/v2/namespaces/default/events", "/apis/core/v2/events"];
    let assert_hidden = async || {
        assert_eq!(setup.get(EVENT).await["entity"]["metadata"]["labels"], shown);
        for list in lists.into_iter().chain(["/apis/core/v2/namespaces/default/events/db"]) {
            let found = setup.get(list).await;
            assert_eq!(found[0]["entity"]["metadata"]["labels"], shown, "{list}");
            let selected = setup.get(&format!("{list}?labelSelector=pin%20matches%20hunter")).await;
            assert_eq!(selected, json!([]), "{list}");
        }
    };
    assert_hidden().await;
    let written = setup.put(EVENT, &event(&entity(&["other"], &labels))).await;
    assert_eq!(written["entity"]["metadata"]["labels"], shown);
    assert_hidden().await;
    // A client that sends the event back does not replace the hidden value.
    setup.put(EVENT, &event(&entity(&["other"], &shown))).await;
    assert_hidden().await;
    let stored = setup.server.store.get(&key("events")).await.expect("reads").expect("stored");
    assert!(String::from_utf8_lossy(&stored.value).contains(SECRET));
    // Removing the key from the list of the entity does not reveal the value.
    setup.put(ENTITY, &entity(&["other"], &json!({}))).await;
    assert_hidden().await;
    // The default keys of an entity apply, too.
    let other = "/apis/core/v2/namespaces/default/entities/web";
    setup.put(other, &json!({"entity_class": "proxy"})).await;
    let mut sent = event(&entity(&["other"], &json!({"password": SECRET})));
    sent["entity"]["metadata"]["name"] = "web".into();
    let path = EVENT.replace("/db/", "/web/");
    assert_eq!(
        setup.put(&path, &sent).await["entity"]["metadata"]["labels"]["password"],
        "REDACTED"
    );
    assert_eq!(setup.get(&path).await["entity"]["metadata"]["labels"]["password"], "REDACTED");
    setup.server.stop().await;
}

#[tokio::test]
async fn every_event_of_a_list_hides_what_its_own_entity_hides() {
    let setup = Setup::start().await;
    let name = |number: usize| format!("e{number:03}");
    for number in 0..30 {
        let redact: &[&str] = if number % 3 == 0 { &["pin"] } else { &[] };
        let mut sent = entity(redact, &json!({}));
        sent["metadata"]["name"] = name(number).into();
        setup.put(&ENTITY.replace("/db", &format!("/{}", name(number))), &sent).await;
        let mut sent = event(&entity(&[], &json!({"pin": SECRET})));
        sent["entity"]["metadata"]["name"] = name(number).into();
        setup.put(&EVENT.replace("/db/", &format!("/{}/", name(number))), &sent).await;
    }
    let mut next = "/apis/core/v2/events?limit=7".to_owned();
    let mut pins = Vec::new();
    while !next.is_empty() {
        let page = setup.send("GET", &next, None).await;
        let events = page.body.as_array().expect("a list");
        pins.extend(events.iter().map(|e| e["entity"]["metadata"]["labels"]["pin"].clone()));
        let link = page.header("link").split_once(">; ");
        next = link.map_or("", |(address, _)| address.trim_start_matches('<')).to_owned();
    }
    let expected: Vec<Value> =
        (0..30).map(|n| if n % 3 == 0 { "REDACTED" } else { SECRET }.into()).collect();
    assert_eq!(pins, expected);
    setup.server.stop().await;
}

#[tokio::test]
async fn lists_of_entities_that_older_versions_stored_apply_to_events() {
    let clock = Arc::new(SystemClock);
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new(clock.clone()));
    let put = |key: Key, value: Value| {
        let value = value.to_string().into_bytes().into();
        Operation::Put { key, value, flags: 0, expires_at: None }
    };
    let with_namespace = |mut entity: Value| {
        entity["metadata"]["namespace"] = "default".into();
        entity
    };
    let stored_event = event(&with_namespace(entity(&[], &json!({"pin": SECRET}))));
    // Older versions have no marker that the records exist.
    seed::defaults(store.as_ref()).await.expect("seeds");
    let operations = vec![
        Operation::Delete(Key::new("seeded", ["redacted"]).expect("a key")),
        put(key("entities"), with_namespace(entity(&["pin"], &json!({})))),
        put(key("events"), stored_event),
    ];
    store.commit(Txn { operations, ..Txn::default() }).await.expect("commits");
    let server = TestServer::start_over(store, Limits::default(), clock).await;
    let setup = Setup { token: server.token().await, server };
    eventually("the value is hidden", || async {
        let found = setup.get(EVENT).await;
        (found["entity"]["metadata"]["labels"]["pin"] == "REDACTED").then_some(())
    })
    .await;
    setup.server.stop().await;
}

fn key(collection: &str) -> Key {
    let segments = ["default", "db", "c"];
    let count = if collection == "events" { 3 } else { 2 };
    Key::new(collection, segments.into_iter().take(count)).expect("a key")
}
