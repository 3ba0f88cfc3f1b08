//! A group: the transactions that share one commit of the database, applied one after another.
//!
//! What the transactions ask about single keys is read once, for all of them; they are judged in
//! memory, each against everything the ones before it did; what they amount to is written at the
//! end, with a few statements whatever their number. Only what concerns whole prefixes is done by
//! the database as it comes, after writing what it has to see.

use std::collections::{BTreeMap, HashMap};

use deadpool_postgres::Object;
use futures::future::try_join_all;

use super::failure::{malformed, told};
use super::rows::{self, key_from};
use super::statements::{Columns, Pending, Statements, Value};
use crate::store::alive;
use crate::{Key, Operation, Precondition, Prefix, Revision, StoreError, Txn};

type Result<T> = std::result::Result<T, StoreError>;

/// What the transactions applied so far amount to.
pub(super) struct Group<'a> {
    db: &'a Object,
    prepared: &'a Statements,
    pub(super) now: i64,
    /// The last revision given out.
    pub(super) revision: Revision,
    /// What there is, after what the group did so far.
    known: Known,
    /// What has yet to be written.
    pub(super) pending: Pending,
    /// The last revision that touched each room.
    pub(super) touched: HashMap<String, Revision>,
    /// What is to be added to the feed.
    pub(super) changes: Vec<(Revision, Key, bool)>,
}

/// What has to be known of an entry to judge preconditions.
#[derive(Clone, Copy)]
pub(super) struct Held {
    pub(super) revision: Revision,
    pub(super) expires_at: Option<i64>,
}

/// What is under each key that matters; every key that is asked about is among them.
pub(super) type Known = HashMap<Key, Option<Held>>;

/// The keys that a transaction asks about.
pub(super) fn asked(txn: &Txn) -> impl Iterator<Item = &Key> {
    let conditions = txn.preconditions.iter().filter_map(|precondition| match precondition {
        Precondition::Absent(key) | Precondition::Present(key) | Precondition::At(key, _) => {
            Some(key)
        }
        Precondition::Empty(_) => None,
    });
    let removals = txn.operations.iter().filter_map(|operation| match operation {
        Operation::Delete(key) => Some(key),
        Operation::Put { .. } | Operation::DeletePrefix(_) => None,
    });
    conditions.chain(removals)
}

impl<'a> Group<'a> {
    /// A group that begins after this revision.
    pub(super) fn new(
        db: &'a Object,
        prepared: &'a Statements,
        now: i64,
        revision: Revision,
        known: Known,
    ) -> Self {
        let (pending, touched) = (HashMap::new(), HashMap::new());
        Self { db, prepared, now, revision, known, pending, touched, changes: Vec::new() }
    }

    /// Applies a transaction, or says which precondition does not hold.
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
                    self.known.insert(key.clone(), Some(Held { revision, expires_at }));
                    let value = Value { value, flags, revision, expires_at };
                    self.pending.insert(key.clone(), Some(value));
                    changed.insert(key, false);
                }
                Operation::Delete(key) => {
                    if self.held(&key)?.is_some() {
                        self.remove(key, &mut changed);
                    }
                }
                Operation::DeletePrefix(prefix) => {
                    self.remove_below(&prefix, &mut changed).await?;
                }
            }
        }
        self.record(changed);
        Ok(Ok(self.revision))
    }

    /// Removes expired entries, as a transaction of its own if there are any.
    pub(super) async fn sweep(&mut self, limit: usize) -> Result<usize> {
        self.flush().await?;
        let keys = rows::expired(self.db, self.now, limit).await?;
        let count = keys.len();
        if count > 0 {
            self.revision = rows::next(self.revision)?;
            let mut changed = BTreeMap::new();
            for key in keys {
                self.remove(key, &mut changed);
            }
            self.record(changed);
        }
        Ok(count)
    }

    /// Writes what has yet to be written, so that the database sees it.
    async fn flush(&mut self) -> Result<()> {
        let pending = std::mem::take(&mut self.pending);
        try_join_all(Columns::of(&pending).send(self.db, self.prepared)).await?;
        Ok(())
    }

    async fn holds(&mut self, precondition: &Precondition) -> Result<bool> {
        match precondition {
            Precondition::Absent(key) => Ok(self.there(key)?.is_none()),
            Precondition::Present(key) => Ok(self.there(key)?.is_some()),
            Precondition::At(key, revision) => Ok(self.there(key)? == Some(*revision)),
            Precondition::Empty(prefix) => {
                self.flush_below(prefix).await?;
                rows::empty(self.db, prefix, self.now).await
            }
        }
    }

    /// The revision under the key, if it has not expired.
    fn there(&self, key: &Key) -> Result<Option<Revision>> {
        let held = self.held(key)?.filter(|held| alive(held.expires_at, self.now));
        Ok(held.map(|held| held.revision))
    }

    fn held(&self, key: &Key) -> Result<Option<Held>> {
        // Every key that is asked about was read at the beginning.
        self.known.get(key).copied().ok_or_else(|| malformed(format!("{key:?} was not read")))
    }

    fn remove(&mut self, key: Key, changed: &mut BTreeMap<Key, bool>) {
        self.known.insert(key.clone(), None);
        self.pending.insert(key.clone(), None);
        changed.insert(key, true);
    }

    async fn remove_below(
        &mut self,
        prefix: &Prefix,
        changed: &mut BTreeMap<Key, bool>,
    ) -> Result<()> {
        self.flush_below(prefix).await?;
        let (start, end) = (prefix.as_bytes(), prefix.end());
        let end: &[u8] = &end;
        let rows = self.db.query(&self.prepared.remove_below, &[&start, &end]).await;
        for row in rows.map_err(told)? {
            let key = key_from(&row, 0)?;
            self.known.insert(key.clone(), None);
            changed.insert(key, true);
        }
        Ok(())
    }

    /// Lets the database see what the group did below the prefix.
    async fn flush_below(&mut self, prefix: &Prefix) -> Result<()> {
        if self.pending.keys().any(|key| prefix.contains(key)) {
            self.flush().await
        } else {
            Ok(())
        }
    }

    fn record(&mut self, changed: BTreeMap<Key, bool>) {
        for (key, deleted) in changed {
            match self.touched.get_mut(key.collection()) {
                Some(revision) => *revision = self.revision,
                None => {
                    self.touched.insert(key.collection().to_owned(), self.revision);
                }
            }
            self.changes.push((self.revision, key, deleted));
        }
    }
}
