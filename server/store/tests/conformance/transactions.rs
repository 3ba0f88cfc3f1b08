//! Transactions: preconditions, atomicity, one order of revisions.

use bytes::Bytes;
use sensu_store::{CommitError, MAX_VALUE_BYTES, Operation, Precondition, StoreError, Txn};
use tokio::task::JoinSet;

use crate::fixture::{Fixture, key, on_every_engine, prefix, put, text};
use Precondition::{Absent, At, Empty, Present};

on_every_engine!(
    a_new_store_is_empty,
    each_transaction_takes_the_next_revision,
    absent_and_present,
    at_a_revision,
    empty_below_a_prefix,
    the_first_failing_precondition_is_returned,
    a_transaction_with_a_failing_precondition_changes_nothing,
    preconditions_are_evaluated_before_operations,
    operations_are_applied_in_order,
    delete_prefix_deletes_all_keys_below_it,
    concurrent_increments_lose_nothing,
    one_of_several_concurrent_creations_succeeds,
    every_reader_sees_an_acknowledged_write,
    a_value_above_the_limit_is_rejected,
    every_engine_accepts_the_longest_key,
    a_dropped_commit_does_not_affect_others,
);

async fn a_new_store_is_empty(fixture: Fixture) {
    assert_eq!(fixture.get("things/a").await, None);
    assert_eq!(fixture.names("things").await, [] as [&str; 0]);
    let health = fixture.store.health().await;
    assert_eq!((health.revision, health.failure), (0, None));
    assert_eq!(fixture.store.verify().await.unwrap().entries, 0);
}

async fn each_transaction_takes_the_next_revision(fixture: Fixture) {
    assert_eq!(fixture.put("things/a", "1").await, 1);
    assert_eq!(fixture.put("things/a", "2").await, 2);
    assert_eq!(fixture.delete("things/a").await, 3);
    assert_eq!(fixture.delete("things/a").await, 4, "even if there is nothing to delete");
    assert_eq!(fixture.commit([], []).await.unwrap(), 5, "even without operations");
    let two = fixture.commit([], [put("things/a", "3"), put("things/b", "4")]).await.unwrap();
    assert_eq!(two, 6);
    assert_eq!(fixture.get("things/a").await.unwrap().revision, 6);
    assert_eq!(fixture.get("things/b").await.unwrap().revision, 6);
    assert_eq!(fixture.store.health().await.revision, 6);
}

async fn absent_and_present(fixture: Fixture) {
    let (absent, present) = (|| Absent(key("things/a")), || Present(key("things/a")));
    assert_eq!(fixture.failing_precondition([absent()]).await, None);
    assert_eq!(fixture.failing_precondition([present()]).await, Some(present()));
    fixture.put("things/a", "").await;
    assert_eq!(fixture.failing_precondition([absent()]).await, Some(absent()));
    assert_eq!(fixture.failing_precondition([present()]).await, None);
    fixture.delete("things/a").await;
    assert_eq!(fixture.failing_precondition([absent()]).await, None);
    assert_eq!(fixture.failing_precondition([present()]).await, Some(present()));
}

async fn at_a_revision(fixture: Fixture) {
    let at = |revision| At(key("things/a"), revision);
    assert_eq!(
        fixture.failing_precondition([at(0)]).await,
        Some(at(0)),
        "nothing is at revision 0"
    );
    let first = fixture.put("things/a", "1").await;
    assert_eq!(fixture.failing_precondition([at(first)]).await, None);
    assert_eq!(fixture.failing_precondition([at(first + 1)]).await, Some(at(first + 1)));
    let second = fixture.put("things/a", "1").await;
    let rewritten = fixture.failing_precondition([at(first)]).await;
    assert_eq!(rewritten, Some(at(first)), "the same value, written again");
    assert_eq!(fixture.failing_precondition([at(second)]).await, None);
    fixture.delete("things/a").await;
    assert_eq!(fixture.failing_precondition([at(second)]).await, Some(at(second)));
    assert_eq!(fixture.failing_precondition([at(u64::MAX)]).await, Some(at(u64::MAX)));
}

