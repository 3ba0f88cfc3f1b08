//! The change feed: complete, in whole transactions, with an error for followers that are too late.

use sensu_store::{Change, ChangesError, FeedLimits, Operation, Revision, Store};

use crate::fixture::{Engine, Fixture, START, name, on_every_engine, prefix, put};

on_every_engine!(
    every_change_appears_in_order,
    a_key_appears_once_in_a_transaction,
    transactions_are_never_split,
    concurrent_followers_see_no_gap,
    a_revision_that_was_never_assigned_is_too_old,
    last_modified_follows_each_collection,
);

fn tuples(changes: &[Change]) -> Vec<(Revision, String, bool)> {
    changes.iter().map(|change| (change.revision, name(&change.key), change.deleted)).collect()
}

async fn every_change_appears_in_order(fixture: Fixture) {
    fixture.put("things/b", "").await;
    fixture.commit([], [put("things/c", ""), put("things/a", "")]).await.unwrap();
    fixture.delete("things/b").await;
    fixture.delete("things/none").await;
    fixture.put("things/b", "").await;
    fixture.commit([], [Operation::DeletePrefix(prefix("things"))]).await.unwrap();
    let change = |revision, name: &str, deleted| (revision, name.to_owned(), deleted);
    let all = [
        change(1, "things/b", false),
        change(2, "things/a", false),
        change(2, "things/c", false),
        change(3, "things/b", true),
        change(5, "things/b", false),
        change(6, "things/a", true),
        change(6, "things/b", true),
        change(6, "things/c", true),
    ];
    assert_eq!(tuples(&fixture.store.changes(0, 100).await.unwrap()), all);
    assert_eq!(tuples(&fixture.store.changes(2, 100).await.unwrap()), all[3..]);
    assert_eq!(tuples(&fixture.store.changes(4, 100).await.unwrap()), all[4..]);
    assert_eq!(tuples(&fixture.store.changes(6, 100).await.unwrap()), []);
}

async fn a_key_appears_once_in_a_transaction(fixture: Fixture) {
    let wipe = || Operation::DeletePrefix(prefix("things"));
    fixture.commit([], [put("things/a", "1"), put("things/a", "2"), wipe()]).await.unwrap();
    fixture.commit([], [put("things/a", "1"), wipe(), put("things/a", "2")]).await.unwrap();
    let changes = tuples(&fixture.store.changes(0, 100).await.unwrap());
    assert_eq!(changes, [(1, "things/a".to_owned(), true), (2, "things/a".to_owned(), false)]);
}

async fn transactions_are_never_split(fixture: Fixture) {
    for n in 0..6 {
        let wide = [
            put(&format!("things/{n}a"), ""),
            put(&format!("things/{n}b"), ""),
            put("things/x", ""),
        ];
        fixture.commit([], wide).await.unwrap();
    }
    for (limit, expected) in [(0, 3), (1, 3), (2, 3), (3, 3), (5, 3), (6, 6), (8, 6), (100, 18)] {
        let mut after = 0;
        let mut all = Vec::new();
        loop {
            let changes = fixture.store.changes(after, limit).await.unwrap();
            let Some(last) = changes.last() else { break };
            assert_eq!(changes.len(), expected.min(18 - all.len()), "limit {limit}");
            after = last.revision;
            all.extend(changes);
        }
        assert_eq!(all.len(), 18);
    }
}

async fn concurrent_followers_see_no_gap(fixture: Fixture) {
    const LAST: Revision = 300;
    let store = fixture.store.clone();
    let following = tokio::spawn(async move { follow(&*store, LAST).await });
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..6 {
        let store = fixture.store.clone();
        writers.spawn(async move {
            for n in 0..LAST / 6 {
                let operations = vec![put(&format!("things/{writer}/{n}"), "")];
                store.commit(sensu_store::Txn { operations, ..Default::default() }).await.unwrap();
            }
        });
    }
    writers.join_all().await;
    assert_eq!(following.await.unwrap(), (1..=LAST).collect::<Vec<_>>());
}

