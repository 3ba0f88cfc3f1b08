//! The engine for several servers: PostgreSQL, one writer for each server, one order for all.
//!
//! Writes go through a bounded queue to one task ([`writer`]), which commits everything that waits
//! as one group ([`group`]). A group first locks the one row of the table `state` ([`turn`]): that
//! is its turn among all servers, and what gives revisions their one order. Reads are single
//! statements on connections of their own ([`pool`], [`rows`]); nothing is remembered of them, so
//! what one server has acknowledged, every server shows with its next read.

mod address;
mod export;
mod failure;
mod feed;
mod group;
mod load;
mod options;
mod pool;
mod rows;
mod schema;
mod shared;
mod statements;
mod tls;
mod turn;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use tokio::sync::oneshot;

use self::address::Address;
use self::load::{Existing, LoadOutcome};
use self::pool::Connector;
use self::shared::Shared;
use self::writer::Writer;
use crate::queue::{Queue, queue};
use crate::{
    Change, ChangesError, Clock, CommitError, CompactReport, Entry, Export, Health, Key, Revision,
    Scan, Store, StoreError, Txn, VerifyReport, sqlite,
};

pub use self::options::{OpenError, PostgresOptions};

/// The engine for several servers.
///
/// Dropped without being [closed](Store::close), it finishes what was queued in the background.
pub struct PostgresStore {
    shared: Arc<Shared>,
    connector: Connector,
    queue: Queue,
}

