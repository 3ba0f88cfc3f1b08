//! Scans: order by segment, cursors, limits, snapshots.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sensu_store::{Operation, Scan, Txn};

use crate::fixture::{Fixture, all, key, name, on_every_engine, prefix, put, text};

on_every_engine!(
    keys_are_ordered_segment_by_segment,
    a_prefix_ends_at_a_segment,
    a_cursor_continues_after_the_page,
    a_cursor_need_not_exist,
    a_page_ends_at_the_byte_limit,
    a_scan_returns_one_snapshot,
    values_are_returned_unchanged,
);

async fn keys_are_ordered_segment_by_segment(fixture: Fixture) {
    // As plain text, "a/b" would sort after "a-x/b", because '-' is less than '/'.
    for name in
        ["things/a-x/b", "things/a/z", "things/a/b", "things/a!/c", "things/b/a", "things/a/b/c"]
    {
        fixture.put(name, name).await;
    }
    let expected =
        ["things/a/b", "things/a/b/c", "things/a/z", "things/a!/c", "things/a-x/b", "things/b/a"];
    assert_eq!(fixture.names("things").await, expected);
}

async fn a_prefix_ends_at_a_segment(fixture: Fixture) {
    for name in
        ["things/de/x", "things/def/x", "things/de", "thing/de/x", "thingsx/de", "things/d\u{1}/x"]
    {
        fixture.put(name, "").await;
    }
    assert_eq!(fixture.names("things/de").await, ["things/de", "things/de/x"]);
    assert_eq!(fixture.names("thing").await, ["thing/de/x"]);
    assert_eq!(fixture.names("things/d").await, [] as [&str; 0]);
    assert_eq!(fixture.names("things").await.len(), 4);
}

async fn a_cursor_continues_after_the_page(fixture: Fixture) {
    let names: Vec<String> = (0..25).map(|n| format!("things/{n:02}")).collect();
    for name in names.iter().rev() {
        fixture.put(name, "value").await;
    }
    fixture.put("thingt/after", "").await;
    for limit in [1, 2, 7, 25, 26] {
        let (mut pages, mut after) = (Vec::new(), None);
        loop {
            let scan = Scan { after, limit, ..all("things") };
            let page = fixture.store.scan(scan).await.unwrap();
            let Some(last) = page.last() else { break };
            assert!(page.len() <= limit);
            after = Some(last.key.clone());
            pages.extend(page.iter().map(|entry| name(&entry.key)));
        }
        assert_eq!(pages, names, "pages of {limit}");
    }
    let none = fixture.store.scan(Scan { limit: 0, ..all("things") }).await.unwrap();
    assert!(none.is_empty());
}

async fn a_cursor_need_not_exist(fixture: Fixture) {
    for name in ["b/1", "b/3", "c/1"] {
        fixture.put(name, "").await;
    }
    let after = async |cursor: &str| {
        let scan = Scan { after: Some(key(cursor)), ..all("b") };
        let found = fixture.store.scan(scan).await.unwrap();
        found.iter().map(|entry| name(&entry.key)).collect::<Vec<_>>()
    };
    assert_eq!(after("b/2").await, ["b/3"]);
    assert_eq!(after("b/1").await, ["b/3"]);
    assert_eq!(after("b/3").await, [] as [&str; 0]);
    // Cursors before and after all keys below the prefix.
    assert_eq!(after("a/9").await, ["b/1", "b/3"]);
    assert_eq!(after("b").await, ["b/1", "b/3"]);
    assert_eq!(after("c/0").await, [] as [&str; 0]);
    assert_eq!(after("zz").await, [] as [&str; 0]);
}

async fn a_page_ends_at_the_byte_limit(fixture: Fixture) {
    for name in ["things/a", "things/b", "things/c", "things/d"] {
        fixture.put(name, "0123456789").await;
    }
    let count = async |max_bytes| {
        let scan = Scan { max_bytes, ..all("things") };
        fixture.store.scan(scan).await.unwrap().len()
    };
    assert_eq!(count(0).await, 1, "a page has at least one entry");
    assert_eq!(count(10).await, 1);
    assert_eq!(count(19).await, 1);
    assert_eq!(count(20).await, 2);
    assert_eq!(count(39).await, 3);
    assert_eq!(count(40).await, 4);
}

async fn a_scan_returns_one_snapshot(fixture: Fixture) {
    // Every transaction writes the same value under all keys. A scan that mixes two states returns
    // two values.
    let names: Vec<String> = (0..50).map(|n| format!("things/{n:02}")).collect();
    let write = |value: usize| Txn {
        operations: names.iter().map(|name| put(name, &value.to_string())).collect(),
        ..Txn::default()
    };
    fixture.store.commit(write(0)).await.unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let reading = {
        let (store, done) = (fixture.store.clone(), done.clone());
        tokio::spawn(async move {
            let mut last = 0;
            let mut scans = 0;
            while !done.load(Ordering::Relaxed) || scans == 0 {
                let found = store.scan(all("things")).await.unwrap();
                assert_eq!(found.len(), 50);
                let values: Vec<usize> =
                    found.iter().map(|entry| text(&entry.value).parse().unwrap()).collect();
                assert!(values.iter().all(|value| *value == values[0]), "mixed: {values:?}");
                assert!(found.iter().all(|entry| entry.revision == found[0].revision));
                assert!(values[0] >= last, "went back from {last} to {}", values[0]);
                last = values[0];
                scans += 1;
            }
        })
    };
    for value in 1..200 {
        fixture.store.commit(write(value)).await.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    reading.await.unwrap();
}

async fn values_are_returned_unchanged(fixture: Fixture) {
    let values = [Vec::new(), vec![0], vec![0, 255, 0], (0..=255).collect(), vec![7; 300_000]];
    for (n, value) in values.iter().enumerate() {
        let operation = Operation::Put {
            key: key(&format!("things/{n}")),
            value: value.clone().into(),
            flags: u32::MAX - u32::try_from(n).unwrap(),
            expires_at: Some(i64::MAX),
        };
        fixture.commit([], [operation]).await.unwrap();
    }
    let found = fixture.store.scan(all("things")).await.unwrap();
    for (n, value) in values.iter().enumerate() {
        // The second read may come from a cache.
        for _ in 0..2 {
            let entry = fixture.get(&format!("things/{n}")).await.unwrap();
            assert_eq!(entry, found[n]);
            assert_eq!(entry.value, value);
            assert_eq!(entry.flags, u32::MAX - u32::try_from(n).unwrap());
            assert_eq!(entry.expires_at, Some(i64::MAX));
        }
    }
    assert!(prefix("things").contains(&found[0].key));
}
