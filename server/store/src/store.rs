//! The [`Store`] trait that every engine implements, and its data and error types.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::{BadKey, Export, Key, Precondition, Prefix, Txn, VerifyReport};

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

/// A failure of the engine.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The write queue is full; retry later. Nothing was written.
    #[error("the store is overloaded")]
    Overloaded,
    /// The engine was closed, or stopped for good after a failed write.
    #[error("the store is stopped: {0}")]
    Stopped(String),
    /// The database is unreachable or closed the connection before it responded; retry later.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// The medium is full. Nothing was written, and existing data is intact.
    #[error("the storage of the store is full: {0}")]
    Full(String),
    /// The medium or the database failed.
    #[error("the store failed: {0}")]
    Failed(String),
}

/// Why a transaction was not committed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CommitError {
    /// The first precondition of the transaction that does not hold.
    #[error("precondition failed: {0:?}")]
    Precondition(Precondition),
    /// The engine failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why [`Store::changes`] cannot continue after a revision.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ChangesError {
    /// The feed no longer contains all changes after that revision; read everything again.
    #[error("the change feed starts after revision {oldest}")]
    TooOld {
        /// The oldest revision after which the feed can continue.
        oldest: Revision,
    },
    /// The engine failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Status of an engine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Name of the engine: `sqlite`, `postgres` or `memory`.
    pub engine: &'static str,
    /// Why the engine does not accept writes now; `None` while it accepts them.
    pub failure: Option<String>,
    /// The most recent failure since the engine was opened, resolved or not.
    pub last_failure: Option<Failure>,
    /// Size of the data on the medium, in bytes.
    pub size_bytes: u64,
    /// The last committed transaction.
    pub revision: Revision,
    /// Duration of the last group commit, from its first statement to the acknowledgement of the
    /// medium; `None` before the first.
    pub commit_latency: Option<Duration>,
    /// Number of transactions that wait for the writer.
    pub queued: usize,
    /// Database connections, for engines that have any.
    pub connections: Option<Connections>,
}

/// A failure and its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Seconds since 1970-01-01 UTC.
    pub at: i64,
    /// The cause.
    pub reason: String,
}

/// Number of connections to a database server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connections {
    /// Maximum.
    pub max: usize,
    /// In use.
    pub in_use: usize,
    /// Open and unused.
    pub idle: usize,
}

/// A storage engine. The crate documentation defines the guarantees that every engine gives.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Returns the entry under a key; `None` if there is none or it has expired.
    async fn get(&self, key: &Key) -> Result<Option<Entry>, StoreError>;

    /// Returns entries in key order, all from one snapshot.
    async fn scan(&self, scan: Scan) -> Result<Vec<Entry>, StoreError>;

    /// Commits a transaction. On return it is durable and visible to every later read.
    async fn commit(&self, txn: Txn) -> Result<Revision, CommitError>;

    /// Returns the changes after a revision, in order: at most `limit`, but always whole
    /// transactions.
    async fn changes(&self, after: Revision, limit: usize) -> Result<Vec<Change>, ChangesError>;

    /// Returns the last revision that changed any key of these collections; 0 if none did since the
    /// store was opened or created.
    ///
    /// Cheap enough for every request: caches above the store depend on it. Like every read, it
    /// sees every acknowledged write of every server.
    async fn last_modified(&self, collections: &[&str]) -> Result<Revision, StoreError>;

    /// Deletes up to `limit` expired entries and returns how many it deleted.
    async fn sweep(&self, limit: usize) -> Result<usize, StoreError>;

    /// Returns the status of the engine.
    async fn health(&self) -> Health;

    /// Exports all entries of one snapshot, while reads and writes continue.
    async fn export(&self) -> Result<Export, StoreError>;

    /// Writes a [backup](crate::backup) of one snapshot to a new file, while reads and writes
    /// continue.
    async fn backup(&self, to: &Path) -> Result<(), StoreError>;

    /// Reads everything. Returns the first inconsistency as an error.
    async fn verify(&self) -> Result<VerifyReport, StoreError>;

    /// Completes the queued work, then rejects further calls.
    async fn close(&self);
}

impl From<BadKey> for StoreError {
    fn from(bad: BadKey) -> Self {
        Self::Failed(bad.to_string())
    }
}
