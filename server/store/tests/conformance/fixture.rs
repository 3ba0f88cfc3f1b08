//! A fresh store of any engine, and short words for what the tests do with it.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use sensu_store::postgres::{PostgresOptions, PostgresStore};
use sensu_store::sqlite::{SqliteOptions, SqliteStore};
use sensu_store::{
    Clock, CommitError, Entry, FeedLimits, Key, ManualClock, MemoryStore, Operation, Precondition,
    Prefix, Revision, Scan, Store, Txn,
};
use sensu_tests_postgres::Postgres;
use tempfile::TempDir;

/// The second at which every test begins.
pub(crate) const START: i64 = 1_700_000_000;

/// Which engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Memory,
    Sqlite,
    Postgres,
}

impl Engine {
    /// Whether it can be tested on this machine.
    pub(crate) fn here(self) -> bool {
        self != Self::Postgres || sensu_tests_postgres::installed()
    }

    /// Whether it keeps what it holds when it is closed.
    pub(crate) fn keeps(self) -> bool {
        self != Self::Memory
    }
}

/// A fresh store, its clock and a folder for files.
pub(crate) struct Fixture {
    pub(crate) engine: Engine,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) dir: TempDir,
    pub(crate) limits: FeedLimits,
    /// The place of its own that a store has in a shared database.
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
            Engine::Postgres => Postgres::shared().unwrap().schema(),
            Engine::Memory | Engine::Sqlite => String::new(),
        };
        let store: Arc<dyn Store> = match engine {
            Engine::Memory => Arc::new(MemoryStore::with_feed(clock.clone(), limits)),
            Engine::Sqlite => Arc::new(open(&dir.path().join("state"), clock.clone(), limits)),
            Engine::Postgres => Arc::new(connect(&schema, clock.clone(), limits).await),
        };
        Self { engine, store, clock, dir, limits, schema }
    }

    /// Closes a store that keeps its data and opens it again.
    pub(crate) async fn reopen(&mut self) {
        self.store.close().await;
        let dir = self.dir.path().join("state");
        self.store = match self.engine {
            Engine::Memory => panic!("it forgets"),
            Engine::Sqlite => Arc::new(open(&dir, self.clock.clone(), self.limits)),
            Engine::Postgres => self.beside().await,
        };
    }

    /// Another server on the same database.
    pub(crate) async fn beside(&self) -> Arc<dyn Store> {
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

    pub(crate) async fn last_modified(&self, room: &str) -> Revision {
        self.store.last_modified(&[room]).await.unwrap()
    }

    /// The names below a prefix, as a scan shows them.
    pub(crate) async fn names(&self, below: &str) -> Vec<String> {
        let found = self.store.scan(all(below)).await.unwrap();
        found.iter().map(|entry| name(&entry.key)).collect()
    }

    /// The precondition that fails when a transaction with these is committed; `None` if all hold.
    pub(crate) async fn refused<const P: usize>(
        &self,
        preconditions: [Precondition; P],
    ) -> Option<Precondition> {
        let before = self.store.health().await.revision;
        let refused = match self.commit(preconditions, [put("probe/x", "x")]).await {
            Ok(_) => None,
            Err(CommitError::Precondition(failed)) => Some(failed),
            Err(CommitError::Store(error)) => panic!("{error}"),
        };
        let after = self.store.health().await.revision;
        assert_eq!(after, before + u64::from(refused.is_none()), "refused ones take no revision");
        refused
    }
}

pub(crate) fn open(dir: &Path, clock: Arc<dyn Clock>, feed: FeedLimits) -> SqliteStore {
    SqliteStore::open(dir, SqliteOptions { feed, ..SqliteOptions::default() }, clock).unwrap()
}

async fn connect(schema: &str, clock: Arc<dyn Clock>, feed: FeedLimits) -> PostgresStore {
    let schema = schema.to_owned();
    let options = PostgresOptions { feed, schema, connections: 4, ..PostgresOptions::default() };
    PostgresStore::open(&Postgres::shared().unwrap().url(), options, clock).await.unwrap()
}

/// `room/first/second` as a key.
pub(crate) fn key(name: &str) -> Key {
    let mut segments = name.split('/');
    Key::new(segments.next().unwrap(), segments).unwrap()
}

/// `room/first` as a prefix.
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

/// Turns each `async fn property(Fixture)` into one test for each engine.
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
                if Engine::Postgres.here() {
                    super::$property(Fixture::new(Engine::Postgres).await).await;
                }
            })*
        }
    };
}
pub(crate) use on_every_engine;