/// The revisions that a follower of the feed receives, until the last.
async fn follow(store: &dyn Store, last: Revision) -> Vec<Revision> {
    let mut seen: Vec<Revision> = Vec::new();
    while seen.last() != Some(&last) {
        let after = seen.last().copied().unwrap_or(0);
        let changes = store.changes(after, 7).await.unwrap();
        seen.extend(changes.iter().map(|change| change.revision));
        tokio::task::yield_now().await;
    }
    seen
}

async fn a_revision_that_was_never_assigned_is_too_old(fixture: Fixture) {
    fixture.put("things/a", "").await;
    assert!(fixture.store.changes(1, 1).await.unwrap().is_empty());
    for ahead in [2, u64::MAX] {
        let rejected = fixture.store.changes(ahead, 1).await;
        assert!(matches!(rejected, Err(ChangesError::TooOld { oldest: 0 })), "{rejected:?}");
    }
}

async fn last_modified_follows_each_collection(fixture: Fixture) {
    let last = async |collection| fixture.last_modified(collection).await;
    assert_eq!((last("a").await, last("b").await), (0, 0));
    fixture.put("a/1", "").await;
    assert_eq!((last("a").await, last("b").await), (1, 0));
    fixture.commit([], [put("a/1", ""), put("b/1", "")]).await.unwrap();
    assert_eq!((last("a").await, last("b").await), (2, 2));
    fixture.delete("b/none").await;
    assert_eq!((last("a").await, last("b").await), (2, 2), "deleting nothing changes nothing");
    fixture.delete("b/1").await;
    assert_eq!((last("a").await, last("b").await), (2, 4));
    fixture.commit([], [Operation::DeletePrefix(prefix("a"))]).await.unwrap();
    assert_eq!((last("a").await, last("b").await, last("c").await), (5, 4, 0));
    assert_eq!(fixture.store.last_modified(&["b", "c", "a"]).await.unwrap(), 5, "the maximum");
    assert_eq!(fixture.store.last_modified(&[]).await.unwrap(), 0);
}

/// Follows a trimmed feed from each revision: it returns every later change, or `TooOld`.
async fn check_trimming(engine: Engine) {
    const MAX_CHANGES: usize = 10;
    let limits = FeedLimits { max_changes: MAX_CHANGES, max_age: 1000 };
    let fixture = Fixture::with_feed(engine, limits).await;
    for n in 1..=50 {
        let last = fixture.put(&format!("things/{n:02}"), "").await;
        let mut oldest_seen = None;
        for after in 0..=last {
            match fixture.store.changes(after, usize::MAX).await {
                Ok(changes) => {
                    let revisions: Vec<_> = changes.iter().map(|change| change.revision).collect();
                    assert_eq!(revisions, (after + 1..=last).collect::<Vec<_>>());
                }
                Err(ChangesError::TooOld { oldest }) => {
                    assert!(after < oldest);
                    assert!(
                        last - oldest >= MAX_CHANGES as u64,
                        "trimmed too much: {oldest} of {last}"
                    );
                    oldest_seen = Some(oldest);
                }
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(oldest_seen.is_some(), last > MAX_CHANGES as u64, "at {last}");
    }
    // Changes beyond the maximum age are trimmed with the next transaction.
    fixture.clock.set(START + 1001);
    let last = fixture.put("things/late", "").await;
    let rejected = fixture.store.changes(last - 2, 10).await;
    assert!(matches!(rejected, Err(ChangesError::TooOld { oldest }) if oldest == last - 1));
    assert_eq!(fixture.store.changes(last - 1, 10).await.unwrap().len(), 1);
    assert_eq!(fixture.store.verify().await.unwrap().entries, 51);
}

#[tokio::test]
async fn memory_trims_the_feed() {
    check_trimming(Engine::Memory).await;
}

#[tokio::test]
async fn sqlite_trims_the_feed() {
    check_trimming(Engine::Sqlite).await;
}

#[tokio::test]
async fn postgres_trims_the_feed() {
    if Engine::Postgres.is_available() {
        check_trimming(Engine::Postgres).await;
    }
}
