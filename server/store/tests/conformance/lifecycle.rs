//! Opening, closing, backup and verification.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use sensu_store::sqlite::{OpenError, SqliteOptions, SqliteStore, maintenance};
use sensu_store::{
    ChangesError, CommitError, Durability, Entry, FeedLimits, ManualClock, Operation, Store,
    StoreError, Txn,
};
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::fixture::{
    Engine, Fixture, START, all, key, on_every_engine, open, prefix, put, put_until,
};

on_every_engine!(
    closing_completes_the_queue_and_rejects_further_calls,
    a_backup_contains_one_snapshot,
    a_backup_does_not_overwrite_files,
    writes_continue_during_a_backup,
);

async fn sqlite() -> Fixture {
    Fixture::new(Engine::Sqlite).await
}

async fn everything(store: &dyn Store) -> Vec<Entry> {
    let mut found = store.scan(all("things")).await.unwrap();
    found.extend(store.scan(all("other")).await.unwrap());
    found
}

async fn closing_completes_the_queue_and_rejects_further_calls(fixture: Fixture) {
    fixture.put("things/a", "").await;
    assert!(fixture.get("things/a").await.is_some());
    let mut writers = JoinSet::new();
    for n in 0..50 {
        let store = fixture.store.clone();
        let operations = vec![put(&format!("things/{n}"), "")];
        writers.spawn(async move { store.commit(Txn { operations, ..Txn::default() }).await });
    }
    fixture.store.close().await;
    fixture.store.close().await;
    let stopped = |error: &StoreError| matches!(error, StoreError::Stopped(_));
    let acknowledged = writers.join_all().await.into_iter().filter(|outcome| match outcome {
        Ok(_) => true,
        Err(CommitError::Store(error)) if stopped(error) => false,
        Err(error) => panic!("{error}"),
    });
    let acknowledged = acknowledged.count() as u64;
    let health = fixture.store.health().await;
    assert!(health.failure.is_some());
    assert_eq!(health.revision, 1 + acknowledged);
    let things = || all("things");
    assert!(fixture.store.get(&key("things/a")).await.is_err_and(|error| stopped(&error)));
    assert!(fixture.store.scan(things()).await.is_err_and(|error| stopped(&error)));
    assert!(fixture.store.sweep(1).await.is_err_and(|error| stopped(&error)));
    assert!(fixture.store.verify().await.is_err_and(|error| stopped(&error)));
    let rejected = fixture.commit([], [put("things/z", "")]).await;
    assert!(matches!(rejected, Err(CommitError::Store(StoreError::Stopped(_)))));
    let rejected = fixture.store.changes(0, 1).await;
    assert!(matches!(rejected, Err(ChangesError::Store(StoreError::Stopped(_)))));
}

async fn a_backup_contains_one_snapshot(fixture: Fixture) {
    for n in 0..300 {
        let name = format!("things/{n}");
        fixture.commit([], [put_until(&name, &name.repeat(100), Some(START + n))]).await.unwrap();
    }
    fixture.put("other/a", "before").await;
    fixture.commit([], [Operation::DeletePrefix(prefix("things/7"))]).await.unwrap();
    let before = everything(&*fixture.store).await;
    let file = fixture.dir.path().join("copy.db");
    fixture.store.backup(&file).await.unwrap();
    fixture.put("other/a", "after").await;
    let last = fixture.store.health().await.revision;

    let restored = fixture.dir.path().join("restored");
    maintenance::restore(&file, &restored, false).unwrap();
    let store = open(&restored, fixture.clock.clone(), FeedLimits::default());
    assert_eq!(everything(&store).await, before);
    assert_eq!(store.verify().await.unwrap().entries, before.len() as u64);
    // The restored store assigns no revision twice, and every follower of the feed starts over.
    let next = store.commit(Txn { operations: vec![put("other/a", "")], ..Txn::default() }).await;
    let next = next.unwrap();
    assert!(next > last, "{next} after {last}");
    for after in [0, last - 1, last, last + 1] {
        let rejected = store.changes(after, 10).await;
        assert!(matches!(rejected, Err(ChangesError::TooOld { oldest }) if oldest == next - 1));
    }
    assert_eq!(store.changes(next - 1, 10).await.unwrap().len(), 1);
    let again = maintenance::restore(&file, &restored, false);
    assert!(matches!(again, Err(OpenError::Locked(_))));
    store.close().await;
    let again = maintenance::restore(&file, &restored, false);
    assert!(matches!(again, Err(OpenError::Exists(_))));
}

async fn a_backup_does_not_overwrite_files(fixture: Fixture) {
    let file = fixture.dir.path().join("precious");
    std::fs::write(&file, "precious").unwrap();
    assert!(matches!(fixture.store.backup(&file).await, Err(StoreError::Failed(_))));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
    let nowhere = fixture.dir.path().join("none/copy.db");
    assert!(matches!(fixture.store.backup(&nowhere).await, Err(StoreError::Failed(_))));
    let files = std::fs::read_dir(fixture.dir.path()).unwrap();
    let left = files.map(|file| file.unwrap().file_name()).filter(|name| name != "state");
    assert_eq!(left.collect::<Vec<_>>(), ["precious"]);
}

