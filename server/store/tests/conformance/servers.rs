//! Several servers on one database are one store.

use std::sync::Arc;

use sensu_store::postgres::{OpenError, PostgresOptions, PostgresStore};
use sensu_store::{
    CommitError, ManualClock, Operation, Precondition, Prefix, Revision, Scan, Store, StoreError,
    Txn,
};
use sensu_tests_postgres::Postgres;
use tokio::task::JoinSet;

use crate::fixture::{Engine, Fixture, START, all, key, prefix, put, put_until, text};

async fn fixture() -> Option<Fixture> {
    match Engine::Postgres.here() {
        true => Some(Fixture::new(Engine::Postgres).await),
        false => None,
    }
}

fn txn(operations: impl Into<Vec<Operation>>) -> Txn {
    Txn { operations: operations.into(), ..Txn::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_acknowledges_every_other_shows() {
    let Some(fixture) = fixture().await else { return };
    let servers = [fixture.store.clone(), fixture.beside().await, fixture.beside().await];
    for n in 0..150_usize {
        let (one, other) = (&servers[n % 3], &servers[(n + 1) % 3]);
        let value = n.to_string();
        let revision = one.commit(txn([put("things/a", &value)])).await.unwrap();
        assert_eq!(revision, n as u64 + 1, "one order for all");
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
async fn increments_through_all_lose_nothing() {
    const EACH: usize = 20;
    let Some(fixture) = fixture().await else { return };
    fixture.put("count/it", "0").await;
    let mut writers = JoinSet::new();
    for server in 0..3 {
        let store = if server == 0 { fixture.store.clone() } else { fixture.beside().await };
        for _ in 0..3 {
            let store = store.clone();
            writers.spawn(async move {
                let mut given: Vec<Revision> = Vec::new();
                while given.len() < EACH {
                    let entry = store.get(&key("count/it")).await.unwrap().unwrap();
                    let next = text(&entry.value).parse::<usize>().unwrap() + 1;
                    let at = Precondition::At(entry.key, entry.revision);
                    let operations = vec![put("count/it", &next.to_string())];
                    match store.commit(Txn { preconditions: vec![at], operations }).await {
                        Ok(revision) => given.push(revision),
                        Err(CommitError::Precondition(_)) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
                given
            });
        }
    }
    let mut given: Vec<Revision> = writers.join_all().await.into_iter().flatten().collect();
    given.sort_unstable();
    assert_eq!(given, (2..2 + 9 * EACH as u64).collect::<Vec<_>>(), "each revision once");
    assert_eq!(fixture.value("count/it").await.unwrap(), (9 * EACH).to_string());
    let told = fixture.store.changes(1, usize::MAX).await.unwrap();
    assert_eq!(told.iter().map(|change| change.revision).collect::<Vec<_>>(), given);
    assert_eq!(fixture.store.verify().await.unwrap().entries, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_expired_is_swept_once() {
    let Some(fixture) = fixture().await else { return };
    let other = fixture.beside().await;
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
    let told = fixture.store.changes(1, usize::MAX).await.unwrap();
    assert_eq!(told.len(), 40);
    assert!(told.iter().all(|change| change.deleted));
}

#[tokio::test]
async fn schemas_know_nothing_of_each_other() {
    let Some(fixture) = fixture().await else { return };
    let other = Fixture::new(Engine::Postgres).await;
    fixture.put("things/a", "").await;
    assert_eq!(other.store.scan(all("things")).await.unwrap(), []);
    assert_eq!(other.put("things/a", "").await, 1);
}

#[tokio::test]
async fn a_prefix_of_nothing_holds_everything() {
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
    assert_eq!(fixture.refused([Precondition::Empty(prefix("things"))]).await, None);
}

/// A connection beside the engine, to do what no engine would.
pub(crate) async fn planter(fixture: &Fixture) -> tokio_postgres::Client {
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
async fn tables_of_others_are_refused() {
    let Some(fixture) = fixture().await else { return };
    let planter = planter(&fixture).await;
    planter.batch_execute("DROP TABLE changes; CREATE TABLE songs (name text)").await.unwrap();
    let refused = open(&fixture.schema).await;
    assert!(matches!(refused, Err(OpenError::Foreign(schema)) if schema == fixture.schema));
    for name in ["", "A", "a-b", "1a", "a\"; DROP TABLE x", &"x".repeat(64)] {
        assert!(matches!(open(name).await, Err(OpenError::Schema(_))), "{name}");
    }
}

#[tokio::test]
async fn an_older_server_stops_writing_when_a_newer_one_has_changed_the_format() {
    let Some(fixture) = fixture().await else { return };
    fixture.put("things/a", "").await;
    planter(&fixture).await.batch_execute("UPDATE state SET format = 99").await.unwrap();
    assert!(matches!(open(&fixture.schema).await, Err(OpenError::TooNew { found: 99, .. })));
    for _ in 0..2 {
        let refused = fixture.commit([], [put("things/a", "")]).await;
        assert!(matches!(refused, Err(CommitError::Store(StoreError::Stopped(_)))), "{refused:?}");
    }
    let health = fixture.store.health().await;
    assert!(health.failure.is_some_and(|why| why.contains("format 99")));
    assert_eq!(health.last_failure.unwrap().at, START);
}

#[tokio::test]
async fn verifying_finds_what_was_planted() {
    let plants = [
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
    for plant in plants {
        let Some(fixture) = fixture().await else { return };
        fixture.put("things/a", "").await;
        assert_eq!(fixture.store.verify().await.unwrap().entries, 1);
        planter(&fixture).await.batch_execute(plant).await.unwrap();
        let found = fixture.store.verify().await;
        assert!(matches!(found, Err(StoreError::Failed(_))), "{plant}: {found:?}");
    }
}

#[tokio::test]
async fn whoever_holds_the_turn_too_long_loses_it() {
    let Some(fixture) = fixture().await else { return };
    let options = PostgresOptions {
        schema: fixture.schema.clone(),
        timeout: std::time::Duration::from_millis(300),
        ..PostgresOptions::default()
    };
    let url = Postgres::shared().unwrap().url();
    let store = PostgresStore::open(&url, options, fixture.clock.clone()).await.unwrap();
    let holder = planter(&fixture).await;
    holder.batch_execute("BEGIN; SELECT 1 FROM state FOR UPDATE").await.unwrap();
    let refused = store.commit(txn([put("things/a", "1")])).await;
    assert!(
        matches!(refused, Err(CommitError::Store(StoreError::Unavailable(_)))),
        "told in time, not kept waiting: {refused:?}"
    );
    assert!(store.get(&key("things/a")).await.unwrap().is_none(), "reads go on");
    holder.batch_execute("SET idle_in_transaction_session_timeout = 1").await.unwrap();
    while !holder.is_closed() {
        tokio::task::yield_now().await;
    }
    store.commit(txn([put("things/a", "2")])).await.unwrap();
    assert_eq!(store.health().await.failure, None);
    assert!(store.health().await.last_failure.is_some());
}

#[tokio::test]
async fn a_full_queue_says_so_and_recovers() {
    let Some(fixture) = fixture().await else { return };
    let options = PostgresOptions {
        schema: fixture.schema.clone(),
        queue: 2,
        queue_bytes: 10_000,
        ..PostgresOptions::default()
    };
    let url = Postgres::shared().unwrap().url();
    let store = PostgresStore::open(&url, options, fixture.clock.clone()).await.unwrap();
    let store = Arc::new(store);
    let holder = planter(&fixture).await;
    holder.batch_execute("BEGIN; SELECT 1 FROM state FOR UPDATE").await.unwrap();
    let mut waiting = JoinSet::new();
    let refused = loop {
        let writer = store.clone();
        let operations = [put("things/a", &"x".repeat(3_000))];
        waiting.spawn(async move { writer.commit(txn(operations)).await });
        tokio::task::yield_now().await;
        if let Some(outcome) = waiting.try_join_next() {
            break outcome.unwrap();
        }
    };
    assert!(matches!(refused, Err(CommitError::Store(StoreError::Overloaded))), "{refused:?}");
    holder.batch_execute("ROLLBACK").await.unwrap();
    let done = waiting.join_all().await.into_iter().filter(Result::is_ok).count() as u64;
    assert!(done >= 2);
    assert_eq!(store.commit(txn([put("things/a", "")])).await.unwrap(), done + 1);
    let huge = txn([put("things/a", &"x".repeat(90_000))]);
    assert!(store.commit(huge).await.is_ok(), "alone, any transaction fits");
}
