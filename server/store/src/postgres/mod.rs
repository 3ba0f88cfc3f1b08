//! The engine for several servers: PostgreSQL with one writer per server and one order for all.
//!
//! Writes go through a bounded queue to one task ([`writer`]), which commits all waiting
//! transactions as one group ([`group`]). A group first locks the only row of the table `state`
//! ([`group_commit`]), which gives revisions their one order across servers. Reads are single
//! statements on separate connections ([`pool`], [`rows`]). Nothing is cached, so every server sees
//! the acknowledged writes of all servers with its next read.

mod address;
mod export;
mod failure;
mod feed;
mod group;
mod group_commit;
mod load;
mod options;
mod pool;
mod rows;
mod schema;
mod shared;
mod statements;
mod tls;
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
    Scan, Store, StoreError, Txn, VerifyReport, backup,
};

pub use self::options::{OpenError, PostgresOptions};

/// The engine for several servers.
///
/// If it is dropped without being [closed](Store::close), the queued work is completed in the
/// background.
pub struct PostgresStore {
    shared: Arc<Shared>,
    connector: Connector,
    queue: Queue,
}

impl PostgresStore {
    /// Connects to the database and creates or migrates the tables. Must be called in a Tokio
    /// runtime, on which the writer runs.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(
        url: &str,
        options: PostgresOptions,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let schema = &options.schema;
        let digit_first = schema.starts_with(|c: char| c.is_ascii_digit());
        if schema.is_empty() || schema.len() > 63 || digit_first || !schema.chars().all(valid) {
            return Err(OpenError::Schema(schema.clone()));
        }
        let address = Address::parse(url, options.timeout)?;
        let database =
            |error: StoreError| OpenError::Database(format!("{}: {error}", address.redacted()));
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

    /// Loads an export into this store, to which nothing was ever written, in one transaction.
    ///
    /// Entries keep their revisions; the store continues with revisions that were never assigned,
    /// and with an empty change feed.
    ///
    /// # Errors
    /// [`OpenError::NotEmpty`] if the store has committed transactions; [`OpenError::Database`].
    pub async fn load(&self, export: Export) -> Result<(), OpenError> {
        self.load_over(export, Existing::MustBeEmpty).await
    }

    /// Replaces the content of this store with an export, in one transaction.
    ///
    /// Running servers continue with the new content; their previous writes are lost. Revisions are
    /// assigned as after [`PostgresStore::load`].
    ///
    /// # Errors
    /// [`OpenError::Database`].
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

    /// Deletes expired entries and returns the disk space of deleted data to the file system.
    ///
    /// Each table is locked while it is rewritten. Calls of running servers fail with
    /// [`StoreError::Unavailable`] if that takes longer than their timeout.
    ///
    /// # Errors
    /// If the database fails, or a table cannot be locked within the timeout.
    pub async fn compact(&self) -> Result<CompactReport, StoreError> {
        while self.sweep(1_000).await? > 0 {}
        let db = self.connector.get().await?;
        let bytes_before = rows::state(&db).await?.1;
        for table in rows::TABLES {
            // VACUUM cannot run in a transaction, so each is a separate statement.
            let vacuum = format!("VACUUM (FULL, ANALYZE) {table}");
            db.batch_execute(&vacuum).await.map_err(failure::store_error)?;
        }
        Ok(CompactReport { bytes_before, bytes_after: rows::state(&db).await?.1 })
    }

    /// Why the writer has ended.
    fn ended(&self) -> StoreError {
        self.shared.stopped().unwrap_or_else(failure::closed)
    }

    /// Runs a read that takes milliseconds. Fails if the database does not respond: such reads are the
    /// first part of every request, so all requests fail soon.
    async fn with_timeout<T>(
        &self,
        read: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let read = tokio::time::timeout(self.connector.timeout(), read).await;
        read.unwrap_or_else(|_| Err(failure::no_response()))
    }

    /// Checks the database. Returns why writes fail now; `None` if they succeed.
    async fn probe(&self) -> Option<StoreError> {
        let probed = async {
            if let Some(stopped) = self.shared.stopped() {
                return Err(stopped);
            }
            let (revision, size) = rows::state(&self.connector.get().await?).await?;
            self.shared.advance_revision(revision);
            self.shared.size_bytes.store(size, Ordering::Relaxed);
            if self.shared.is_degraded() {
                // Reads succeed. Callers that know of the failure may have stopped writing, so only
                // this probe finds out when writes succeed again.
                return self.queue.probe(|| self.ended()).await;
            }
            Ok(())
        };
        let failure = self.with_timeout(probed).await.err()?;
        self.shared.record_last_failure(&failure);
        Some(failure)
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn get(&self, key: &Key) -> Result<Option<Entry>, StoreError> {
        let read = async { rows::get(&self.connector.get().await?, key).await };
        let entry = self.with_timeout(read).await?;
        let now = self.shared.clock.now();
        Ok(entry.filter(|entry| entry.is_live(now)))
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

    async fn last_modified(&self, collections: &[&str]) -> Result<Revision, StoreError> {
        let read = async { rows::last_modified(&self.connector.get().await?, collections).await };
        self.with_timeout(read).await
    }

    async fn sweep(&self, limit: usize) -> Result<usize, StoreError> {
        if self.queue.is_closed() {
            return Err(self.ended());
        }
        // Every server sweeps. Most find nothing, and must not take the lock of the writers for it.
        let now = self.shared.clock.now();
        if rows::expired(&self.connector.get().await?, now, limit.min(1)).await?.is_empty() {
            return Ok(0);
        }
        self.queue.sweep(limit, || self.ended()).await
    }

    fn is_shared(&self) -> bool {
        true
    }

    async fn health(&self) -> Health {
        let failure = self.probe().await.map(|error| error.to_string());
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
        let (started, export) = oneshot::channel();
        tokio::spawn(export::export(self.connector.get().await?, started));
        export.await.unwrap_or_else(|_| Err(self.ended()))
    }

    async fn backup(&self, to: &Path) -> Result<(), StoreError> {
        backup::write(self.export().await?, to).await
    }

    async fn verify(&self) -> Result<VerifyReport, StoreError> {
        export::verify(self.connector.get().await?, self.shared.clock.now()).await
    }

    async fn close(&self) {
        self.queue.close().await;
        self.connector.close();
    }
}
