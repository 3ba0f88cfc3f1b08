//! What can be chosen about the PostgreSQL engine, and why it may refuse to open.

use std::path::PathBuf;
use std::time::Duration;

use super::failure;
use crate::FeedLimits;
use crate::sqlite::Durability;

/// What can be chosen about the engine. `PostgresOptions::default()` is right for most.
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    /// What an acknowledged write has survived. [`Durability::Relaxed`] is PostgreSQL's
    /// `synchronous_commit = off`.
    pub durability: Durability,
    /// The schema that holds the tables. Stores in different schemas know nothing of each other.
    pub schema: String,
    /// Whether to make the schema and its tables if they are not there.
    pub create: bool,
    /// Most transactions that wait for the writer; the next one is answered
    /// [`Overloaded`](crate::StoreError::Overloaded).
    pub queue: usize,
    /// Most bytes of transactions that wait for the writer; beyond them likewise.
    pub queue_bytes: usize,
    /// Connections for reads. The writer has one more.
    pub connections: usize,
    /// How long anything waits for the database: for a connection to be made, for one to be free,
    /// for a group to be committed. Then the caller is told that it
    /// [cannot be reached](crate::StoreError::Unavailable).
    pub timeout: Duration,
    /// How much of the change feed is kept. The same on all servers of one database.
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

/// Why the engine could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address of the database cannot be understood. It is not repeated: it may hold a
    /// password.
    #[error("the address of the database is not understood: {0}")]
    Address(String),
    /// The name of the schema is not one that needs no quotes.
    #[error(
        "{0:?} cannot be the name of a schema: use lower-case letters, digits and _, at most 63"
    )]
    Schema(String),
    /// The schema holds something, but not a store of this program.
    #[error("the schema {0} holds tables that are not of this server")]
    Foreign(String),
    /// The tables were written by a later version.
    #[error("the database has format {found}; this version reads up to format {known}")]
    TooNew {
        /// The tables' format.
        found: i32,
        /// The last format this version knows.
        known: i32,
    },
    /// There are no tables, and none were to be made.
    #[error("there is no store in the schema {0}")]
    Missing(String),
    /// A store was to be filled in which something was written before.
    #[error("there is a store already, and something was written to it")]
    NotEmpty,
    /// A certificate file cannot be used.
    #[error("{path}: {reason}")]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// No connection could be set up securely.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
    /// The database could not be reached, or refused.
    #[error("the database cannot be opened: {0}")]
    Database(String),
}

impl From<tokio_postgres::Error> for OpenError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(failure::text(&error))
    }
}
