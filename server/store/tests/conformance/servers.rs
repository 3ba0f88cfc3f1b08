//! Several servers on one database are one store.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use sensu_store::postgres::{OpenError, PostgresOptions, PostgresStore};
use sensu_store::{
    CommitError, ManualClock, Operation, Precondition, Prefix, Revision, Scan, Store, StoreError,
    Txn,
};
use sensu_tests_postgres::Postgres;
use tokio::task::JoinSet;

use crate::fixture::{Engine, Fixture, START, all, key, prefix, put, put_until, text};

async fn fixture() -> Option<Fixture> {
    match Engine::Postgres.is_available() {
        true => Some(Fixture::new(Engine::Postgres).await),
        false => None,
    }
}

fn txn(operations: impl Into<Vec<Operation>>) -> Txn {
    Txn { operations: operations.into(), ..Txn::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_server_sees_the_acknowledged_writes_of_the_others() {
    let Some(fixture) = fixture().await else { return };
    let servers =
        [fixture.store.clone(), fixture.another_server().await, fixture.another_server().await];
    for n in 0..150_usize {
        let (one, other) = (&servers[n % 3], &servers[(n + 1) % 3]);
        let value = n.to_string();
        let revision = one.commit(txn([put("things/a", &value)])).await.unwrap();
        assert_eq!(revision, n as u64 + 1, "one order for all servers");
        assert_eq!(other.last_modified(&["things"]).await.unwrap(), revision);
        let entry = other.get(&key("things/a")).await.unwrap().unwrap();
        assert_eq!((text(&entry.value), entry.revision), (value, revision));
        assert_eq!(other.scan(all("things")).await.unwrap(), [entry]);
        let changes = other.changes(revision - 1, 10).await.unwrap();
        assert_eq!(changes.last().unwrap().revision, revision);
        assert_eq!(other.health().await.revision, revision);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_increments_on_all_servers_lose_nothing() {
    const EACH: usize = 20;
    let Some(fixture) = fixture().await else { return };
    fixture.put("count/it", "0").await;
    let mut writers = JoinSet::new();
    for server in 0..3 {
        let store =
            if server == 0 { fixture.store.clone() } else { fixture.another_server().await };
        for _ in 0..3 {
            let store = store.clone();
            writers.spawn(async move {
                let mut assigned: Vec<Revision> = Vec::new();
                while assigned.len() < EACH {
                    let entry = store.get(&key("count/it")).await.unwrap().unwrap();
                    let next = text(&entry.value).parse::<usize>().unwrap() + 1;
                    let at = Precondition::At(entry.key, entry.revision);
                    let operations = vec![put("count/it", &next.to_string())];
                    match store.commit(Txn { preconditions: vec![at], operations }).await {
                        Ok(revision) => assigned.push(revision),
                        Err(CommitError::Precondition(_)) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
                assigned
            });
        }
    }
    let mut assigned: Vec<Revision> = writers.join_all().await.into_iter().flatten().collect();
    assigned.sort_unstable();
    assert_eq!(assigned, (2..2 + 9 * EACH as u64).collect::<Vec<_>>(), "each revision once");
    assert_eq!(fixture.value("count/it").await.unwrap(), (9 * EACH).to_string());
    let changes = fixture.store.changes(1, usize::MAX).await.unwrap();
    assert_eq!(changes.iter().map(|change| change.revision).collect::<Vec<_>>(), assigned);
    assert_eq!(fixture.store.verify().await.unwrap().entries, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expired_entry_is_swept_once() {
    let Some(fixture) = fixture().await else { return };
    let other = fixture.another_server().await;
    let operations: Vec<_> =
        (0..40).map(|n| put_until(&format!("things/{n}"), "", Some(START + 1))).collect();
    fixture.store.commit(txn(operations)).await.unwrap();
    fixture.clock.advance(1);
    let sweep = async |store: &dyn Store| {
        let mut swept = 0;
        while let count @ 1.. = store.sweep(7).await.unwrap() {
            swept += count;
        }
        swept
    };
    let (here, there) = tokio::join!(sweep(&*fixture.store), sweep(&*other));
    assert_eq!(here + there, 40);
    let changes = fixture.store.changes(1, usize::MAX).await.unwrap();
    assert_eq!(changes.len(), 40);
    assert!(changes.iter().all(|change| change.deleted));
}

#[tokio::test]
async fn schemas_are_independent() {
    let Some(fixture) = fixture().await else { return };
    let other = Fixture::new(Engine::Postgres).await;
    fixture.put("things/a", "").await;
    assert_eq!(other.store.scan(all("things")).await.unwrap(), []);
    assert_eq!(other.put("things/a", "").await, 1);
}

#[tokio::test]
async fn the_empty_prefix_contains_everything() {
    let Some(fixture) = fixture().await else { return };
    fixture
        .commit([], [put("things/a", ""), put("other/b", ""), put("\u{7ff}/c", "")])
        .await
        .unwrap();
    let everything = || Scan { prefix: Prefix::all(), ..all("things") };
    assert_eq!(fixture.store.scan(everything()).await.unwrap().len(), 3);
    let wipe = [Operation::DeletePrefix(Prefix::all())];
    fixture.commit([], wipe).await.unwrap();
    assert_eq!(fixture.store.scan(everything()).await.unwrap(), []);
    assert_eq!(fixture.failing_precondition([Precondition::Empty(prefix("things"))]).await, None);
}

/// A connection to the database, to change the tables in ways that no engine does.
pub(crate) async fn raw_connection(fixture: &Fixture) -> tokio_postgres::Client {
    let url = Postgres::shared().unwrap().url();
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(&format!("SET search_path = {}", fixture.schema)).await.unwrap();
    client
}

async fn open(schema: &str) -> Result<PostgresStore, OpenError> {
    let options = PostgresOptions { schema: schema.to_owned(), ..PostgresOptions::default() };
    let url = Postgres::shared().unwrap().url();
    PostgresStore::open(&url, options, Arc::new(ManualClock::at(START))).await
}

#[tokio::test]
async fn tables_of_other_programs_are_rejected() {
    let Some(fixture) = fixture().await else { return };
    let other = raw_connection(&fixture).await;
    other.batch_execute("DROP TABLE changes; CREATE TABLE songs (name text)").await.unwrap();
    let rejected = open(&fixture.schema).await;
    assert!(matches!(rejected, Err(OpenError::Foreign(schema)) if schema == fixture.schema));
    for name in ["", "A", "a-b", "1a", "a\"; DROP TABLE x", &"x".repeat(64)] {
        assert!(matches!(open(name).await, Err(OpenError::Schema(_))), "{name}");
    }
}

#[tokio::test]
async fn an_older_server_stops_writing_after_a_newer_one_has_migrated() {
    let Some(fixture) = fixture().await else { return };
    fixture.put("things/a", "").await;
    raw_connection(&fixture).await.batch_execute("UPDATE state SET format = 99").await.unwrap();
    assert!(matches!(open(&fixture.schema).await, Err(OpenError::TooNew { found: 99, .. })));
    for _ in 0..2 {
        let rejected = fixture.commit([], [put("things/a", "")]).await;
        assert!(
            matches!(rejected, Err(CommitError::Store(StoreError::Stopped(_)))),
            "{rejected:?}"
        );
    }
    let health = fixture.store.health().await;
    assert!(health.failure.is_some_and(|why| why.contains("format 99")));
    assert_eq!(health.last_failure.unwrap().at, START);
}

#[tokio::test]
async fn verify_detects_every_inconsistency() {
    let changes = [
        "UPDATE entries SET key = '\\x6100'",
        "UPDATE entries SET key = '\\x00'",
        "UPDATE entries SET key = '\\xff00'",
        "UPDATE entries SET revision = 99",
        "UPDATE entries SET revision = -1",
        "UPDATE entries SET flags = -1",
        "UPDATE entries SET flags = 1",
        "UPDATE entries SET expires_at = 4000000000",
        "UPDATE entries SET value = '\\x626164'",
        "DELETE FROM changes",
        "UPDATE state SET revision = 0",
        "DELETE FROM collections",
    ];
    for change in changes {
        let Some(fixture) = fixture().await else { return };
        fixture.put("things/a", "").await;
        assert_eq!(fixture.store.verify().await.unwrap().entries, 1);
        raw_connection(&fixture).await.batch_execute(change).await.unwrap();
        let found = fixture.store.verify().await;
        assert!(matches!(found, Err(StoreError::Failed(_))), "{change}: {found:?}");
    }
}

/// Repeats a call until it succeeds. On a busy machine it may exceed the short timeout of a store.
async fn eventually<T, E: Debug>(call: impl AsyncFn() -> Result<T, E>) -> T {
    for _ in 0..100 {
        if let Ok(value) = call().await {
            return value;
        }
    }
    call().await.unwrap()
}

#[tokio::test]
async fn a_server_that_holds_the_lock_too_long_loses_it() {
    let Some(fixture) = fixture().await else { return };
    let options = PostgresOptions {
        schema: fixture.schema.clone(),
        timeout: Duration::from_millis(300),
        ..PostgresOptions::default()
    };
    let url = Postgres::shared().unwrap().url();
    let open = async || PostgresStore::open(&url, options.clone(), fixture.clock.clone()).await;
    let store = eventually(open).await;
    let holder = raw_connection(&fixture).await;
    holder.batch_execute("BEGIN; SELECT 1 FROM state FOR UPDATE").await.unwrap();
    let rejected = store.commit(txn([put("things/a", "1")])).await;
    assert!(
        matches!(rejected, Err(CommitError::Store(StoreError::Unavailable(_)))),
        "the commit fails instead of waiting: {rejected:?}"
    );
    let read = eventually(async || store.get(&key("things/a")).await).await;
    assert!(read.is_none(), "reads continue");
    holder.batch_execute("SET idle_in_transaction_session_timeout = 1").await.unwrap();
    while !holder.is_closed() {
        tokio::task::yield_now().await;
    }
    eventually(async || store.commit(txn([put("things/a", "2")])).await).await;
    eventually(async || store.health().await.failure.map_or(Ok(()), Err)).await;
    assert!(store.health().await.last_failure.is_some());
}

#[tokio::test]
async fn a_full_queue_rejects_writes_and_recovers() {
    let Some(fixture) = fixture().await else { return };
    let options = PostgresOptions {
        schema: fixture.schema.clone(),
        queue: 2,
        queue_bytes: 10_000,
        // Longer than the lock is held below, however busy the machine is.
        timeout: Duration::from_secs(300),
        ..PostgresOptions::default()
    };
    let url = Postgres::shared().unwrap().url();
    let store = PostgresStore::open(&url, options, fixture.clock.clone()).await.unwrap();
    let store = Arc::new(store);
    let holder = raw_connection(&fixture).await;
    holder.batch_execute("BEGIN; SELECT 1 FROM state FOR UPDATE").await.unwrap();
    let mut waiting = JoinSet::new();
    let rejected = loop {
        let writer = store.clone();
        let operations = [put("things/a", &"x".repeat(3_000))];
        waiting.spawn(async move { writer.commit(txn(operations)).await });
        tokio::task::yield_now().await;
        if let Some(outcome) = waiting.try_join_next() {
            break outcome.unwrap();
        }
    };
    assert!(matches!(rejected, Err(CommitError::Store(StoreError::Overloaded))), "{rejected:?}");
    holder.batch_execute("ROLLBACK").await.unwrap();
    let committed = waiting.join_all().await.into_iter().filter(Result::is_ok).count() as u64;
    assert!(committed >= 2);
    assert_eq!(store.commit(txn([put("things/a", "")])).await.unwrap(), committed + 1);
    let huge = txn([put("things/a", &"x".repeat(90_000))]);
    assert!(store.commit(huge).await.is_ok(), "an empty queue accepts any transaction");
}
