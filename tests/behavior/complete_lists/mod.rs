//! Lists below the prefix of released clients: complete, in bounded memory, and never cut off unnoticed (D12).

mod content;
mod transfer;

use std::sync::Arc;

use sensu_server::Limits;
use sensu_store::{Key, MemoryStore, Operation, SystemClock, Txn};
use sensu_tests::{ObservedStore, TestServer};
use serde_json::{Value, json};

const RELEASED: &str = "/api/core/v2";
const CANONICAL: &str = "/apis/core/v2";
const EVENTS: &str = "/namespaces/default/events";

/// A server over a store whose events are observed.
async fn observed(limits: Limits) -> (TestServer, Arc<ObservedStore>) {
    let clock = Arc::new(SystemClock);
    let memory = Arc::new(MemoryStore::new(clock.clone()));
    let store = Arc::new(ObservedStore::new(memory, "events"));
    (TestServer::start_over(store.clone(), limits, clock).await, store)
}

fn event(entity: &str, bytes: usize) -> (Vec<String>, Value) {
    let value = json!({
        "timestamp": 1,
        "entity": { "entity_class": "proxy", "metadata": { "name": entity, "namespace": "default" } },
        "check": { "interval": 10, "output": "x".repeat(bytes),
                   "metadata": { "name": "c", "namespace": "default" } },
        "metadata": {},
    });
    (vec!["default".to_owned(), entity.to_owned(), "c".to_owned()], value)
}

/// Writes many objects to the store directly, as the server would store them.
async fn fill(
    server: &TestServer,
    collection: &str,
    items: impl Iterator<Item = (Vec<String>, Value)>,
) {
    let put = |(segments, value): (Vec<String>, Value)| {
        let key = Key::new(collection, segments.iter().map(String::as_str)).expect("a key");
        let value = value.to_string().into_bytes().into();
        Operation::Put { key, value, flags: 0, expires_at: None }
    };
    let operations: Vec<Operation> = items.map(put).collect();
    for batch in operations.chunks(1_000) {
        let txn = Txn { operations: batch.to_vec(), ..Txn::default() };
        server.store.commit(txn).await.expect("commits");
    }
}
