//! Maintenance of the directory of the embedded store.

use std::path::Path;

use sensu_store::sqlite::{OpenError, maintenance};
use sensu_store::{Entry, FeedLimits, Operation};

use crate::fixture::{Engine, Fixture, START, all, open, prefix, put_until};

async fn fixture_with_data() -> Fixture {
    let fixture = Fixture::new(Engine::Sqlite).await;
    for n in 0..300 {
        let (name, end) = (format!("things/{n}"), (n % 7 == 0).then_some(START + n));
        fixture.commit([], [put_until(&name, &name.repeat(500), end)]).await.unwrap();
    }
    fixture.commit([], [Operation::DeletePrefix(prefix("things/1"))]).await.unwrap();
    fixture
}

async fn everything(fixture: &Fixture) -> Vec<Entry> {
    fixture.store.scan(all("things")).await.unwrap()
}

#[tokio::test]
async fn compact_preserves_entries_revisions_and_the_feed() {
    let mut fixture = fixture_with_data().await;
    for n in 0..290 {
        fixture.delete(&format!("things/{n}")).await;
    }
    let before = everything(&fixture).await;
    let changes = fixture.store.changes(0, usize::MAX).await.unwrap();
    let state = fixture.dir.path().join("state");
    assert!(matches!(maintenance::compact(&state), Err(OpenError::Locked(_))), "while it is open");
    fixture.store.close().await;
    let sizes = maintenance::compact(&state).unwrap();
    assert!(sizes.bytes_after < sizes.bytes_before / 2, "{sizes:?}");
    fixture.reopen().await;
    assert_eq!(everything(&fixture).await, before);
    assert_eq!(fixture.store.changes(0, usize::MAX).await.unwrap(), changes);
    let next = fixture.put("things/next", "").await;
    assert_eq!(next, changes.last().unwrap().revision + 1);
}

/// Copies the files of a running store, whose last writes are only in the log.
fn copy_files(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for file in ["sensu.db", "sensu.db-wal"] {
        std::fs::copy(from.join(file), to.join(file)).unwrap();
    }
}

#[tokio::test]
async fn an_interrupted_replacement_is_finished_by_the_next_open() {
    let fixture = fixture_with_data().await;
    let (dir, state) = (fixture.dir.path(), fixture.dir.path().join("state"));
    let copy = dir.join("copy.db");
    fixture.store.backup(&copy).await.unwrap();
    let backed_up = everything(&fixture).await;
    fixture.put("things/later", "").await;
    for (n, log_is_missing) in [false, true].into_iter().enumerate() {
        // The new database has its name. The old one still exists, and perhaps its log.
        let folder = dir.join(format!("interrupted-{n}"));
        copy_files(&state, &folder);
        std::fs::copy(&copy, folder.join("sensu.db.next")).unwrap();
        if log_is_missing {
            std::fs::remove_file(folder.join("sensu.db-wal")).unwrap();
        }
        let seen = maintenance::verify(&folder, &*fixture.clock).unwrap();
        assert_eq!(seen.entries, backed_up.len() as u64);
        let store = open(&folder, fixture.clock.clone(), FeedLimits::default());
        let store: &dyn sensu_store::Store = &store;
        assert_eq!(store.scan(all("things")).await.unwrap(), backed_up);
        assert!(!folder.join("sensu.db.next").exists());
        store.close().await;
    }
    // An incomplete new database is ignored.
    let folder = dir.join("incomplete");
    copy_files(&state, &folder);
    std::fs::write(folder.join("sensu.db.partial"), "part of a database").unwrap();
    let store = open(&folder, fixture.clock.clone(), FeedLimits::default());
    let store: &dyn sensu_store::Store = &store;
    assert_eq!(store.scan(all("things")).await.unwrap(), everything(&fixture).await);
    store.close().await;
    maintenance::restore(&copy, &folder, true).unwrap();
    assert_eq!(
        maintenance::verify(&folder, &*fixture.clock).unwrap().entries,
        backed_up.len() as u64
    );
}

#[tokio::test]
async fn an_open_store_can_be_verified_and_backed_up_by_another_process() {
    let fixture = fixture_with_data().await;
    let state = fixture.dir.path().join("state");
    let seen = maintenance::verify(&state, &*fixture.clock).unwrap();
    assert_eq!(seen.entries, everything(&fixture).await.len() as u64);
    assert_eq!(seen.revision, fixture.store.health().await.revision);
    let (copy, restored) = (fixture.dir.path().join("copy.db"), fixture.dir.path().join("again"));
    maintenance::backup(&state, &copy).unwrap();
    assert!(matches!(maintenance::backup(&state, &copy), Err(OpenError::Exists(_))));
    assert!(matches!(maintenance::restore(&copy, &state, false), Err(OpenError::Locked(_))));
    maintenance::restore(&copy, &restored, false).unwrap();
    let store = open(&restored, fixture.clock.clone(), FeedLimits::default());
    let store: &dyn sensu_store::Store = &store;
    assert_eq!(store.scan(all("things")).await.unwrap(), everything(&fixture).await);
    store.close().await;
}
