//! What can be chosen about the SQLite engine, and why it may refuse to open.

use std::path::PathBuf;

use crate::{FeedLimits, Revision, StoreError};

/// What an acknowledged write has survived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// It is on the disk: loss of power right after the answer does not take it back.
    #[default]
    Disk,
    /// It is with the operating system: the end of the process does not take it back, loss of
    /// power may take the last moments back, in whole transactions and newest first.
    Relaxed,
}

/// What can be chosen about the engine. `SqliteOptions::default()` is right for most.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    /// What an acknowledged write has survived.
    pub durability: Durability,
    /// Most transactions that wait for the writer; the next one is answered
    /// [`Overloaded`](crate::StoreError::Overloaded).
    pub queue: usize,
    /// Most bytes of transactions that wait for the writer; beyond them likewise.
    pub queue_bytes: usize,
    /// Connections for reads, and so the most reads that are under way at once.
    pub readers: usize,
    /// Memory for values that are read often, in bytes; 0 for none.
    pub cache_bytes: u64,
    /// How much of the change feed is kept.
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

/// Why the engine could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process, or this one, has the folder open.
    #[error("{0} is in use by another server")]
    Locked(PathBuf),
    /// The file is a database, but not of this program.
    #[error("{0} is not a database of this server")]
    Foreign(PathBuf),
    /// The file was written by a later version.
    #[error(
        "the database has format {found}, and this version knows formats up to {known}: use the \
         version that wrote it, or a later one"
    )]
    TooNew {
        /// The file's format.
        found: i64,
        /// The last format this version knows.
        known: i64,
    },
    /// Writes that were acknowledged are not there.
    #[error(
        "writes were acknowledged up to revision {noted}, but the database ends at {found}: the end \
         of its log is missing or damaged. Restore a backup, or remove {mark} to go on without them"
    )]
    Lost {
        /// The last acknowledged transaction.
        noted: Revision,
        /// The last transaction that is there.
        found: Revision,
        /// The file that says so.
        mark: PathBuf,
    },
    /// There is nothing to work on.
    #[error("there is no store in {0}")]
    Missing(PathBuf),
    /// A restore found a database where it was to put one.
    #[error("{0} exists already")]
    Exists(PathBuf),
    /// A file or folder could not be created or read.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What happened.
        source: std::io::Error,
    },
    /// What was to be written could not be read.
    #[error(transparent)]
    Source(StoreError),
    /// The database could not be opened or brought up to date.
    #[error("the database cannot be opened: {0}")]
    Database(#[from] rusqlite::Error),
}
