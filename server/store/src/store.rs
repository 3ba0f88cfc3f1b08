//! The trait that every engine implements, and the values that pass through it.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::{BadKey, Export, Key, Prefix, VerifyReport};

/// The number of a committed transaction. Grows by one with each, never repeats.
pub type Revision = u64;

/// One stored object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its key.
    pub key: Key,
    /// Its bytes, exactly as they were put.
    pub value: Bytes,
    /// The caller's note beside the bytes; the store does not read it.
    pub flags: u32,
    /// The transaction that wrote it.
    pub revision: Revision,
    /// When it ends, in seconds since 1970-01-01 UTC; from that second on it is not there.
    pub expires_at: Option<i64>,
}

/// A piece of an ordered scan.
#[derive(Clone, Debug)]
pub struct Scan {
    /// Which keys.
    pub prefix: Prefix,
    /// Only keys greater than this one. It need not exist.
    pub after: Option<Key>,
    /// At most so many entries.
    pub limit: usize,
    /// Stop before the entry that would make the values larger than this in total, but return at
    /// least one.
    pub max_bytes: usize,
}

/// What must hold for a transaction to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// Nothing is stored under the key.
    Absent(Key),
    /// Something is stored under the key.
    Present(Key),
    /// The entry under the key was written by this transaction.
    At(Key, Revision),
    /// No key lies below the prefix.
    Empty(Prefix),
}

impl Precondition {
    /// The collection of its key or prefix; empty for [`Prefix::all`].
    #[must_use]
    pub fn collection(&self) -> &str {
        match self {
            Self::Absent(key) | Self::Present(key) | Self::At(key, _) => key.collection(),
            Self::Empty(prefix) => prefix.collection(),
        }
    }
}

/// One step of a transaction.
#[derive(Clone, Debug)]
pub enum Operation {
    /// Store the value, replacing what is there.
    Put {
        /// Where.
        key: Key,
        /// What.
        value: Bytes,
        /// The caller's note.
        flags: u32,
        /// When it ends, in seconds since 1970-01-01 UTC.
        expires_at: Option<i64>,
    },
    /// Remove the key; nothing happens if it is not there.
    Delete(Key),
    /// Remove all keys below the prefix.
    DeletePrefix(Prefix),
}

/// All or nothing: the preconditions are judged and the operations done at one point of the
/// store's order.
#[derive(Clone, Debug, Default)]
pub struct Txn {
    /// What must hold.
    pub preconditions: Vec<Precondition>,
    /// What to do, in this order.
    pub operations: Vec<Operation>,
}

impl Entry {
    /// Whether it is still there at this second.
    #[must_use]
    pub fn alive(&self, now: i64) -> bool {
        alive(self.expires_at, now)
    }
}

/// Whether something that ends at `expires_at` is still there at this second.
pub(crate) fn alive(expires_at: Option<i64>, now: i64) -> bool {
    expires_at.is_none_or(|end| end > now)
}

/// The revision after this one, if there is one that every engine can hold.
pub(crate) fn next(revision: Revision) -> Option<Revision> {
    revision.checked_add(1).filter(|next| i64::try_from(*next).is_ok())
}

/// No value is larger than this. Far above what any caller may send; it keeps an engine from
/// meeting a limit of its medium in the middle of a commit.
pub const MAX_VALUE_BYTES: usize = 64 << 20;

impl Txn {
    /// Roughly what it weighs while it waits in a queue.
    pub(crate) fn weight(&self) -> usize {
        let preconditions = self.preconditions.iter().map(|precondition| match precondition {
            Precondition::Absent(key) | Precondition::Present(key) | Precondition::At(key, _) => {
                key.as_bytes().len()
            }
            Precondition::Empty(prefix) => prefix.as_bytes().len(),
        });
        let operations = self.operations.iter().map(|operation| match operation {
            Operation::Put { key, value, .. } => key.as_bytes().len() + value.len(),
            Operation::Delete(key) => key.as_bytes().len(),
            Operation::DeletePrefix(prefix) => prefix.as_bytes().len(),
        });
        preconditions.chain(operations).map(|bytes| bytes + 64).sum::<usize>() + 64
    }

    /// Refuses what no engine takes.
    pub(crate) fn admit(&self) -> Result<(), StoreError> {
        let too_large = |operation: &Operation| matches!(operation, Operation::Put { value, .. } if value.len() > MAX_VALUE_BYTES);
        if self.operations.iter().any(too_large) {
            return Err(StoreError::Failed(format!(
                "a value is larger than {MAX_VALUE_BYTES} bytes"
            )));
        }
        Ok(())
    }
}

