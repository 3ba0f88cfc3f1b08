//! An empty store of any engine, with helpers for the tests.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use sensu_store::postgres::{PostgresOptions, PostgresStore};
use sensu_store::sqlite::{SqliteOptions, SqliteStore};
use sensu_store::{
    Clock, CommitError, Entry, FeedLimits, Key, ManualClock, MemoryStore, Operation, Precondition,
    Prefix, Revision, Scan, Store, Txn,
};
use sensu_tests_postgres::Postgres;
use tempfile::TempDir;

/// The time at which every test starts, in seconds.
pub(crate) const START: i64 = 1_700_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Memory,
    Sqlite,
    Postgres,
}

impl Engine {
    /// Whether the engine can be tested on this machine.
    pub(crate) fn is_available(self) -> bool {
        self != Self::Postgres || sensu_tests_postgres::installed()
    }

    /// Whether the data survives closing the store.
    pub(crate) fn is_persistent(self) -> bool {
        self != Self::Memory
    }
}

/// An empty store, its clock, and a directory for files.
pub(crate) struct Fixture {
    pub(crate) engine: Engine,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) dir: TempDir,
    pub(crate) limits: FeedLimits,
    /// The schema of the store in the shared PostgreSQL database.
    pub(crate) schema: String,
}

impl Fixture {
    pub(crate) async fn new(engine: Engine) -> Self {
        Self::with_feed(engine, FeedLimits::default()).await
    }

    pub(crate) async fn with_feed(engine: Engine, limits: FeedLimits) -> Self {
        let clock = Arc::new(ManualClock::at(START));
        let dir = TempDir::new().unwrap();
        let schema = match engine {
            Engine::Postgres => Postgres::shared().unwrap().unique_schema(),
            Engine::Memory | Engine::Sqlite => String::new(),
        };
        let store: Arc<dyn Store> = match engine {
            Engine::Memory => Arc::new(MemoryStore::with_feed(clock.clone(), limits)),
            Engine::Sqlite => Arc::new(open(&dir.path().join("state"), clock.clone(), limits)),
            Engine::Postgres => Arc::new(connect(&schema, clock.clone(), limits).await),
        };
        Self { engine, store, clock, dir, limits, schema }
    }

    /// Closes a persistent store and opens it again.
    pub(crate) async fn reopen(&mut self) {
        self.store.close().await;
        let dir = self.dir.path().join("state");
        self.store = match self.engine {
            Engine::Memory => panic!("not persistent"),
            Engine::Sqlite => Arc::new(open(&dir, self.clock.clone(), self.limits)),
            Engine::Postgres => self.another_server().await,
        };
    }

    /// The store as another server on the same database opens it.
    pub(crate) async fn another_server(&self) -> Arc<dyn Store> {
        Arc::new(connect(&self.schema, self.clock.clone(), self.limits).await)
    }

    pub(crate) async fn put(&self, name: &str, value: &str) -> Revision {
        self.commit([], [put(name, value)]).await.unwrap()
    }

    pub(crate) async fn delete(&self, name: &str) -> Revision {
        self.commit([], [Operation::Delete(key(name))]).await.unwrap()
    }

    pub(crate) async fn commit<const P: usize, const O: usize>(
        &self,
        preconditions: [Precondition; P],
        operations: [Operation; O],
    ) -> Result<Revision, CommitError> {
        self.store
            .commit(Txn { preconditions: preconditions.into(), operations: operations.into() })
            .await
    }

    pub(crate) async fn get(&self, name: &str) -> Option<Entry> {
        self.store.get(&key(name)).await.unwrap()
    }

    pub(crate) async fn value(&self, name: &str) -> Option<String> {
        self.get(name).await.map(|entry| text(&entry.value))
    }

    pub(crate) async fn last_modified(&self, collection: &str) -> Revision {
        self.store.last_modified(&[collection]).await.unwrap()
    }

    /// The names below a prefix, in the order of a scan.
    pub(crate) async fn names(&self, below: &str) -> Vec<String> {
        let found = self.store.scan(all(below)).await.unwrap();
        found.iter().map(|entry| name(&entry.key)).collect()
    }

    /// The precondition that fails when a transaction with these is committed; `None` if all hold.
    pub(crate) async fn failing_precondition<const P: usize>(
        &self,
        preconditions: [Precondition; P],
    ) -> Option<Precondition> {
        let before = self.store.health().await.revision;
        let rejected = match self.commit(preconditions, [put("probe/x", "x")]).await {
            Ok(_) => None,
            Err(CommitError::Precondition(failed)) => Some(failed),
            Err(CommitError::Store(error)) => panic!("{error}"),
        };
        let after = self.store.health().await.revision;
        assert_eq!(
            after,
            before + u64::from(rejected.is_none()),
            "a failed transaction takes no revision"
        );
        rejected
    }
}

pub(crate) fn open(dir: &Path, clock: Arc<dyn Clock>, feed: FeedLimits) -> SqliteStore {
    SqliteStore::open(dir, SqliteOptions { feed, ..SqliteOptions::default() }, clock).unwrap()
}

async fn connect(schema: &str, clock: Arc<dyn Clock>, feed: FeedLimits) -> PostgresStore {
    let schema = schema.to_owned();
    // Long enough for a busy machine: these tests are not about timeouts.
    let timeout = Duration::from_secs(300);
    let options =
        PostgresOptions { feed, schema, connections: 4, timeout, ..PostgresOptions::default() };
    PostgresStore::open(&Postgres::shared().unwrap().url(), options, clock).await.unwrap()
}

/// The key `collection/first/second`.
pub(crate) fn key(name: &str) -> Key {
    let mut segments = name.split('/');
    Key::new(segments.next().unwrap(), segments).unwrap()
}

/// The prefix `collection/first`.
pub(crate) fn prefix(name: &str) -> Prefix {
    let mut segments = name.split('/');
    Prefix::new(segments.next().unwrap(), segments).unwrap()
}

pub(crate) fn name(key: &Key) -> String {
    key.segments().collect::<Vec<_>>().join("/")
}

pub(crate) fn text(value: &Bytes) -> String {
    String::from_utf8(value.to_vec()).unwrap()
}

pub(crate) fn put(name: &str, value: &str) -> Operation {
    put_until(name, value, None)
}

pub(crate) fn put_until(name: &str, value: &str, expires_at: Option<i64>) -> Operation {
    let value = Bytes::copy_from_slice(value.as_bytes());
    Operation::Put { key: key(name), value, flags: 0, expires_at }
}

pub(crate) fn all(below: &str) -> Scan {
    Scan { prefix: prefix(below), after: None, limit: usize::MAX, max_bytes: usize::MAX }
}

/// Defines a test for each engine from each `async fn property(Fixture)`.
macro_rules! on_every_engine {
    ($($property:ident),* $(,)?) => {
        mod memory {
            use crate::fixture::{Engine, Fixture};
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $property() {
                super::$property(Fixture::new(Engine::Memory).await).await;
            })*
        }
        mod sqlite {
            use crate::fixture::{Engine, Fixture};
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $property() {
                super::$property(Fixture::new(Engine::Sqlite).await).await;
            })*
        }
        mod postgres {
            use crate::fixture::{Engine, Fixture};
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $property() {
                if Engine::Postgres.is_available() {
                    super::$property(Fixture::new(Engine::Postgres).await).await;
                }
            })*
        }
    };
}
pub(crate) use on_every_engine;
