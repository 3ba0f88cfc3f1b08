//! Stores of older formats are migrated once, when they are opened. Damage is detected.

use std::path::Path;
use std::sync::Arc;

use sensu_store::postgres::{PostgresOptions, PostgresStore};
use sensu_store::sqlite::{SqliteOptions, SqliteStore, maintenance};
use sensu_store::{Entry, ManualClock, Prefix, Scan, Store, StoreError};
use sensu_tests_postgres::Postgres;
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::fixture::{Engine, Fixture, START, all, key, put};
use crate::servers::raw_connection;

/// A backup of format 1. The current version cannot write this format.
const FORMAT_1: &[u8] = include_bytes!("../data/format-1.db");

/// Turns the current PostgreSQL tables back into those of format 1.
const FORMAT_1_TABLES: &str = include_str!("../data/format-1.sql");

/// Number of entries in [`FORMAT_1`].
const ENTRIES: u64 = 22;

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(START))
}

fn place_format_1(dir: &Path) {
    std::fs::write(dir.join("sensu.db"), FORMAT_1).unwrap();
}

async fn everything(store: &dyn Store) -> Vec<Entry> {
    let prefix = Prefix::all();
    store.scan(Scan { prefix, after: None, limit: 1_000, max_bytes: usize::MAX }).await.unwrap()
}

#[tokio::test]
async fn a_directory_of_format_1_is_migrated() {
    let dir = TempDir::new().unwrap();
    place_format_1(dir.path());
    // Verification reads format 1 without migrating it.
    let before = maintenance::verify(dir.path(), &*clock()).unwrap();
    assert_eq!((before.entries, before.without_checksum), (ENTRIES, ENTRIES));
    let store = SqliteStore::open(dir.path(), SqliteOptions::default(), clock()).unwrap();
    assert_eq!(store.verify().await.unwrap().entries, ENTRIES);
    let hook = store.get(&key("hooks/ops/ps")).await.unwrap().unwrap();
    assert!(hook.value.starts_with(br#"{"metadata":{"name":"ps","namespace":"ops""#));
    // The next write of an entry adds a checksum.
    let txn = sensu_store::Txn {
        operations: vec![sensu_store::Operation::Put {
            key: hook.key.clone(),
            value: hook.value.clone(),
            flags: hook.flags,
            expires_at: None,
        }],
        ..Default::default()
    };
    assert_eq!(store.commit(txn).await.unwrap(), before.revision + 1);
    store.close().await;
    let after = maintenance::verify(dir.path(), &*clock()).unwrap();
    assert_eq!((after.entries, after.without_checksum), (ENTRIES, ENTRIES - 1));
}

#[tokio::test]
async fn a_backup_of_format_1_can_be_restored_and_read() {
    let dir = TempDir::new().unwrap();
    place_format_1(dir.path());
    let (file, state) = (dir.path().join("sensu.db"), dir.path().join("state"));
    maintenance::restore(&file, &state, false).unwrap();
    let restored = SqliteStore::open(&state, SqliteOptions::default(), clock()).unwrap();
    let entries = everything(&restored).await;
    assert_eq!(entries.len() as u64, ENTRIES);
    restored.close().await;

    let mut export = tokio::task::spawn_blocking(move || sensu_store::backup::read(&file))
        .await
        .unwrap()
        .unwrap();
    let mut read = Vec::new();
    loop {
        match export.next().await.unwrap() {
            batch if batch.is_empty() => break,
            batch => read.extend(batch),
        }
    }
    assert_eq!(read, entries);
}

async fn open(schema: &str) -> PostgresStore {
    let options = PostgresOptions { schema: schema.to_owned(), ..PostgresOptions::default() };
    PostgresStore::open(&Postgres::shared().unwrap().url(), options, clock()).await.unwrap()
}

#[tokio::test]
async fn concurrent_servers_migrate_format_1_once() {
    if !Engine::Postgres.is_available() {
        return;
    }
    let fixture = Fixture::new(Engine::Postgres).await;
    for n in 0..50 {
        fixture.put(&format!("things/{n}"), "x").await;
    }
    let before = fixture.store.scan(all("things")).await.unwrap();
    fixture.store.close().await;
    let other = raw_connection(&fixture).await;
    other.batch_execute(FORMAT_1_TABLES).await.unwrap();
    let mut servers = JoinSet::new();
    for _ in 0..6 {
        let schema = fixture.schema.clone();
        servers.spawn(async move { open(&schema).await });
    }
    for store in servers.join_all().await {
        assert_eq!(store.scan(all("things")).await.unwrap(), before);
        assert_eq!(store.verify().await.unwrap().without_checksum, 50);
        store.close().await;
    }
    let format = "SELECT format FROM state WHERE id = 1";
    let format: i32 = other.query_one(format, &[]).await.unwrap().try_get(0).unwrap();
    assert_eq!(format, 3);
}

#[tokio::test]
async fn a_damaged_value_is_not_returned() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        if !engine.is_available() {
            continue;
        }
        let mut fixture = Fixture::new(engine).await;
        fixture.put("things/a", "good").await;
        fixture.put("things/b", "good").await;
        if engine == Engine::Sqlite {
            // Empties the cache.
            fixture.reopen().await;
            let file = fixture.dir.path().join("state/sensu.db");
            let other = rusqlite::Connection::open(file).unwrap();
            let damage = "UPDATE entries SET value = x'676f6f65' WHERE key = x'7468696e6773006100'";
            other.execute_batch(damage).unwrap();
        } else {
            let damage =
                "UPDATE entries SET value = '\\x676f6f65' WHERE key = '\\x7468696e6773006100'";
            raw_connection(&fixture).await.batch_execute(damage).await.unwrap();
        }
        let rejected = fixture.store.get(&key("things/a")).await;
        let message = |error: StoreError| error.to_string();
        assert!(message(rejected.unwrap_err()).contains("checksum differs"), "{engine:?}");
        let rejected = fixture.store.scan(all("things")).await;
        assert!(message(rejected.unwrap_err()).contains("checksum differs"), "{engine:?}");
        assert_eq!(fixture.get("things/b").await.unwrap().value, "good");
        let copy = fixture.dir.path().join("copy.db");
        match fixture.store.backup(&copy).await {
            // The embedded engine copies pages unread. The backup cannot be restored.
            Ok(()) => assert!(sensu_store::backup::verify(&copy, &*clock()).is_err()),
            Err(rejected) => assert!(message(rejected).contains("checksum differs"), "{engine:?}"),
        }
    }
}