async fn empty_below_a_prefix(fixture: Fixture) {
    let empty = |name| Empty(prefix(name));
    fixture.put("things/def/x", "").await;
    fixture.put("things/d/x", "").await;
    assert_eq!(fixture.failing_precondition([empty("things/de")]).await, None);
    fixture.put("things/de/x", "").await;
    assert_eq!(fixture.failing_precondition([empty("things/de")]).await, Some(empty("things/de")));
    assert_eq!(fixture.failing_precondition([empty("things")]).await, Some(empty("things")));
    fixture.delete("things/de/x").await;
    assert_eq!(fixture.failing_precondition([empty("things/de")]).await, None);
}

async fn the_first_failing_precondition_is_returned(fixture: Fixture) {
    fixture.put("things/a", "").await;
    let holds = || Present(key("things/a"));
    let (fails, fails_too) = (|| Absent(key("things/a")), || Present(key("things/b")));
    assert_eq!(fixture.failing_precondition([holds(), fails()]).await, Some(fails()));
    assert_eq!(
        fixture.failing_precondition([holds(), holds(), fails(), fails_too()]).await,
        Some(fails())
    );
    assert_eq!(
        fixture.failing_precondition([holds(), fails_too(), fails()]).await,
        Some(fails_too())
    );
    assert_eq!(fixture.failing_precondition([fails(), holds()]).await, Some(fails()));
    assert_eq!(fixture.failing_precondition([holds(), holds()]).await, None);
}

async fn a_transaction_with_a_failing_precondition_changes_nothing(fixture: Fixture) {
    fixture.put("things/a", "1").await;
    let before = fixture.get("things/a").await;
    let rejected = fixture
        .commit(
            [Present(key("things/none"))],
            [put("things/a", "2"), put("things/b", "2"), Operation::DeletePrefix(prefix("things"))],
        )
        .await;
    assert!(matches!(rejected, Err(CommitError::Precondition(_))));
    assert_eq!(fixture.get("things/a").await, before);
    assert_eq!(fixture.names("things").await, ["things/a"]);
    assert_eq!(fixture.store.changes(1, 10).await.unwrap(), []);
    assert_eq!(fixture.last_modified("things").await, 1);
}

async fn preconditions_are_evaluated_before_operations(fixture: Fixture) {
    let operations = || [put("things/a", "")];
    fixture.commit([Absent(key("things/a"))], operations()).await.unwrap();
    let again = fixture.commit([Absent(key("things/a"))], operations()).await;
    assert!(matches!(again, Err(CommitError::Precondition(_))));
}

async fn operations_are_applied_in_order(fixture: Fixture) {
    let delete = |name| Operation::Delete(key(name));
    let wipe = || Operation::DeletePrefix(prefix("things"));
    fixture.put("things/old", "").await;
    let operations = [put("things/a", "1"), put("things/b", "1"), wipe(), put("things/a", "2")];
    fixture.commit([], operations).await.unwrap();
    assert_eq!(fixture.names("things").await, ["things/a"]);
    assert_eq!(fixture.value("things/a").await.unwrap(), "2");
    fixture.commit([], [put("things/a", "3"), delete("things/a")]).await.unwrap();
    assert_eq!(fixture.get("things/a").await, None);
    fixture
        .commit([], [delete("things/a"), put("things/a", "4"), put("things/a", "5")])
        .await
        .unwrap();
    assert_eq!(fixture.value("things/a").await.unwrap(), "5");
}

async fn delete_prefix_deletes_all_keys_below_it(fixture: Fixture) {
    for name in ["things/a/1", "things/a/2/x", "things/ab/1", "other/a/1", "things/a"] {
        fixture.put(name, "").await;
        // An engine with a cache now has the entry in it.
        assert!(fixture.get(name).await.is_some());
    }
    fixture.commit([], [Operation::DeletePrefix(prefix("things/a"))]).await.unwrap();
    assert_eq!(fixture.names("things").await, ["things/ab/1"]);
    assert_eq!(fixture.names("other").await, ["other/a/1"]);
    for name in ["things/a/1", "things/a/2/x", "things/a"] {
        assert_eq!(fixture.get(name).await, None, "{name}");
    }
}

