//! Stored entries, scans of them, and changes of their keys.

use bytes::Bytes;

use crate::{Key, Prefix};

/// The number of a committed transaction. Increases by one with each and never repeats.
pub type Revision = u64;

/// A stored value with its key and metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: Key,
    /// The value, exactly as it was put.
    pub value: Bytes,
    /// Application-defined flags. The store does not interpret them.
    pub flags: u32,
    /// The transaction that wrote the entry.
    pub revision: Revision,
    /// Expiry time in seconds since 1970-01-01 UTC; `None` for never. From that second on the entry
    /// does not exist.
    pub expires_at: Option<i64>,
}

/// Parameters of an ordered scan.
#[derive(Clone, Debug)]
pub struct Scan {
    /// Return only keys below this prefix.
    pub prefix: Prefix,
    /// Return only keys greater than this one, which need not exist.
    pub after: Option<Key>,
    /// Maximum number of entries.
    pub limit: usize,
    /// Maximum total size of the values in bytes. The first entry is returned even if it is larger.
    pub max_bytes: usize,
}

impl Entry {
    /// Whether the entry has not expired at `now`, in seconds since 1970-01-01 UTC.
    #[must_use]
    pub fn is_live(&self, now: i64) -> bool {
        is_live(self.expires_at, now)
    }
}

/// Whether an entry with this expiry time still exists at `now`.
pub(crate) fn is_live(expires_at: Option<i64>, now: i64) -> bool {
    expires_at.is_none_or(|end| end > now)
}

/// The following revision; `None` if it exceeds the range that every engine can store.
pub(crate) fn next(revision: Revision) -> Option<Revision> {
    revision.checked_add(1).filter(|next| i64::try_from(*next).is_ok())
}

/// A key that a transaction wrote or deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The transaction.
    pub revision: Revision,
    /// The key.
    pub key: Key,
    /// Whether the key was deleted.
    pub deleted: bool,
}