async fn writes_continue_during_a_backup(fixture: Fixture) {
    // Both keys always have the same value, so they must have it in every backup.
    let write = |n: usize| [put("things/a", &n.to_string()), put("other/a", &n.to_string())];
    fixture.commit([], write(0)).await.unwrap();
    for copy in 0..5 {
        let file = fixture.dir.path().join(format!("copy-{copy}"));
        let store = fixture.store.clone();
        let copying = {
            let file = file.clone();
            tokio::spawn(async move { store.backup(&file).await })
        };
        let mut n = 0;
        while !copying.is_finished() {
            n += 1;
            fixture.commit([], write(n)).await.unwrap();
        }
        copying.await.unwrap().unwrap();
        let restored = fixture.dir.path().join(format!("restored-{copy}"));
        maintenance::restore(&file, &restored, false).unwrap();
        let store = open(&restored, fixture.clock.clone(), FeedLimits::default());
        let found = everything(&store).await;
        assert_eq!(found.len(), 2);
        assert_eq!((&found[0].value, found[0].revision), (&found[1].value, found[1].revision));
    }
}

#[tokio::test]
async fn reopening_preserves_everything() {
    let mut fixture = sqlite().await;
    for n in 0..200 {
        fixture.put(&format!("things/{n}"), &n.to_string().repeat(1000)).await;
    }
    fixture.commit([], [put_until("other/a", "short", Some(START + 5))]).await.unwrap();
    let (before, health) = (everything(&*fixture.store).await, fixture.store.health().await);
    let changes = fixture.store.changes(0, 1000).await.unwrap();
    fixture.reopen().await;
    assert_eq!(everything(&*fixture.store).await, before);
    assert_eq!(fixture.store.health().await.revision, health.revision);
    assert_eq!(fixture.store.changes(0, 1000).await.unwrap(), changes);
    assert_eq!(fixture.last_modified("things").await, 0, "nothing was changed since it was opened");
    fixture.clock.advance(5);
    assert_eq!(fixture.get("other/a").await, None);
}

#[tokio::test]
async fn revisions_are_not_assigned_again_after_reopening() {
    let mut fixture = sqlite().await;
    fixture.put("things/a", "").await;
    fixture.commit([], [Operation::DeletePrefix(prefix("things"))]).await.unwrap();
    fixture.commit([], []).await.unwrap();
    fixture.reopen().await;
    assert_eq!(fixture.put("things/a", "").await, 4, "even if no entry has the last revisions");
    assert_eq!(fixture.store.changes(2, 10).await.unwrap()[0].revision, 4);
}

#[tokio::test]
async fn a_directory_is_opened_once() {
    let mut fixture = sqlite().await;
    let dir = fixture.dir.path().join("state");
    let second = || SqliteStore::open(&dir, SqliteOptions::default(), fixture.clock.clone());
    assert!(matches!(second(), Err(OpenError::Locked(path)) if path == dir));
    fixture.put("things/a", "").await;
    assert!(second().is_err());
    fixture.reopen().await;
    assert_eq!(fixture.names("things").await, ["things/a"]);
}

#[tokio::test]
async fn files_are_accessible_to_their_owner_only() {
    let fixture = sqlite().await;
    fixture.put("things/a", "").await;
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let dir = fixture.dir.path().join("state");
    assert_eq!(mode(&dir), 0o700);
    let files: Vec<_> = std::fs::read_dir(&dir).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() >= 4, "{files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    let copy = fixture.dir.path().join("copy");
    fixture.store.backup(&copy).await.unwrap();
    assert_eq!(mode(&copy), 0o600);
}

#[tokio::test]
async fn files_of_other_programs_are_rejected() {
    let dir = TempDir::new().unwrap();
    let open =
        || SqliteStore::open(dir.path(), SqliteOptions::default(), Arc::new(ManualClock::at(0)));
    let file = dir.path().join("sensu.db");

    std::fs::write(&file, "not a database, but long enough to be taken for one".repeat(30))
        .unwrap();
    assert!(matches!(open(), Err(OpenError::Database(_))));
    std::fs::remove_file(&file).unwrap();

    let other = rusqlite::Connection::open(&file).unwrap();
    other.execute_batch("CREATE TABLE songs (name TEXT); PRAGMA user_version = 1").unwrap();
    drop(other);
    assert!(matches!(open(), Err(OpenError::Foreign(_))));
    std::fs::remove_file(&file).unwrap();

    open().unwrap().close().await;
    let later = rusqlite::Connection::open(&file).unwrap();
    later.execute_batch("PRAGMA user_version = 99").unwrap();
    drop(later);
    assert!(matches!(open(), Err(OpenError::TooNew { found: 99, .. })));
}

