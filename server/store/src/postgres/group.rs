//! A group: the transactions that share one commit of the database, applied one after another.
//!
//! The state of every key that the transactions depend on is read once, for all of them. They are
//! evaluated in memory, each against the result of the previous ones, and their combined effect is
//! written at the end with a few statements, whatever their number. Only operations on whole
//! prefixes are executed in the database immediately, after the changes below the prefix were
//! written.

use std::collections::{BTreeMap, HashMap};

use deadpool_postgres::Object;
use futures::future::try_join_all;

use super::failure::{malformed, store_error};
use super::rows::{self, key_from};
use super::statements::{Columns, Pending, Statements, Value};
use crate::entry::is_live;
use crate::{Key, Operation, Precondition, Prefix, Revision, StoreError, Txn};

type Result<T> = std::result::Result<T, StoreError>;

/// The combined effect of the transactions applied so far.
pub(super) struct Group<'a> {
    db: &'a Object,
    prepared: &'a Statements,
    pub(super) now: i64,
    /// The last assigned revision.
    pub(super) revision: Revision,
    /// The state of the entries, including the changes of the group.
    known: KnownEntries,
    /// Changes that were not written to the database yet.
    pub(super) pending: Pending,
    /// The last revision that changed each collection.
    pub(super) last_modified: HashMap<String, Revision>,
    /// Rows to add to the feed.
    pub(super) changes: Vec<(Revision, Key, bool)>,
}

/// The part of an entry that preconditions depend on.
#[derive(Clone, Copy)]
pub(super) struct EntryState {
    pub(super) revision: Revision,
    pub(super) expires_at: Option<i64>,
}

/// The state of each key of [`keys_to_read`]; `None` for absent entries.
pub(super) type KnownEntries = HashMap<Key, Option<EntryState>>;

/// The keys whose state a transaction depends on.
pub(super) fn keys_to_read(txn: &Txn) -> impl Iterator<Item = &Key> {
    let conditions = txn.preconditions.iter().filter_map(|precondition| match precondition {
        Precondition::Absent(key) | Precondition::Present(key) | Precondition::At(key, _) => {
            Some(key)
        }
        Precondition::Empty(_) => None,
    });
    let deletions = txn.operations.iter().filter_map(|operation| match operation {
        Operation::Delete(key) => Some(key),
        Operation::Put { .. } | Operation::DeletePrefix(_) => None,
    });
    conditions.chain(deletions)
}

impl<'a> Group<'a> {
    /// Starts a group after this revision.
    pub(super) fn new(
        db: &'a Object,
        prepared: &'a Statements,
        now: i64,
        revision: Revision,
        known: KnownEntries,
    ) -> Self {
        let (pending, last_modified) = (HashMap::new(), HashMap::new());
        Self { db, prepared, now, revision, known, pending, last_modified, changes: Vec::new() }
    }

    /// Applies a transaction, or returns its first precondition that does not hold.
    pub(super) async fn apply(
        &mut self,
        txn: Txn,
    ) -> Result<std::result::Result<Revision, Precondition>> {
        for precondition in txn.preconditions {
            if !self.holds(&precondition).await? {
                return Ok(Err(precondition));
            }
        }
        self.revision = rows::next(self.revision)?;
        let mut changed = BTreeMap::new();
        for operation in txn.operations {
            match operation {
                Operation::Put { key, value, flags, expires_at } => {
                    let revision = self.revision;
                    self.known.insert(key.clone(), Some(EntryState { revision, expires_at }));
                    let value = Value { value, flags, revision, expires_at };
                    self.pending.insert(key.clone(), Some(value));
                    changed.insert(key, false);
                }
                Operation::Delete(key) => {
                    if self.state(&key)?.is_some() {
                        self.delete(key, &mut changed);
                    }
                }
                Operation::DeletePrefix(prefix) => {
                    self.delete_prefix(&prefix, &mut changed).await?;
                }
            }
        }
        self.record(changed);
        Ok(Ok(self.revision))
    }

    /// Deletes expired entries in a transaction of its own, if there are any.
    pub(super) async fn sweep(&mut self, limit: usize) -> Result<usize> {
        self.flush().await?;
        let keys = rows::expired(self.db, self.now, limit).await?;
        let count = keys.len();
        if count > 0 {
            self.revision = rows::next(self.revision)?;
            let mut changed = BTreeMap::new();
            for key in keys {
                self.delete(key, &mut changed);
            }
            self.record(changed);
        }
        Ok(count)
    }

    /// Writes the pending changes, so that statements see them.
    async fn flush(&mut self) -> Result<()> {
        let pending = std::mem::take(&mut self.pending);
        try_join_all(Columns::of(&pending).send(self.db, self.prepared)).await?;
        Ok(())
    }

    async fn holds(&mut self, precondition: &Precondition) -> Result<bool> {
        match precondition {
            Precondition::Absent(key) => Ok(self.live_revision(key)?.is_none()),
            Precondition::Present(key) => Ok(self.live_revision(key)?.is_some()),
            Precondition::At(key, revision) => Ok(self.live_revision(key)? == Some(*revision)),
            Precondition::Empty(prefix) => {
                self.flush_below(prefix).await?;
                rows::is_empty(self.db, prefix, self.now).await
            }
        }
    }

    /// The revision of the entry under the key, unless it has expired.
    fn live_revision(&self, key: &Key) -> Result<Option<Revision>> {
        let live = self.state(key)?.filter(|entry| is_live(entry.expires_at, self.now));
        Ok(live.map(|entry| entry.revision))
    }

    fn state(&self, key: &Key) -> Result<Option<EntryState>> {
        // `keys_to_read` has returned every key that a transaction depends on.
        self.known.get(key).copied().ok_or_else(|| malformed(format!("{key:?} was not read")))
    }

    fn delete(&mut self, key: Key, changed: &mut BTreeMap<Key, bool>) {
        self.known.insert(key.clone(), None);
        self.pending.insert(key.clone(), None);
        changed.insert(key, true);
    }

    async fn delete_prefix(
        &mut self,
        prefix: &Prefix,
        changed: &mut BTreeMap<Key, bool>,
    ) -> Result<()> {
        self.flush_below(prefix).await?;
        let (start, end) = (prefix.as_bytes(), prefix.end());
        let end: &[u8] = &end;
        let rows = self.db.query(&self.prepared.delete_range, &[&start, &end]).await;
        for row in rows.map_err(store_error)? {
            let key = key_from(&row, 0)?;
            self.known.insert(key.clone(), None);
            changed.insert(key, true);
        }
        Ok(())
    }

    /// Writes the pending changes if any of them is below the prefix.
    async fn flush_below(&mut self, prefix: &Prefix) -> Result<()> {
        if self.pending.keys().any(|key| prefix.contains(key)) {
            self.flush().await
        } else {
            Ok(())
        }
    }

    fn record(&mut self, changed: BTreeMap<Key, bool>) {
        for (key, deleted) in changed {
            match self.last_modified.get_mut(key.collection()) {
                Some(revision) => *revision = self.revision,
                None => {
                    self.last_modified.insert(key.collection().to_owned(), self.revision);
                }
            }
            self.changes.push((self.revision, key, deleted));
        }
    }
}
