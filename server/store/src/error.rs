//! Failures of an engine.

use crate::BadKey;

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

impl From<BadKey> for StoreError {
    fn from(bad: BadKey) -> Self {
        Self::Failed(bad.to_string())
    }
}