#[tokio::test]
async fn verify_detects_every_inconsistency() {
    let changes = [
        "UPDATE entries SET key = x'6100'",
        "UPDATE entries SET key = x'00'",
        "UPDATE entries SET key = x'ff00'",
        "UPDATE entries SET revision = 99",
        "UPDATE entries SET revision = -1",
        "UPDATE entries SET flags = -1",
        "UPDATE entries SET flags = 1",
        "UPDATE entries SET expires_at = 4000000000",
        "UPDATE entries SET value = x'626164'",
        "DELETE FROM changes",
        "UPDATE state SET revision = 0",
    ];
    for change in changes {
        let fixture = sqlite().await;
        fixture.put("things/a", "").await;
        assert_eq!(fixture.store.verify().await.unwrap().entries, 1);
        let file = fixture.dir.path().join("state/sensu.db");
        let other = rusqlite::Connection::open(&file).unwrap();
        other.execute_batch(change).unwrap();
        let found = fixture.store.verify().await;
        assert!(matches!(found, Err(StoreError::Failed(_))), "{change}: {found:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_rejects_writes_and_recovers() {
    let dir = TempDir::new().unwrap();
    let options = SqliteOptions { queue: 2, ..SqliteOptions::default() };
    let store = SqliteStore::open(dir.path(), options, Arc::new(ManualClock::at(START))).unwrap();
    let store = Arc::new(store);
    // Another connection holds the write lock: the writer and the jobs behind it wait.
    let holder = rusqlite::Connection::open(dir.path().join("sensu.db")).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut waiting = JoinSet::new();
    let mut spawned = 0_u64;
    let rejected = loop {
        let (writer, operations) = (store.clone(), vec![put("things/a", "")]);
        waiting.spawn(async move { writer.commit(Txn { operations, ..Txn::default() }).await });
        spawned += 1;
        tokio::task::yield_now().await;
        if let Some(outcome) = waiting.try_join_next() {
            break outcome.unwrap();
        }
    };
    assert!(matches!(rejected, Err(CommitError::Store(StoreError::Overloaded))), "{rejected:?}");
    holder.execute_batch("ROLLBACK").unwrap();
    drop(holder);
    let done = waiting.join_all().await.into_iter().filter(Result::is_ok).count() as u64;
    assert!(done >= 2 && done < spawned);
    let next = store.commit(Txn { operations: vec![put("things/a", "")], ..Txn::default() }).await;
    assert_eq!(next.unwrap(), done + 1);
    assert_eq!(store.health().await.failure, None);
}

#[tokio::test]
async fn the_queue_is_bounded_in_bytes() {
    let dir = TempDir::new().unwrap();
    let options = SqliteOptions { queue_bytes: 10_000, ..SqliteOptions::default() };
    let store = SqliteStore::open(dir.path(), options, Arc::new(ManualClock::at(START))).unwrap();
    let large = || Txn { operations: vec![put("things/a", &"x".repeat(9_000))], ..Txn::default() };
    // Another connection holds the write lock, so the first commit waits.
    let holder = rusqlite::Connection::open(dir.path().join("sensu.db")).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (first, second) = tokio::join!(store.commit(large()), async {
        let second = store.commit(large()).await;
        holder.execute_batch("ROLLBACK").unwrap();
        second
    });
    assert!(first.is_ok());
    assert!(matches!(second, Err(CommitError::Store(StoreError::Overloaded))));
    assert!(store.commit(large()).await.is_ok());
    let huge = Txn { operations: vec![put("things/a", &"x".repeat(90_000))], ..Txn::default() };
    assert!(store.commit(huge).await.is_ok(), "an empty queue accepts any transaction");
}

#[tokio::test]
async fn relaxed_durability_gives_the_other_guarantees() {
    let dir = TempDir::new().unwrap();
    let clock = Arc::new(ManualClock::at(START));
    let options = SqliteOptions { durability: Durability::Relaxed, ..SqliteOptions::default() };
    let store = SqliteStore::open(dir.path(), options.clone(), clock.clone()).unwrap();
    let txn = Txn { operations: vec![put("things/a", "")], ..Txn::default() };
    assert_eq!(store.commit(txn).await.unwrap(), 1);
    store.close().await;
    let store = SqliteStore::open(dir.path(), options, clock).unwrap();
    assert_eq!(store.health().await.revision, 1);
    assert_eq!(store.verify().await.unwrap().entries, 1);
}

#[tokio::test]
async fn a_dropped_store_completes_its_queue() {
    let fixture = sqlite().await;
    let txn =
        |n: usize| Txn { operations: vec![put(&format!("things/{n}"), "")], ..Txn::default() };
    for n in 0..20 {
        // Polled once, which adds it to the queue, then dropped.
        let mut commit = fixture.store.commit(txn(n));
        std::future::poll_fn(|context| {
            let _ = commit.as_mut().poll(context);
            std::task::Poll::Ready(())
        })
        .await;
    }
    let Fixture { store, dir, clock, .. } = fixture;
    drop(store);
    let state = dir.path().join("state");
    let store = loop {
        match SqliteStore::open(&state, SqliteOptions::default(), clock.clone()) {
            Err(OpenError::Locked(_)) => tokio::task::yield_now().await,
            opened => break opened.unwrap(),
        }
    };
    assert_eq!(store.scan(all("things")).await.unwrap().len(), 20);
}