/// A key that a transaction wrote or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The transaction.
    pub revision: Revision,
    /// The key.
    pub key: Key,
    /// Whether it was removed.
    pub deleted: bool,
}

/// The engine failed; nothing is known to have been written unless the caller was told so.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The queue of writers is full; try again.
    #[error("the store is overloaded")]
    Overloaded,
    /// The engine is shut down, or refuses to go on after a failed write.
    #[error("the store is stopped: {0}")]
    Stopped(String),
    /// The database cannot be reached at this time, or went away before it answered; try again.
    #[error("the store cannot be reached: {0}")]
    Unavailable(String),
    /// Nothing more fits on the medium; what was there before is still there.
    #[error("the store has no room left: {0}")]
    Full(String),
    /// The medium or the database failed.
    #[error("the store failed: {0}")]
    Failed(String),
}

/// Why a transaction did not happen.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CommitError {
    /// This precondition, the first of the transaction that fails, does not hold.
    #[error("the precondition {0:?} does not hold")]
    Precondition(Precondition),
    /// The engine failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why the change feed cannot go on from a revision.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ChangesError {
    /// Changes after that revision are no longer kept; read everything again.
    #[error("the feed now begins after revision {oldest}")]
    TooOld {
        /// The oldest revision to go on from.
        oldest: Revision,
    },
    /// The engine failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What an engine says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// The engine's name: `sqlite`, `postgres`, `memory`.
    pub engine: &'static str,
    /// Why the engine does not accept writes now; `None` while it does.
    pub failure: Option<String>,
    /// The last failure since the engine was opened, whether or not it is over.
    pub last_failure: Option<Failure>,
    /// Size of the data on the medium, in bytes.
    pub size_bytes: u64,
    /// The last committed transaction.
    pub revision: Revision,
    /// How long the last group of transactions took to be written and acknowledged by the medium;
    /// `None` before the first.
    pub commit_latency: Option<Duration>,
    /// Transactions that wait for the writer.
    pub queued: usize,
    /// Connections to the database, for engines that have one.
    pub connections: Option<Connections>,
}

/// Something that went wrong, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Seconds since 1970-01-01 UTC.
    pub at: i64,
    /// What happened.
    pub reason: String,
}

/// Connections to a database server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connections {
    /// At most so many.
    pub max: usize,
    /// Busy now.
    pub in_use: usize,
    /// Open and waiting for work.
    pub idle: usize,
}

/// An engine. See the crate's documentation for the promise that all of them keep.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The entry under a key, if there is one that has not expired.
    async fn get(&self, key: &Key) -> Result<Option<Entry>, StoreError>;

    /// Entries in key order, as of one moment.
    async fn scan(&self, scan: Scan) -> Result<Vec<Entry>, StoreError>;

    /// Commits a transaction. When this answers, it is on the medium and every later read sees it.
    async fn commit(&self, txn: Txn) -> Result<Revision, CommitError>;

    /// Keys changed after a revision, in order, at most `limit` and always whole transactions.
    async fn changes(&self, after: Revision, limit: usize) -> Result<Vec<Change>, ChangesError>;

    /// The last revision that touched any key of these rooms; 0 if none did since the store was
    /// opened or created. Cheap enough to ask on every request: the basis of caches above the
    /// store. Like any read, it sees every acknowledged write, by whichever server.
    async fn last_modified(&self, rooms: &[&str]) -> Result<Revision, StoreError>;

    /// Removes up to `limit` expired entries and says how many it removed.
    async fn sweep(&self, limit: usize) -> Result<usize, StoreError>;

    /// What the engine says of itself.
    async fn health(&self) -> Health;

    /// Everything there is at one moment, while work goes on.
    async fn export(&self) -> Result<Export, StoreError>;

    /// Writes a consistent copy to a new file while work goes on.
    async fn backup(&self, to: &Path) -> Result<(), StoreError>;

    /// Reads everything. Returns the first inconsistency as an error.
    async fn verify(&self) -> Result<VerifyReport, StoreError>;

    /// Finishes what is queued, then refuses further work.
    async fn close(&self);
}

impl From<BadKey> for StoreError {
    fn from(bad: BadKey) -> Self {
        Self::Failed(bad.to_string())
    }
}
