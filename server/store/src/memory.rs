//! The in-memory engine: every guarantee of the store except durability. For tests, and as the
//! reference implementation for the other engines.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::ops::Bound;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use async_trait::async_trait;
use bytes::Bytes;

use crate::entry::is_live;
use crate::{
    Change, ChangesError, Clock, CommitError, Entry, Export, FeedLimits, Health, Key, Operation,
    Precondition, Prefix, Revision, Scan, Store, StoreError, Txn, VerifyReport, backup,
};

/// An engine that keeps everything in memory.
pub struct MemoryStore {
    clock: Arc<dyn Clock>,
    limits: FeedLimits,
    state: RwLock<State>,
}

#[derive(Default)]
struct State {
    closed: bool,
    revision: Revision,
    entries: BTreeMap<Key, Stored>,
    bytes: u64,
    /// The last revision that changed each collection.
    last_modified: HashMap<String, Revision>,
    /// The change feed, oldest transaction first.
    feed: VecDeque<Committed>,
    /// Number of changes in the feed.
    feed_len: usize,
    /// The revision after which the feed starts.
    feed_floor: Revision,
}

struct Stored {
    value: Bytes,
    flags: u32,
    revision: Revision,
    expires_at: Option<i64>,
}

struct Committed {
    revision: Revision,
    at: i64,
    keys: Vec<(Key, bool)>,
}

impl MemoryStore {
    /// Creates an empty store.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::with_feed(clock, FeedLimits::default())
    }

    /// Creates an empty store with these limits of the change feed.
    #[must_use]
    pub fn with_feed(clock: Arc<dyn Clock>, limits: FeedLimits) -> Self {
        Self { clock, limits, state: RwLock::default() }
    }

    // A poisoned lock is safe to use: nothing between the first and the last assignment of a
    // commit can panic, so the state is never half written.
    fn read(&self) -> Result<RwLockReadGuard<'_, State>, StoreError> {
        open(self.state.read().unwrap_or_else(PoisonError::into_inner), |state| state.closed)
    }

    fn write(&self) -> Result<RwLockWriteGuard<'_, State>, StoreError> {
        open(self.state.write().unwrap_or_else(PoisonError::into_inner), |state| state.closed)
    }
}

fn open<G>(guard: G, closed: impl Fn(&G) -> bool) -> Result<G, StoreError> {
    if closed(&guard) { Err(StoreError::Stopped("closed".to_owned())) } else { Ok(guard) }
}

impl State {
    fn get(&self, key: &Key, now: i64) -> Option<&Stored> {
        self.entries.get(key).filter(|stored| is_live(stored.expires_at, now))
    }

    fn below(&self, prefix: &Prefix, after: Option<&Key>) -> impl Iterator<Item = (&Key, &Stored)> {
        let end = prefix.end();
        let start = match after {
            Some(after) if after.as_bytes() >= prefix.as_bytes() => {
                // A cursor after the last key below the prefix means an empty range. BTreeMap
                // panics if the start of a range is after its end.
                Bound::Excluded(after.as_bytes().min(&end))
            }
            _ => Bound::Included(prefix.as_bytes()),
        };
        let range = if matches!(start, Bound::Excluded(start) if *start == *end) {
            (Bound::Included(&*end), Bound::Excluded(&*end))
        } else {
            (start, Bound::Excluded(&*end))
        };
        self.entries.range::<[u8], _>(range)
    }

    fn holds(&self, precondition: &Precondition, now: i64) -> bool {
        match precondition {
            Precondition::Absent(key) => self.get(key, now).is_none(),
            Precondition::Present(key) => self.get(key, now).is_some(),
            Precondition::At(key, revision) => {
                self.get(key, now).is_some_and(|stored| stored.revision == *revision)
            }
            Precondition::Empty(prefix) => {
                !self.below(prefix, None).any(|(_, stored)| is_live(stored.expires_at, now))
            }
        }
    }

    fn remove(&mut self, key: &Key) -> bool {
        let removed = self.entries.remove(key);
        self.bytes -= removed.as_ref().map_or(0, |stored| weigh(key, stored));
        removed.is_some()
    }

    fn put(&mut self, key: Key, stored: Stored) {
        self.remove(&key);
        self.bytes += weigh(&key, &stored);
        self.entries.insert(key, stored);
    }

    /// Applies the operations. Returns the changed keys: `true` for deleted, `false` for written.
    fn apply(&mut self, revision: Revision, operations: Vec<Operation>) -> BTreeMap<Key, bool> {
        let mut changed = BTreeMap::new();
        for operation in operations {
            match operation {
                Operation::Put { key, value, flags, expires_at } => {
                    self.put(key.clone(), Stored { value, flags, revision, expires_at });
                    changed.insert(key, false);
                }
                Operation::Delete(key) => {
                    if self.remove(&key) {
                        changed.insert(key, true);
                    }
                }
                Operation::DeletePrefix(prefix) => {
                    let keys = self.below(&prefix, None).map(|(key, _)| key.clone());
                    for key in keys.collect::<Vec<_>>() {
                        self.remove(&key);
                        changed.insert(key, true);
                    }
                }
            }
        }
        changed
    }

