//! Options of the SQLite engine, and the errors of opening and maintaining a store directory.

use std::path::PathBuf;

use super::failure::is_disk_full;
use crate::{Durability, FeedLimits, Revision, StoreError};

/// Options of the engine. The defaults suit most installations.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    /// Which failures an acknowledged write survives. Default [`Durability::Disk`].
    pub durability: Durability,
    /// Maximum number of transactions that wait for the writer; beyond it, writes fail with
    /// [`StoreError::Overloaded`]. Default 4,096.
    pub queue: usize,
    /// Maximum total size in bytes of the transactions that wait for the writer; beyond it, writes
    /// fail with [`StoreError::Overloaded`]. Default 64 MiB.
    pub queue_bytes: usize,
    /// Number of connections for reads, and so the maximum number of concurrent reads. Default 4.
    pub readers: usize,
    /// Size of the cache of frequently read values, in bytes; 0 for no cache. Default 32 MiB.
    pub cache_bytes: u64,
    /// Limits of the change feed.
    pub feed: FeedLimits,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            durability: Durability::Disk,
            queue: 4096,
            queue_bytes: 64 << 20,
            readers: 4,
            cache_bytes: 32 << 20,
            feed: FeedLimits::default(),
        }
    }
}

/// Why a store directory or a backup file could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// This or another process has the directory open.
    #[error("{0} is in use by another server")]
    Locked(PathBuf),
    /// The file is a database, but of another program.
    #[error("{0} is not a database of this server")]
    Foreign(PathBuf),
    /// A newer version wrote the file.
    #[error(
        "the database has format {found}, but this version supports formats up to {known}: use \
         the version that wrote it, or a newer one"
    )]
    TooNew {
        /// The format of the file.
        found: i64,
        /// The newest supported format.
        known: i64,
    },
    /// Acknowledged writes are missing.
    #[error(
        "acknowledged writes are missing: revision {recorded} was acknowledged, but the database \
         ends at revision {found}, so the end of its log is missing or damaged. Restore a backup, \
         or remove {mark} to continue without the missing writes"
    )]
    Lost {
        /// The last acknowledged revision.
        recorded: Revision,
        /// The last revision in the database.
        found: Revision,
        /// The file with the recorded revision.
        mark: PathBuf,
    },
    /// The disk is full, and the database cannot be opened without free space.
    #[error(
        "the disk of {0} is full, and the store cannot be opened: free at least 1 MiB or move the \
         directory to a larger disk, then start again. No acknowledged write is lost"
    )]
    Full(PathBuf),
    /// There is no database.
    #[error("there is no store in {0}")]
    Missing(PathBuf),
    /// The file to write, or a database in the directory, already exists.
    #[error("{0} already exists")]
    Exists(PathBuf),
    /// A file or directory could not be created, read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The source of a copy could not be read.
    #[error(transparent)]
    Source(StoreError),
    /// SQLite failed.
    #[error("the database cannot be opened: {0}")]
    Database(#[from] rusqlite::Error),
}

impl OpenError {
    /// Whether the disk has no space.
    pub(super) fn is_disk_full(&self) -> bool {
        match self {
            Self::Database(error) => is_disk_full(error),
            Self::Io { source, .. } => source.kind() == std::io::ErrorKind::StorageFull,
            _ => false,
        }
    }
}
