//! Expiry: an entry does not exist from its expiry time on, and is swept later.

use sensu_store::Operation;
use sensu_store::Precondition::{Absent, At, Empty, Present};

use crate::fixture::{Fixture, START, key, on_every_engine, prefix, put, put_until};

on_every_engine!(
    an_entry_does_not_exist_from_its_expiry_time_on,
    an_expired_entry_does_not_exist_for_preconditions,
    a_later_put_replaces_the_expiry_time,
    sweeping_deletes_in_batches_and_appears_in_the_feed,
    sweeping_keeps_renewed_entries,
    an_entry_put_with_a_past_expiry_time_never_exists,
);

async fn an_entry_does_not_exist_from_its_expiry_time_on(fixture: Fixture) {
    fixture.commit([], [put_until("things/a", "a", Some(START + 10))]).await.unwrap();
    fixture.put("things/b", "b").await;
    for (second, exists) in [(0, true), (9, true), (10, false), (11, false), (9, true)] {
        fixture.clock.set(START + second);
        // The second read may come from a cache.
        for _ in 0..2 {
            assert_eq!(fixture.get("things/a").await.is_some(), exists, "second {second}");
        }
        assert_eq!(fixture.names("things").await.len(), 1 + usize::from(exists));
        assert_eq!(fixture.store.verify().await.unwrap().entries, 1 + u64::from(exists));
    }
    fixture.clock.set(START + 9);
    fixture.clock.set_millis((START + 9) * 1000 + 999);
    assert!(fixture.get("things/a").await.is_some(), "the last millisecond before its expiry");
}

async fn an_expired_entry_does_not_exist_for_preconditions(fixture: Fixture) {
    let revision = fixture.commit([], [put_until("things/a", "a", Some(START + 1))]).await.unwrap();
    let a = || key("things/a");
    assert_eq!(fixture.failing_precondition([Present(a()), At(a(), revision)]).await, None);
    assert_eq!(fixture.failing_precondition([Absent(a())]).await, Some(Absent(a())));
    assert_eq!(
        fixture.failing_precondition([Empty(prefix("things"))]).await,
        Some(Empty(prefix("things")))
    );
    fixture.clock.advance(1);
    assert_eq!(fixture.failing_precondition([Present(a())]).await, Some(Present(a())));
    assert_eq!(fixture.failing_precondition([At(a(), revision)]).await, Some(At(a(), revision)));
    assert_eq!(fixture.failing_precondition([Absent(a()), Empty(prefix("things"))]).await, None);
}

async fn a_later_put_replaces_the_expiry_time(fixture: Fixture) {
    fixture.commit([], [put_until("things/a", "1", Some(START + 1))]).await.unwrap();
    fixture.clock.advance(5);
    fixture.commit([Absent(key("things/a"))], [put("things/a", "2")]).await.unwrap();
    assert_eq!(fixture.value("things/a").await.unwrap(), "2");
    fixture.clock.advance(1_000_000);
    assert_eq!(fixture.value("things/a").await.unwrap(), "2");
    assert_eq!(fixture.store.sweep(10).await.unwrap(), 0);
}

async fn sweeping_deletes_in_batches_and_appears_in_the_feed(fixture: Fixture) {
    for n in 0..7 {
        fixture.commit([], [put_until(&format!("things/{n}"), "", Some(START + 5))]).await.unwrap();
        assert!(fixture.get(&format!("things/{n}")).await.is_some());
    }
    fixture.put("other/a", "").await;
    let revision = fixture.store.health().await.revision;
    assert_eq!(fixture.store.sweep(100).await.unwrap(), 0);
    assert_eq!(fixture.store.health().await.revision, revision, "an empty sweep takes no revision");
    fixture.clock.set(START + 5);
    assert_eq!(fixture.last_modified("things").await, 7, "expiry is not a transaction");
    assert_eq!(fixture.store.sweep(0).await.unwrap(), 0);
    assert_eq!(fixture.store.sweep(5).await.unwrap(), 5);
    assert_eq!(fixture.last_modified("things").await, revision + 1);
    assert_eq!(fixture.store.sweep(5).await.unwrap(), 2);
    assert_eq!(fixture.store.sweep(5).await.unwrap(), 0);
    let changes = fixture.store.changes(revision, 100).await.unwrap();
    assert_eq!(changes.len(), 7);
    assert!(changes.iter().all(|change| change.deleted && change.key.collection() == "things"));
    assert_eq!(changes[4].revision, revision + 1);
    assert_eq!(changes[5].revision, revision + 2);
    assert_eq!(fixture.last_modified("other").await, revision);
    // Setting the clock back does not restore swept entries.
    fixture.clock.set(START);
    assert_eq!(fixture.names("things").await, [] as [&str; 0]);
    assert_eq!(fixture.get("things/1").await, None);
}

async fn sweeping_keeps_renewed_entries(fixture: Fixture) {
    fixture.commit([], [put_until("things/a", "", Some(START + 5))]).await.unwrap();
    fixture.commit([], [put_until("things/b", "", Some(START + 5))]).await.unwrap();
    fixture.commit([], [put_until("things/a", "", Some(START + 50))]).await.unwrap();
    fixture.clock.set(START + 49);
    assert_eq!(fixture.store.sweep(10).await.unwrap(), 1);
    assert_eq!(fixture.names("things").await, ["things/a"]);
}

async fn an_entry_put_with_a_past_expiry_time_never_exists(fixture: Fixture) {
    for end in [START, START - 1, 0, -1, i64::MIN] {
        fixture.put("things/a", "before").await;
        let revision = fixture.commit([], [put_until("things/a", "", Some(end))]).await.unwrap();
        assert_eq!(fixture.get("things/a").await, None);
        assert_eq!(fixture.names("things").await, [] as [&str; 0]);
        // It can be deleted, and the feed contains the deletion, because it does not contain the
        // expiry.
        let removed = fixture.commit([], [Operation::Delete(key("things/a"))]).await.unwrap();
        let changes = fixture.store.changes(revision, 10).await.unwrap();
        assert_eq!((changes.len(), changes[0].revision, changes[0].deleted), (1, removed, true));
    }
}
