//! The [`Store`] trait that every engine implements, and the errors and status of its operations.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;

use crate::{
    Change, Entry, Export, Key, Precondition, Revision, Scan, StoreError, Txn, VerifyReport,
};

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

    /// Returns whether other servers may use the same data.
    fn is_shared(&self) -> bool {
        false
    }

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