#[tokio::test]
async fn the_last_revision_is_not_assigned_twice() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        if !engine.is_available() {
            continue;
        }
        let mut fixture = Fixture::new(engine).await;
        fixture.put("things/a", "before").await;
        let last = i64::MAX - 1;
        alter(&mut fixture, &format!("UPDATE state SET revision = {last}")).await;
        assert_eq!(fixture.put("things/a", "last").await, last.unsigned_abs() + 1);
        // Another write would get the same revision as the last one.
        let rejected = fixture.commit([], [put("things/a", "again")]).await.unwrap_err();
        assert!(rejected.to_string().contains("no further revision"), "{engine:?}: {rejected}");
        assert_eq!(fixture.value("things/a").await.as_deref(), Some("last"));
    }
}

#[tokio::test]
async fn a_changed_table_is_an_error_not_a_panic() {
    if !Engine::Postgres.is_available() {
        return;
    }
    let mut fixture = Fixture::new(Engine::Postgres).await;
    fixture.put("things/a", "x").await;
    let other = "ALTER TABLE entries ALTER flags TYPE text; \
                 ALTER TABLE state ALTER feed_total DROP NOT NULL; UPDATE state SET feed_total = NULL";
    alter(&mut fixture, other).await;
    let rejected = fixture.store.get(&key("things/a")).await.unwrap_err();
    assert!(rejected.to_string().contains("column 1"), "{rejected}");
    let rejected = fixture.commit([], [put("things/b", "x")]).await.unwrap_err();
    assert!(rejected.to_string().contains("column 2"), "{rejected}");
    // The writer still runs.
    let back =
        "UPDATE state SET feed_total = 1; ALTER TABLE entries ALTER flags TYPE bigint USING 0";
    alter(&mut fixture, back).await;
    fixture.put("things/b", "x").await;
}

/// Executes SQL on the tables of the store.
async fn alter(fixture: &mut Fixture, sql: &str) {
    if fixture.engine == Engine::Postgres {
        return raw_connection(fixture).await.batch_execute(sql).await.unwrap();
    }
    fixture.store.close().await;
    let file = fixture.dir.path().join("state/sensu.db");
    rusqlite::Connection::open(file).unwrap().execute_batch(sql).unwrap();
    fixture.reopen().await;
}
