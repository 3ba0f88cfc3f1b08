//! Stores of older formats: brought up to date when they are opened, once, and nothing is lost.

use std::path::Path;
use std::sync::Arc;

use sensu_store::postgres::{PostgresOptions, PostgresStore};
use sensu_store::sqlite::{SqliteOptions, SqliteStore, maintenance};
use sensu_store::{Entry, ManualClock, Prefix, Scan, Store, StoreError};
use sensu_tests_postgres::Postgres;
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::fixture::{Engine, Fixture, START, all, key, put};
use crate::servers::planter;

/// A backup that version 0.1.0 wrote when its format was 1. Nobody can write one any more, so it is
/// kept as it was.
const FORMAT_1: &[u8] = include_bytes!("../data/format-1.db");

/// What is in it.
const ENTRIES: u64 = 22;

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(START))
}

fn placed(dir: &Path) {
    std::fs::write(dir.join("sensu.db"), FORMAT_1).unwrap();
}

async fn everything(store: &dyn Store) -> Vec<Entry> {
    let prefix = Prefix::all();
    store.scan(Scan { prefix, after: None, limit: 1_000, max_bytes: usize::MAX }).await.unwrap()
}

#[tokio::test]
async fn a_folder_of_format_1_is_brought_up_to_date() {
    let dir = TempDir::new().unwrap();
    placed(dir.path());
    // Before anything has written to it: it can be read as it is.
    let before = maintenance::verify(dir.path(), &*clock()).unwrap();
    assert_eq!((before.entries, before.without_checksum), (ENTRIES, ENTRIES));
    let store = SqliteStore::open(dir.path(), SqliteOptions::default(), clock()).unwrap();
    assert_eq!(store.verify().await.unwrap().entries, ENTRIES);
    let hook = store.get(&key("hooks/ops/ps")).await.unwrap().unwrap();
    assert!(hook.value.starts_with(br#"{"metadata":{"name":"ps","namespace":"ops""#));
    // What is written again has a sum.
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
async fn a_backup_of_format_1_goes_wherever_a_new_one_goes() {
    let dir = TempDir::new().unwrap();
    placed(dir.path());
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
            some if some.is_empty() => break,
            some => read.extend(some),
        }
    }
    assert_eq!(read, entries);
}

async fn open(schema: &str) -> PostgresStore {
    let options = PostgresOptions { schema: schema.to_owned(), ..PostgresOptions::default() };
    PostgresStore::open(&Postgres::shared().unwrap().url(), options, clock()).await.unwrap()
}

#[tokio::test]
async fn servers_that_start_on_format_1_at_once_bring_it_up_to_date_once() {
    if !Engine::Postgres.here() {
        return;
    }
    let fixture = Fixture::new(Engine::Postgres).await;
    for n in 0..50 {
        fixture.put(&format!("things/{n}"), "x").await;
    }
    let before = fixture.store.scan(all("things")).await.unwrap();
    fixture.store.close().await;
    let planter = planter(&fixture).await;
    let back = include_str!("../data/format-1.sql");
    planter.batch_execute(back).await.unwrap();
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
    let format: i32 = planter.query_one(format, &[]).await.unwrap().try_get(0).unwrap();
    assert_eq!(format, 3);
}

#[tokio::test]
async fn a_value_that_the_disk_has_changed_is_not_served() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        if !engine.here() {
            continue;
        }
        let mut fixture = Fixture::new(engine).await;
        fixture.put("things/a", "good").await;
        fixture.put("things/b", "good").await;
        if engine == Engine::Sqlite {
            // What is remembered is not what the disk has.
            fixture.reopen().await;
            let file = fixture.dir.path().join("state/sensu.db");
            let planter = rusqlite::Connection::open(file).unwrap();
            let damage = "UPDATE entries SET value = x'676f6f65' WHERE key = x'7468696e6773006100'";
            planter.execute_batch(damage).unwrap();
        } else {
            let damage =
                "UPDATE entries SET value = '\\x676f6f65' WHERE key = '\\x7468696e6773006100'";
            planter(&fixture).await.batch_execute(damage).await.unwrap();
        }
        let refused = fixture.store.get(&key("things/a")).await;
        let said = |refused: StoreError| refused.to_string();
        assert!(said(refused.unwrap_err()).contains("checksum differs"), "{engine:?}");
        let refused = fixture.store.scan(all("things")).await;
        assert!(said(refused.unwrap_err()).contains("checksum differs"), "{engine:?}");
        assert_eq!(fixture.get("things/b").await.unwrap().value, "good");
        let copy = fixture.dir.path().join("copy.db");
        match fixture.store.backup(&copy).await {
            // A copy of files, which nothing damaged gets out of again.
            Ok(()) => assert!(sensu_store::backup::verify(&copy, &*clock()).is_err()),
            Err(refused) => assert!(said(refused).contains("checksum differs"), "{engine:?}"),
        }
    }
}

#[tokio::test]
async fn a_store_that_has_counted_to_its_end_takes_nothing_more() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        if !engine.here() {
            continue;
        }
        let mut fixture = Fixture::new(engine).await;
        fixture.put("things/a", "before").await;
        let last = i64::MAX - 1;
        plant(&mut fixture, &format!("UPDATE state SET revision = {last}")).await;
        assert_eq!(fixture.put("things/a", "last").await, last.unsigned_abs() + 1);
        // One more would have the revision of the one before, and be taken for it.
        let refused = fixture.commit([], [put("things/a", "again")]).await.unwrap_err();
        assert!(refused.to_string().contains("no further revision"), "{engine:?}: {refused}");
        assert_eq!(fixture.value("things/a").await.as_deref(), Some("last"));
    }
}

#[tokio::test]
async fn a_table_that_was_changed_is_an_error_not_a_panic() {
    if !Engine::Postgres.here() {
        return;
    }
    let mut fixture = Fixture::new(Engine::Postgres).await;
    fixture.put("things/a", "x").await;
    let other = "ALTER TABLE entries ALTER flags TYPE text; \
                 ALTER TABLE state ALTER feed_total DROP NOT NULL; UPDATE state SET feed_total = NULL";
    plant(&mut fixture, other).await;
    let refused = fixture.store.get(&key("things/a")).await.unwrap_err();
    assert!(refused.to_string().contains("column 1"), "{refused}");
    let refused = fixture.commit([], [put("things/b", "x")]).await.unwrap_err();
    assert!(refused.to_string().contains("column 2"), "{refused}");
    // The writer is still there.
    let back =
        "UPDATE state SET feed_total = 1; ALTER TABLE entries ALTER flags TYPE bigint USING 0";
    plant(&mut fixture, back).await;
    fixture.put("things/b", "x").await;
}

/// Does something to the tables behind the store's back.
async fn plant(fixture: &mut Fixture, what: &str) {
    if fixture.engine == Engine::Postgres {
        return planter(fixture).await.batch_execute(what).await.unwrap();
    }
    fixture.store.close().await;
    let file = fixture.dir.path().join("state/sensu.db");
    rusqlite::Connection::open(file).unwrap().execute_batch(what).unwrap();
    fixture.reopen().await;
}
