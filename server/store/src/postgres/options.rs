//! Options of the PostgreSQL engine, and the errors of opening and maintaining a store.

use std::path::PathBuf;
use std::time::Duration;

use super::failure;
use crate::{Durability, FeedLimits};

/// Options of the engine. The defaults suit most installations.
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    /// Which failures an acknowledged write survives. Default [`Durability::Disk`];
    /// [`Durability::Relaxed`] is `synchronous_commit = off`.
    pub durability: Durability,
    /// Schema that contains the tables: lower-case letters, digits and `_`, at most 63 characters,
    /// not starting with a digit. Stores in different schemas are independent. Default `sensu`.
    pub schema: String,
    /// Whether to create the schema and its tables if they do not exist. Default `true`.
    pub create: bool,
    /// Maximum number of transactions that wait for the writer; beyond it, writes fail with
    /// [`StoreError::Overloaded`](crate::StoreError::Overloaded). Default 4,096.
    pub queue: usize,
    /// Maximum total size in bytes of the transactions that wait for the writer; beyond it, writes
    /// fail with [`StoreError::Overloaded`](crate::StoreError::Overloaded). Default 64 MiB.
    pub queue_bytes: usize,
    /// Maximum number of connections for reads. The writer has one more. Default 16.
    pub connections: usize,
    /// Maximum wait for the database: for a new connection, for an idle connection, for a single value,
    /// or for the lock of another server. Afterwards the call fails with
    /// [`StoreError::Unavailable`](crate::StoreError::Unavailable). Default 5 seconds.
    pub timeout: Duration,
    /// Limits of the change feed. All servers of one database need the same limits.
    pub feed: FeedLimits,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            durability: Durability::Disk,
            schema: "sensu".to_owned(),
            create: true,
            queue: 4096,
            queue_bytes: 64 << 20,
            connections: 16,
            timeout: Duration::from_secs(5),
            feed: FeedLimits::default(),
        }
    }
}

/// Why a store could not be opened or loaded.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL of the database is invalid. The message does not repeat it, because it may contain a
    /// password.
    #[error("invalid database URL: {0}")]
    Address(String),
    /// The name of the schema needs quotes.
    #[error(
        "invalid schema name {0:?}: use lower-case letters, digits and _, at most 63 characters, \
         not starting with a digit"
    )]
    Schema(String),
    /// The schema contains tables of another program.
    #[error("the schema {0} contains tables of another program")]
    Foreign(String),
    /// A newer version wrote the tables.
    #[error("the database has format {found}, but this version supports formats up to {known}")]
    TooNew {
        /// The format of the tables.
        found: i32,
        /// The newest supported format.
        known: i32,
    },
    /// There are no tables, and [`PostgresOptions::create`] is not set.
    #[error("there is no store in the schema {0}")]
    Missing(String),
    /// The store to load into has committed transactions.
    #[error("the store already exists and is not empty")]
    NotEmpty,
    /// A certificate file cannot be used.
    #[error("{path}: {reason}")]
    Certificate {
        /// The file.
        path: PathBuf,
        /// Why it cannot be used.
        reason: String,
    },
    /// TLS cannot be configured.
    #[error("TLS cannot be configured: {0}")]
    Tls(String),
    /// The database is unreachable, or rejected a statement.
    #[error("the database cannot be opened: {0}")]
    Database(String),
}

impl From<tokio_postgres::Error> for OpenError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(failure::message(&error))
    }
}
