//! Expiry: gone from the very second on, and swept away later.

use sensu_store::Operation;
use sensu_store::Precondition::{Absent, At, Empty, Present};

use crate::fixture::{Fixture, START, key, on_every_engine, prefix, put, put_until};

on_every_engine!(
    an_entry_is_gone_from_its_second_on,
    what_is_expired_does_not_hold_preconditions,
    a_later_put_decides_anew,
    sweeping_removes_in_batches_and_tells_the_feed,
    sweeping_spares_what_was_renewed,
    a_put_in_the_past_is_never_seen,
);

async fn an_entry_is_gone_from_its_second_on(fixture: Fixture) {
    fixture.commit([], [put_until("things/a", "a", Some(START + 10))]).await.unwrap();
    fixture.put("things/b", "b").await;
    for (second, there) in [(0, true), (9, true), (10, false), (11, false), (9, true)] {
        fixture.clock.set(START + second);
        // Twice, so that one answer may come from memory.
        for _ in 0..2 {
            assert_eq!(fixture.get("things/a").await.is_some(), there, "second {second}");
        }
        assert_eq!(fixture.names("things").await.len(), 1 + usize::from(there));
        assert_eq!(fixture.store.verify().await.unwrap().entries, 1 + u64::from(there));
    }
    fixture.clock.set(START + 9);
    fixture.clock.set_millis((START + 9) * 1000 + 999);
    assert!(fixture.get("things/a").await.is_some(), "the last millisecond before");
}

async fn what_is_expired_does_not_hold_preconditions(fixture: Fixture) {
    let revision = fixture.commit([], [put_until("things/a", "a", Some(START + 1))]).await.unwrap();
    let a = || key("things/a");
    assert_eq!(fixture.refused([Present(a()), At(a(), revision)]).await, None);
    assert_eq!(fixture.refused([Absent(a())]).await, Some(Absent(a())));
    assert_eq!(fixture.refused([Empty(prefix("things"))]).await, Some(Empty(prefix("things"))));
    fixture.clock.advance(1);
    assert_eq!(fixture.refused([Present(a())]).await, Some(Present(a())));
    assert_eq!(fixture.refused([At(a(), revision)]).await, Some(At(a(), revision)));
    assert_eq!(fixture.refused([Absent(a()), Empty(prefix("things"))]).await, None);
}

async fn a_later_put_decides_anew(fixture: Fixture) {
    fixture.commit([], [put_until("things/a", "1", Some(START + 1))]).await.unwrap();
    fixture.clock.advance(5);
    fixture.commit([Absent(key("things/a"))], [put("things/a", "2")]).await.unwrap();
    assert_eq!(fixture.value("things/a").await.unwrap(), "2");
    fixture.clock.advance(1_000_000);
    assert_eq!(fixture.value("things/a").await.unwrap(), "2");
    assert_eq!(fixture.store.sweep(10).await.unwrap(), 0);
}

async fn sweeping_removes_in_batches_and_tells_the_feed(fixture: Fixture) {
    for n in 0..7 {
        fixture.commit([], [put_until(&format!("things/{n}"), "", Some(START + 5))]).await.unwrap();
        assert!(fixture.get(&format!("things/{n}")).await.is_some());
    }
    fixture.put("other/a", "").await;
    let revision = fixture.store.health().await.revision;
    assert_eq!(fixture.store.sweep(100).await.unwrap(), 0);
    assert_eq!(fixture.store.health().await.revision, revision, "nothing swept, nothing happened");
    fixture.clock.set(START + 5);
    assert_eq!(fixture.last_modified("things").await, 7, "time alone is not a transaction");
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
    // Even a clock that goes back does not bring them back.
    fixture.clock.set(START);
    assert_eq!(fixture.names("things").await, [] as [&str; 0]);
    assert_eq!(fixture.get("things/1").await, None);
}

async fn sweeping_spares_what_was_renewed(fixture: Fixture) {
    fixture.commit([], [put_until("things/a", "", Some(START + 5))]).await.unwrap();
    fixture.commit([], [put_until("things/b", "", Some(START + 5))]).await.unwrap();
    fixture.commit([], [put_until("things/a", "", Some(START + 50))]).await.unwrap();
    fixture.clock.set(START + 49);
    assert_eq!(fixture.store.sweep(10).await.unwrap(), 1);
    assert_eq!(fixture.names("things").await, ["things/a"]);
}

async fn a_put_in_the_past_is_never_seen(fixture: Fixture) {
    for end in [START, START - 1, 0, -1, i64::MIN] {
        fixture.put("things/a", "before").await;
        let revision = fixture.commit([], [put_until("things/a", "", Some(end))]).await.unwrap();
        assert_eq!(fixture.get("things/a").await, None);
        assert_eq!(fixture.names("things").await, [] as [&str; 0]);
        // It can be removed, and the feed says so: it was never told that the time is over.
        let removed = fixture.commit([], [Operation::Delete(key("things/a"))]).await.unwrap();
        let changes = fixture.store.changes(revision, 10).await.unwrap();
        assert_eq!((changes.len(), changes[0].revision, changes[0].deleted), (1, removed, true));
    }
}
