//! A group: the transactions that share one commit of the database, applied one after another.
//!
//! All preconditions of a transaction are evaluated before its first operation, against the result
//! of the previous transactions of the group. A transaction whose precondition fails has therefore
//! written nothing, and needs no savepoint. An operation fails only if the database fails; then the
//! whole group is rolled back.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::cache::{Stored, Written};
use super::last_modified::Revisions;
use super::{feed, rows};
use crate::{Key, Operation, Precondition, Revision, Txn};

type Result<T> = rusqlite::Result<T>;

/// The combined effect of the transactions applied so far.
pub(super) struct Group<'a> {
    db: &'a Connection,
    now: i64,
    /// The last assigned revision.
    pub(super) revision: Revision,
    /// The new entry of each changed key.
    pub(super) written: Written,
    /// The last revision that changed each collection.
    pub(super) last_modified: Revisions,
    /// Number of rows added to the feed.
    pub(super) changes: u64,
}

impl<'a> Group<'a> {
    /// Starts a group after this revision.
    pub(super) fn new(db: &'a Connection, now: i64, revision: Revision) -> Self {
        let (written, last_modified) = (Written::new(), Revisions::default());
        Self { db, now, revision, written, last_modified, changes: 0 }
    }

    /// Applies a transaction, or returns its first precondition that does not hold.
    pub(super) fn apply(
        &mut self,
        txn: Txn,
    ) -> Result<std::result::Result<Revision, Precondition>> {
        for precondition in txn.preconditions {
            if !self.holds(&precondition)? {
                return Ok(Err(precondition));
            }
        }
        self.revision = rows::next(self.revision)?;
        let mut changed = BTreeMap::new();
        for operation in txn.operations {
            match operation {
                Operation::Put { key, value, flags, expires_at } => {
                    let revision = self.revision;
                    let stored = Stored { value, flags, revision, expires_at };
                    rows::put(self.db, &key, &stored)?;
                    changed.insert(key.clone(), false);
                    self.written.insert(key, Some(stored));
                }
                Operation::Delete(key) => self.delete(key, &mut changed)?,
                Operation::DeletePrefix(prefix) => {
                    for key in rows::delete_prefix(self.db, &prefix)? {
                        changed.insert(key.clone(), true);
                        self.written.insert(key, None);
                    }
                }
            }
        }
        self.record(&changed)?;
        Ok(Ok(self.revision))
    }

    /// Deletes expired entries in a transaction of its own, if there are any.
    pub(super) fn sweep(&mut self, limit: usize) -> Result<usize> {
        let keys = rows::expired(self.db, self.now, limit)?;
        let count = keys.len();
        if count > 0 {
            self.revision = rows::next(self.revision)?;
            let mut changed = BTreeMap::new();
            for key in keys {
                self.delete(key, &mut changed)?;
            }
            self.record(&changed)?;
        }
        Ok(count)
    }

    fn holds(&self, precondition: &Precondition) -> Result<bool> {
        let revision = |key| rows::live_revision(self.db, key, self.now);
        match precondition {
            Precondition::Absent(key) => Ok(revision(key)?.is_none()),
            Precondition::Present(key) => Ok(revision(key)?.is_some()),
            Precondition::At(key, expected) => Ok(revision(key)? == Some(*expected)),
            Precondition::Empty(prefix) => rows::is_empty(self.db, prefix, self.now),
        }
    }

    fn delete(&mut self, key: Key, changed: &mut BTreeMap<Key, bool>) -> Result<()> {
        if rows::delete(self.db, &key)? {
            changed.insert(key.clone(), true);
            self.written.insert(key, None);
        }
        Ok(())
    }

    fn record(&mut self, changed: &BTreeMap<Key, bool>) -> Result<()> {
        for (key, deleted) in changed {
            feed::add(self.db, (self.revision, key, *deleted), self.now)?;
            match self.last_modified.get_mut(key.collection()) {
                Some(revision) => *revision = self.revision,
                None => {
                    self.last_modified.insert(key.collection().to_owned(), self.revision);
                }
            }
        }
        self.changes += changed.len() as u64;
        Ok(())
    }
}