impl PostgresStore {
    /// Connects to the database, and makes the schema and its tables if they are not there. Needs
    /// a Tokio runtime, on which the writer then runs.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(
        url: &str,
        options: PostgresOptions,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let named = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let schema = &options.schema;
        let digit_first = schema.starts_with(|c: char| c.is_ascii_digit());
        if schema.is_empty() || schema.len() > 63 || digit_first || !schema.chars().all(named) {
            return Err(OpenError::Schema(schema.clone()));
        }
        let address = Address::parse(url, options.timeout)?;
        let database =
            |error: StoreError| OpenError::Database(format!("{}: {error}", address.shown()));
        let connector = Connector::new(&address, &options)?;
        let mut first = connector.get().await.map_err(database)?;
        schema::migrate(&mut first, &options.schema, options.create).await?;
        let (revision, size) = rows::state(&first).await.map_err(database)?;
        drop(first);
        let shared = Arc::new(Shared::new(clock, revision));
        shared.size_bytes.store(size, Ordering::Relaxed);
        let (queue, jobs) = queue(options.queue, options.queue_bytes);
        let writer = Writer::new(connector.clone(), jobs, Arc::clone(&shared), options.feed);
        tokio::spawn(writer.run());
        Ok(Self { shared, connector, queue })
    }

    /// Makes this store, to which nothing was ever written, of what another one holds: all or
    /// nothing.
    ///
    /// Entries keep their revisions; the store goes on with revisions that were never given out,
    /// and with an empty change feed.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn load(&self, export: Export) -> Result<(), OpenError> {
        self.load_over(export, Existing::MustBeEmpty).await
    }

    /// Puts what another store holds in the place of what this one holds: all or nothing.
    ///
    /// Servers that are at work on it go on with what is there afterwards; what they wrote before is
    /// gone. Revisions are as with [`PostgresStore::load`].
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn replace(&self, export: Export) -> Result<(), OpenError> {
        self.load_over(export, Existing::Replace).await
    }

    async fn load_over(&self, export: Export, existing: Existing) -> Result<(), OpenError> {
        let database = |error: StoreError| OpenError::Database(error.to_string());
        let db = self.connector.get().await.map_err(database)?;
        match load::load(db, export, existing).await.map_err(database)? {
            LoadOutcome::Loaded => Ok(()),
            LoadOutcome::NotEmpty => Err(OpenError::NotEmpty),
        }
    }

    /// Removes what has expired and gives the room of what was deleted back to the file system. Each
    /// table in turn is locked while it is rewritten: servers answer that they cannot reach the
    /// store if that takes longer than their timeout.
    ///
    /// # Errors
    /// If the database fails, or does not get a table for itself in time.
    pub async fn compact(&self) -> Result<CompactReport, StoreError> {
        while self.sweep(1_000).await? > 0 {}
        let db = self.connector.get().await?;
        let before = rows::state(&db).await?.1;
        for table in rows::TABLES {
            // A statement of its own each: it cannot be part of a transaction.
            let vacuum = format!("VACUUM (FULL, ANALYZE) {table}");
            db.batch_execute(&vacuum).await.map_err(failure::told)?;
        }
        Ok(CompactReport { bytes_before: before, bytes_after: rows::state(&db).await?.1 })
    }

    /// The writer has ended; why.
    fn ended(&self) -> StoreError {
        self.shared.stopped().unwrap_or_else(failure::closed)
    }

    /// What stands in the way of writing now, if anything does, after looking.
    async fn ailing(&self) -> Option<StoreError> {
        let seen = async {
            if let Some(stopped) = self.shared.stopped() {
                return Err(stopped);
            }
            let (revision, size) = rows::state(&self.connector.get().await?).await?;
            self.shared.heard_of(revision);
            self.shared.size_bytes.store(size, Ordering::Relaxed);
            if self.shared.troubled() {
                // Reading works. Somebody has to find out when writing does again.
                return self.queue.probe(|| self.ended()).await;
            }
            Ok(())
        };
        let late = || StoreError::Unavailable("the database does not answer".to_owned());
        let seen = tokio::time::timeout(self.connector.timeout(), seen).await;
        let ailing = seen.unwrap_or_else(|_| Err(late())).err()?;
        self.shared.remember(&ailing);
        Some(ailing)
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn get(&self, key: &Key) -> Result<Option<Entry>, StoreError> {
        let entry = rows::get(&self.connector.get().await?, key).await?;
        let now = self.shared.clock.now();
        Ok(entry.filter(|entry| entry.alive(now)))
    }

    async fn scan(&self, scan: Scan) -> Result<Vec<Entry>, StoreError> {
        let now = self.shared.clock.now();
        rows::scan(&self.connector.get().await?, &scan, now).await
    }

    async fn commit(&self, txn: Txn) -> Result<Revision, CommitError> {
        self.queue.commit(txn, || self.ended()).await
    }

    async fn changes(&self, after: Revision, limit: usize) -> Result<Vec<Change>, ChangesError> {
        let read = feed::changes(&self.connector.get().await?, after, limit).await?;
        read.map_err(|oldest| ChangesError::TooOld { oldest })
    }

    async fn last_modified(&self, rooms: &[&str]) -> Result<Revision, StoreError> {
        rows::last_modified(&self.connector.get().await?, rooms).await
    }

    async fn sweep(&self, limit: usize) -> Result<usize, StoreError> {
        if self.queue.is_closed() {
            return Err(self.ended());
        }
        // Every server sweeps. Most find nothing, and must not take the writers' turn for it.
        let now = self.shared.clock.now();
        if rows::expired(&self.connector.get().await?, now, limit.min(1)).await?.is_empty() {
            return Ok(0);
        }
        self.queue.sweep(limit, || self.ended()).await
    }

    async fn health(&self) -> Health {
        let failure = self.ailing().await.map(|error| error.to_string());
        Health {
            engine: "postgres",
            failure,
            last_failure: self.shared.last_failure(),
            size_bytes: self.shared.size_bytes.load(Ordering::Relaxed),
            revision: self.shared.revision.load(Ordering::Acquire),
            commit_latency: self.shared.commit_latency(),
            queued: self.queue.waiting(),
            connections: Some(self.connector.connections()),
        }
    }

    async fn export(&self) -> Result<Export, StoreError> {
        let (begun, export) = oneshot::channel();
        tokio::spawn(export::export(self.connector.get().await?, begun));
        export.await.unwrap_or_else(|_| Err(self.ended()))
    }

    /// The copy is a database file of the embedded engine, from which either engine can go on.
    async fn backup(&self, to: &Path) -> Result<(), StoreError> {
        sqlite::write_backup(self.export().await?, to).await
    }

    async fn verify(&self) -> Result<VerifyReport, StoreError> {
        export::verify(self.connector.get().await?, self.shared.clock.now()).await
    }

    async fn close(&self) {
        self.queue.close().await;
        self.connector.close();
    }
}
