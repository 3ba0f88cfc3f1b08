//! Tests of [`super`]: how often requests load a snapshot, and what each of them sees.
//!
//! Each test runs on one thread, so its counts and its gate are thread-local.

use std::cell::{Cell, RefCell};

use bytes::Bytes;
use sensu_store::{ManualClock, MemoryStore, Operation, Txn};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, yield_now};

use super::*;
use crate::keyspace::in_namespace;

thread_local! {
    static LOADS: Cell<usize> = const { Cell::new(0) };
    static DECODED: Cell<usize> = const { Cell::new(0) };
    /// One permit for each load that may complete.
    static GATE: RefCell<Arc<Semaphore>> = RefCell::new(Arc::new(Semaphore::new(0)));
}

/// The values in a namespace. A value `invalid` cannot be decoded.
#[derive(Debug, PartialEq, Eq)]
struct Values(Vec<String>);

impl View for Values {
    type Item = String;
    const COLLECTIONS: &'static [&'static str] = &["checks"];

    fn prefix(collection: &'static str, namespace: &str) -> Option<Prefix> {
        LOADS.set(LOADS.get() + 1);
        in_namespace(collection, namespace)
    }

    fn decode(entry: &Entry) -> Result<String, Error> {
        DECODED.set(DECODED.get() + 1);
        match String::from_utf8_lossy(&entry.value).into_owned() {
            value if value == "invalid" => Err(Error::Internal(value)),
            value => Ok(value),
        }
    }

    async fn build(objects: Vec<Arc<String>>) -> Self {
        let gate = GATE.with_borrow(Arc::clone);
        gate.acquire().await.expect("open").forget();
        Self(objects.iter().map(|value| value.as_ref().clone()).collect())
    }
}

/// A store, the cache under test, and counts of what it does.
struct Fixture {
    store: Arc<dyn Store>,
    snapshots: Arc<Snapshots<Values>>,
}

impl Fixture {
    fn new() -> Self {
        let store = Arc::new(MemoryStore::new(Arc::new(ManualClock::at(1))));
        Self { store, snapshots: Arc::default() }
    }

    async fn put(&self, name: &str, value: &'static str) {
        let key = Key::new("checks", ["default", name]).unwrap();
        let value = Bytes::from_static(value.as_bytes());
        let put = Operation::Put { key, value, flags: 0, expires_at: None };
        self.store.commit(Txn { operations: vec![put], ..Txn::default() }).await.unwrap();
    }

    /// Starts a request.
    fn request(&self) -> JoinHandle<Result<Arc<Values>, Error>> {
        let (store, snapshots) = (Arc::clone(&self.store), Arc::clone(&self.snapshots));
        tokio::spawn(async move {
            let revision = Snapshots::<Values>::revision(store.as_ref()).await?;
            snapshots.at(revision, &store, "default").await
        })
    }
}

/// Lets all tasks run until each of them waits.
async fn settle() {
    for _ in 0..1_000 {
        yield_now().await;
    }
}

fn let_loads_complete(number: usize) {
    GATE.with_borrow(|gate| gate.add_permits(number));
}

async fn values(request: JoinHandle<Result<Arc<Values>, Error>>) -> Vec<String> {
    request.await.unwrap().unwrap().0.clone()
}

#[tokio::test]
async fn requests_that_wait_share_one_load() {
    let fixture = Fixture::new();
    fixture.put("a", "1").await;
    let requests: Vec<_> = (0..50).map(|_| fixture.request()).collect();
    settle().await;
    assert_eq!(LOADS.get(), 1);
    let_loads_complete(50);
    for request in requests {
        assert_eq!(values(request).await, ["1"]);
    }
    assert_eq!(values(fixture.request()).await, ["1"]);
    assert_eq!(LOADS.get(), 1);
}

#[tokio::test]
async fn a_request_sees_what_was_written_before_it_started() {
    let fixture = Fixture::new();
    fixture.put("a", "1").await;
    let early = fixture.request();
    settle().await;
    fixture.put("b", "2").await;
    let late: Vec<_> = (0..50).map(|_| fixture.request()).collect();
    settle().await;
    assert_eq!(LOADS.get(), 1, "no second load beside the first");
    let_loads_complete(50);
    assert_eq!(values(early).await, ["1"]);
    for request in late {
        assert_eq!(values(request).await, ["1", "2"]);
    }
    assert_eq!(LOADS.get(), 2, "one load for all that could not use the first");
}

#[tokio::test]
async fn only_changed_objects_are_decoded_again() {
    let fixture = Fixture::new();
    let_loads_complete(50);
    fixture.put("a", "1").await;
    fixture.put("b", "2").await;
    assert_eq!(values(fixture.request()).await, ["1", "2"]);
    fixture.put("b", "3").await;
    assert_eq!(values(fixture.request()).await, ["1", "3"]);
    assert_eq!(DECODED.get(), 3);
}

#[tokio::test]
async fn a_load_completes_without_the_request_that_started_it() {
    let fixture = Fixture::new();
    fixture.put("a", "1").await;
    let abandoned = fixture.request();
    settle().await;
    abandoned.abort();
    settle().await;
    let next = fixture.request();
    settle().await;
    let_loads_complete(1);
    assert_eq!(values(next).await, ["1"]);
    assert_eq!(LOADS.get(), 1);
}

#[tokio::test]
async fn requests_that_wait_share_a_failure() {
    let fixture = Fixture::new();
    fixture.put("a", "invalid").await;
    let requests: Vec<_> = (0..50).map(|_| fixture.request()).collect();
    for request in requests {
        assert_eq!(request.await.unwrap().err(), Some(Error::Internal("invalid".into())));
    }
    assert_eq!(LOADS.get(), 1);
    fixture.put("a", "1").await;
    let_loads_complete(1);
    assert_eq!(values(fixture.request()).await, ["1"]);
}
