//! Cached reads are never stale: no read is older than an acknowledged write or an earlier read, or
//! shows a write that was not sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use sensu_store::sqlite::{SqliteOptions, SqliteStore};
use sensu_store::{Entry, ManualClock, Operation, Store, Txn};
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::fixture::{START, all, key, prefix, put, text};

const NAMES: usize = 6;
const STEPS: u64 = 400;

/// The history of one name. Step `n` puts the number `n`, except that each third step deletes the
/// name.
#[derive(Default)]
struct History {
    /// The last step that was sent to the store.
    sent: AtomicU64,
    /// The last step that the store has acknowledged.
    acknowledged: AtomicU64,
    /// The last step that a read has returned.
    read: AtomicU64,
}

impl History {
    fn deletes(step: u64) -> bool {
        step.is_multiple_of(3)
    }

    /// Checks the result of a read that started when `floor` was the last known step.
    fn check(&self, floor: u64, entry: Option<&Entry>, how: &str) {
        let sent = self.sent.load(Ordering::SeqCst);
        let step = match entry {
            Some(entry) => text(&entry.value).parse().unwrap(),
            // The first deletion that is not too old.
            None => floor.next_multiple_of(3),
        };
        assert!(step >= floor, "{how} returned step {step} after step {floor}");
        assert!(step <= sent, "{how} returned step {step} when {sent} was the last sent");
        self.read.fetch_max(step, Ordering::SeqCst);
    }

    fn floor(&self) -> u64 {
        self.acknowledged.load(Ordering::SeqCst).max(self.read.load(Ordering::SeqCst))
    }
}

async fn write(store: &dyn Store, history: &History, n: usize) {
    let name = format!("things/{n}/x");
    for step in 1..=STEPS {
        history.sent.store(step, Ordering::SeqCst);
        let operation = match (History::deletes(step), step.is_multiple_of(2)) {
            (true, true) => Operation::Delete(key(&name)),
            (true, false) => Operation::DeletePrefix(prefix(&format!("things/{n}"))),
            (false, _) => put(&name, &step.to_string()),
        };
        store.commit(Txn { operations: vec![operation], ..Txn::default() }).await.unwrap();
        history.acknowledged.fetch_max(step, Ordering::SeqCst);
    }
}

async fn read(store: &dyn Store, histories: &[History], done: &AtomicBool) -> u64 {
    let mut reads = 0;
    // Every reader reads at least once, also after the last write.
    loop {
        let last_round = done.load(Ordering::Relaxed);
        for (n, history) in histories.iter().enumerate() {
            for _ in 0..4 {
                let floor = history.floor();
                let entry = store.get(&key(&format!("things/{n}/x"))).await.unwrap();
                history.check(floor, entry.as_ref(), "get");
                reads += 1;
            }
        }
        let floors: Vec<u64> = histories.iter().map(History::floor).collect();
        let found = store.scan(all("things")).await.unwrap();
        for (n, history) in histories.iter().enumerate() {
            let key = key(&format!("things/{n}/x"));
            history.check(floors[n], found.iter().find(|entry| entry.key == key), "scan");
        }
        if last_round {
            return reads;
        }
        tokio::task::yield_now().await;
    }
}

async fn stress(cache_bytes: u64) {
    let dir = TempDir::new().unwrap();
    let options = SqliteOptions { cache_bytes, ..SqliteOptions::default() };
    let store = SqliteStore::open(dir.path(), options, Arc::new(ManualClock::at(START))).unwrap();
    let store = Arc::new(store);
    let histories: Arc<[History]> = (0..NAMES).map(|_| History::default()).collect();
    let done = Arc::new(AtomicBool::new(false));
    let mut readers = JoinSet::new();
    for _ in 0..4 {
        let (store, histories, done) = (store.clone(), histories.clone(), done.clone());
        readers.spawn(async move { read(&*store, &histories, &done).await });
    }
    let mut writers = JoinSet::new();
    for n in 0..NAMES {
        let (store, histories) = (store.clone(), histories.clone());
        writers.spawn(async move { write(&*store, &histories[n], n).await });
    }
    writers.join_all().await;
    done.store(true, Ordering::Relaxed);
    let reads: u64 = readers.join_all().await.into_iter().sum();
    assert!(reads > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_read_is_stale() {
    stress(32 << 20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_read_is_stale_with_a_small_cache() {
    // Fits a few values, so that values are evicted all the time.
    stress(600).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_read_is_stale_without_a_cache() {
    stress(0).await;
}