async fn concurrent_increments_lose_nothing(fixture: Fixture) {
    const WRITERS: usize = 8;
    const EACH: usize = 25;
    fixture.put("count/it", "0").await;
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        let store = fixture.store.clone();
        writers.spawn(async move {
            let mut done = 0;
            while done < EACH {
                let entry = store.get(&key("count/it")).await.unwrap().unwrap();
                let next = text(&entry.value).parse::<usize>().unwrap() + 1;
                let txn = Txn {
                    preconditions: vec![At(entry.key, entry.revision)],
                    operations: vec![put("count/it", &next.to_string())],
                };
                match store.commit(txn).await {
                    Ok(_) => done += 1,
                    Err(CommitError::Precondition(_)) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        });
    }
    while let Some(writer) = writers.join_next().await {
        writer.unwrap();
    }
    assert_eq!(fixture.value("count/it").await.unwrap(), (WRITERS * EACH).to_string());
}

async fn one_of_several_concurrent_creations_succeeds(fixture: Fixture) {
    for round in 0..20 {
        let name = format!("things/{round}");
        let mut creators = JoinSet::new();
        for creator in 0..8 {
            let (store, name) = (fixture.store.clone(), name.clone());
            creators.spawn(async move {
                let preconditions = vec![Absent(key(&name))];
                let operations = vec![put(&name, &creator.to_string())];
                store.commit(Txn { preconditions, operations }).await.is_ok().then_some(creator)
            });
        }
        let winners: Vec<i32> = creators.join_all().await.into_iter().flatten().collect();
        assert_eq!(winners.len(), 1);
        assert_eq!(fixture.value(&name).await.unwrap(), winners[0].to_string());
    }
}

async fn every_reader_sees_an_acknowledged_write(fixture: Fixture) {
    for n in 0..200 {
        let revision = fixture.put("things/a", &n.to_string()).await;
        assert!(fixture.last_modified("things").await >= revision);
        let store = fixture.store.clone();
        let read = tokio::spawn(async move { store.get(&key("things/a")).await.unwrap().unwrap() });
        assert_eq!(read.await.unwrap().revision, revision);
        let scanned = fixture.store.scan(crate::fixture::all("things")).await.unwrap();
        assert_eq!(scanned[0].revision, revision);
        let changes = fixture.store.changes(revision - 1, 10).await.unwrap();
        assert_eq!(changes.last().unwrap().revision, revision);
    }
}

async fn a_value_above_the_limit_is_rejected(fixture: Fixture) {
    let value = Bytes::from(vec![0; MAX_VALUE_BYTES + 1]);
    let operation =
        |value| Operation::Put { key: key("things/a"), value, flags: 0, expires_at: None };
    let rejected = fixture.commit([], [operation(value.clone())]).await;
    assert!(matches!(rejected, Err(CommitError::Store(StoreError::Failed(_)))));
    assert_eq!(fixture.store.health().await.failure, None);
    let revision = fixture.commit([], [operation(value.slice(1..))]).await.unwrap();
    assert_eq!(revision, 1);
    assert_eq!(fixture.get("things/a").await.unwrap().value.len(), MAX_VALUE_BYTES);
}

async fn every_engine_accepts_the_longest_key(fixture: Fixture) {
    // With the collection and two NULs, 2,048 bytes that cannot be compressed.
    let long: String = (0..2_041_u32).map(|n| char::from(b'!' + (n * n % 89) as u8)).collect();
    let key = |name: &str| sensu_store::Key::new("long", [name]);
    let operation = Operation::Put {
        key: key(&long).unwrap(),
        value: Bytes::new(),
        flags: 0,
        expires_at: None,
    };
    fixture.commit([], [operation]).await.unwrap();
    assert!(fixture.store.get(&key(&long).unwrap()).await.unwrap().is_some());
    assert!(key(&format!("{long}xx")).is_err(), "a longer key cannot be created");
}

async fn a_dropped_commit_does_not_affect_others(fixture: Fixture) {
    for n in 0..50 {
        let store = fixture.store.clone();
        let txn = Txn { operations: vec![put("things/a", "dropped")], ..Txn::default() };
        let caller = tokio::spawn(async move { store.commit(txn).await });
        if n % 2 == 0 {
            tokio::task::yield_now().await;
        }
        caller.abort();
        // The task may be adding the transaction to the queue: wait until it has ended.
        let _ended = caller.await;
        // The transaction was committed or not, but in any case before the next one.
        let value = n.to_string();
        fixture.put("things/a", &value).await;
        assert_eq!(fixture.value("things/a").await.unwrap(), value);
    }
}