    fn record(&mut self, changed: BTreeMap<Key, bool>, now: i64, limits: FeedLimits) {
        let revision = self.revision;
        if changed.is_empty() {
            return;
        }
        for collection in changed.keys().map(Key::collection).collect::<BTreeSet<_>>() {
            self.last_modified.insert(collection.to_owned(), revision);
        }
        self.feed_len += changed.len();
        self.feed.push_back(Committed { revision, at: now, keys: changed.into_iter().collect() });
        while let Some(first) = self.feed.front() {
            let too_old = first.at < now.saturating_sub(limits.max_age);
            let newer = self.feed_len - first.keys.len();
            if newer < limits.max_changes && !too_old {
                break;
            }
            self.feed_len = newer;
            self.feed_floor = first.revision;
            self.feed.pop_front();
        }
    }
}

fn weigh(key: &Key, stored: &Stored) -> u64 {
    (key.as_bytes().len() + stored.value.len()) as u64
}

fn entry(key: &Key, stored: &Stored) -> Entry {
    Entry {
        key: key.clone(),
        value: stored.value.clone(),
        flags: stored.flags,
        revision: stored.revision,
        expires_at: stored.expires_at,
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn get(&self, key: &Key) -> Result<Option<Entry>, StoreError> {
        let now = self.clock.now();
        Ok(self.read()?.get(key, now).map(|stored| entry(key, stored)))
    }

    async fn scan(&self, scan: Scan) -> Result<Vec<Entry>, StoreError> {
        let now = self.clock.now();
        let state = self.read()?;
        let mut found = Vec::new();
        let mut bytes = 0_usize;
        for (key, stored) in state.below(&scan.prefix, scan.after.as_ref()) {
            if found.len() >= scan.limit {
                break;
            }
            if !is_live(stored.expires_at, now) {
                continue;
            }
            bytes = bytes.saturating_add(stored.value.len());
            if bytes > scan.max_bytes && !found.is_empty() {
                break;
            }
            found.push(entry(key, stored));
        }
        Ok(found)
    }

    async fn commit(&self, txn: Txn) -> Result<Revision, CommitError> {
        txn.check_limits()?;
        let mut state = self.write()?;
        // Read while the lock is held, so that time does not go back between two commits.
        let now = self.clock.now();
        if let Some(failed) = txn.preconditions.into_iter().find(|one| !state.holds(one, now)) {
            return Err(CommitError::Precondition(failed));
        }
        state.revision += 1;
        let revision = state.revision;
        let changed = state.apply(revision, txn.operations);
        state.record(changed, now, self.limits);
        Ok(revision)
    }

    async fn changes(&self, after: Revision, limit: usize) -> Result<Vec<Change>, ChangesError> {
        let state = self.read()?;
        if after < state.feed_floor || after > state.revision {
            return Err(ChangesError::TooOld { oldest: state.feed_floor });
        }
        let mut found = Vec::new();
        let start = state.feed.partition_point(|committed| committed.revision <= after);
        for committed in state.feed.range(start..) {
            if !found.is_empty() && found.len() + committed.keys.len() > limit {
                break;
            }
            let revision = committed.revision;
            let change = |(key, deleted): &(Key, bool)| Change {
                revision,
                key: key.clone(),
                deleted: *deleted,
            };
            found.extend(committed.keys.iter().map(change));
        }
        Ok(found)
    }

    async fn last_modified(&self, collections: &[&str]) -> Result<Revision, StoreError> {
        let state = self.read()?;
        let revisions = collections.iter().filter_map(|name| state.last_modified.get(*name));
        Ok(revisions.copied().max().unwrap_or(0))
    }

    async fn sweep(&self, limit: usize) -> Result<usize, StoreError> {
        let mut state = self.write()?;
        let now = self.clock.now();
        let expired = state.entries.iter().filter(|(_, stored)| !is_live(stored.expires_at, now));
        let expired: Vec<Key> = expired.take(limit).map(|(key, _)| key.clone()).collect();
        let count = expired.len();
        if count > 0 {
            state.revision += 1;
            let revision = state.revision;
            let operations = expired.into_iter().map(Operation::Delete).collect();
            let changed = state.apply(revision, operations);
            state.record(changed, now, self.limits);
        }
        Ok(count)
    }

    async fn health(&self) -> Health {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        Health {
            engine: "memory",
            failure: state.closed.then(|| "closed".to_owned()),
            size_bytes: state.bytes,
            revision: state.revision,
            ..Health::default()
        }
    }

    async fn export(&self) -> Result<Export, StoreError> {
        let (revision, entries) = {
            let state = self.read()?;
            let entries = state.entries.iter().map(|(key, stored)| entry(key, stored));
            (state.revision, entries.collect::<Vec<_>>())
        };
        let (sender, export) = Export::new(revision, entries.len() as u64);
        // Ends early if the receiver is dropped.
        tokio::spawn(async move { sender.send(Ok(entries)).await });
        Ok(export)
    }

    async fn backup(&self, to: &Path) -> Result<(), StoreError> {
        backup::write(self.export().await?, to).await
    }

    async fn verify(&self) -> Result<VerifyReport, StoreError> {
        let now = self.clock.now();
        let state = self.read()?;
        for (key, stored) in &state.entries {
            if Key::from_bytes(key.as_bytes()).is_err() {
                return Err(StoreError::Failed(format!("the key {key:?} is malformed")));
            }
            if stored.revision == 0 || stored.revision > state.revision {
                return Err(StoreError::Failed(format!(
                    "{key:?} has a revision that was never assigned"
                )));
            }
        }
        let live = state.entries.values().filter(|stored| is_live(stored.expires_at, now));
        let (entries, revision) = (live.count() as u64, state.revision);
        Ok(VerifyReport { entries, revision, without_checksum: 0 })
    }

    async fn close(&self) {
        self.state.write().unwrap_or_else(PoisonError::into_inner).closed = true;
    }
}
