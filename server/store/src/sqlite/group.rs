//! A group: the transactions that share one commit of the database, applied one after another.
//!
//! A transaction's preconditions are all judged before its first operation, against everything
//! the transactions before it in the group did. A refused one has therefore written nothing, and
//! no savepoint is needed to undo it. An operation itself fails only if the database does, and
//! then the whole group is taken back.

use std::collections::{BTreeMap, HashMap};

use rusqlite::Connection;

use super::cache::{Stored, Written};
use super::{feed, rows};
use crate::{Key, Operation, Precondition, Revision, Txn};

type Result<T> = rusqlite::Result<T>;

/// What the transactions applied so far amount to.
pub(super) struct Group<'a> {
    db: &'a Connection,
    now: i64,
    /// The last revision given out.
    pub(super) revision: Revision,
    /// What is now under each key that was touched.
    pub(super) written: Written,
    /// The last revision that touched each room.
    pub(super) touched: HashMap<String, Revision>,
    /// Rows added to the feed.
    pub(super) changes: u64,
}

impl<'a> Group<'a> {
    /// A group that begins after this revision.
    pub(super) fn new(db: &'a Connection, now: i64, revision: Revision) -> Self {
        let (written, touched) = (Written::new(), HashMap::new());
        Self { db, now, revision, written, touched, changes: 0 }
    }

    /// Applies a transaction, or says which precondition does not hold.
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

    /// Removes expired entries, as a transaction of its own if there are any.
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
        let at = |key| rows::revision_at(self.db, key, self.now);
        match precondition {
            Precondition::Absent(key) => Ok(at(key)?.is_none()),
            Precondition::Present(key) => Ok(at(key)?.is_some()),
            Precondition::At(key, revision) => Ok(at(key)? == Some(*revision)),
            Precondition::Empty(prefix) => rows::empty(self.db, prefix, self.now),
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
            match self.touched.get_mut(key.collection()) {
                Some(revision) => *revision = self.revision,
                None => {
                    self.touched.insert(key.collection().to_owned(), self.revision);
                }
            }
        }
        self.changes += changed.len() as u64;
        Ok(())
    }
}
