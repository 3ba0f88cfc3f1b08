//! The embedded engine: a SQLite database file with one writer and many readers.
//!
//! Writes go through a bounded queue to one thread ([`writer`]), which commits all waiting
//! transactions as one group, so that many callers share one sync. Reads use separate connections,
//! each with its own snapshot, and never wait for the writer ([`readers`]). They run on blocking
//! threads; reads of single values run inline if possible ([`inline_reads`]). Frequently read values
//! are cached ([`cache`]). A third thread copies the log into the database file ([`checkpoint`]).

pub(crate) mod backup_file;
mod cache;
mod checkpoint;
mod connection;
mod copy;
mod directory;
mod export;
mod failure;
mod feed;
mod group;
mod high_water_mark;
mod inline_reads;
mod last_modified;
pub mod maintenance;
mod options;
mod paths;
mod readers;
mod reserve;
mod rows;
mod schema;
mod shared;
mod verify;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use async_trait::async_trait;
use rusqlite::Connection;
use tokio::sync::oneshot;

use self::cache::Cache;
use self::checkpoint::{CheckpointMode, Checkpointer};
use self::connection::{Role, connect};
use self::feed::Feed;
use self::high_water_mark::HighWaterMark;
use self::last_modified::Lookup;
use self::readers::{Readers, closed};
use self::reserve::Reserve;
use self::shared::Shared;
use self::writer::Writer;
use crate::queue::{Queue, queue};
use crate::{
    Change, ChangesError, Clock, CommitError, Entry, Export, Health, Key, Revision, Scan, Store,
    StoreError, Txn, VerifyReport,
};

pub use self::options::{OpenError, SqliteOptions};

/// The embedded engine.
///
/// Must be [closed](Store::close) before its directory is opened again. If it is dropped without
/// that, the queued work is completed in the background.
pub struct SqliteStore {
    shared: Arc<Shared>,
    readers: Arc<Readers>,
    queue: Queue,
}

impl SqliteStore {
    /// Opens the database in the directory, creating both if they do not exist. Blocks on file
    /// operations.
    ///
    /// The directory is created with mode 0700, and files with mode 0600. An existing directory gets
    /// mode 0700 if it contains nothing but a store.
    ///
    /// If the disk is full, the store may open without accepting writes: see [`Store::health`].
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(
        dir: &Path,
        options: SqliteOptions,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let lock = directory::lock_dir(dir)?;
        let mut reserve = Reserve::open(dir);
        let opened = match Opened::open(dir, &options) {
            Err(error) if error.is_disk_full() && reserve.release() => Opened::open(dir, &options),
            opened => opened,
        };
        let Opened { mut db, revision, mark, mut log_copied } = opened.map_err(|error| {
            if error.is_disk_full() { OpenError::Full(dir.to_owned()) } else { error }
        })?;
        if !log_copied && reserve.release() {
            log_copied = checkpoint::copy_all(&db)?;
        }
        let now = Instant::now();
        reserve.take(now);
        if reserve.is_released() {
            writer::limit_growth(&db, reserve.size() / 4)?;
        }
        let feed = Feed::open(&db, options.feed)?;
        let cache = Cache::new(options.cache_bytes);
        let shared = Arc::new(Shared::new(dir.join(paths::DATABASE), clock, cache, revision));
        if !log_copied || reserve.is_released() {
            shared.record_failure(writer::FULL.to_owned());
        }
        let checkpointer = Checkpointer::start(&mut db, &shared, options.durability)?;
        let (queue, jobs) = queue(options.queue, options.queue_bytes);
        let readers = Arc::new(Readers::new(Arc::clone(&shared), options.readers));
        let shared_by_writer = Arc::clone(&shared);
        let writer = Writer {
            db,
            jobs,
            shared: shared_by_writer,
            checkpointer,
            feed,
            mark,
            reserve,
            log_copied,
            last_copy: now,
            lock,
        };
        std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writer.run())
            .map_err(paths::with_path(dir))?;
        Ok(Self { shared, readers, queue })
    }

    /// Whether users other than the owner of the directory may list it or replace its files. Files of
    /// the store have mode 0600 in any case.
    #[must_use]
    pub fn is_accessible_to_others(dir: &Path) -> bool {
        directory::is_accessible_to_others(dir)
    }

    /// Why the writer has ended.
    fn stopped(&self) -> StoreError {
        let unknown = || StoreError::Stopped("the writer has ended".to_owned());
        self.shared.stopped().unwrap_or_else(unknown)
    }

    fn check_open(&self) -> Result<(), StoreError> {
        if self.shared.closing.load(Ordering::Relaxed) { Err(closed()) } else { Ok(()) }
    }
}

/// An open database, before any thread uses it.
struct Opened {
    db: Connection,
    revision: Revision,
    mark: HighWaterMark,
    /// Whether the log was copied completely. Not if the disk is full.
    log_copied: bool,
}

impl Opened {
    fn open(dir: &Path, options: &SqliteOptions) -> Result<Self, OpenError> {
        let path = dir.join(paths::DATABASE);
        paths::create_file(&path)?;
        let mut db = connect(&path, Role::Writer(options.durability))?;
        // If the last sync failed, the kernel may take pages for written that are not on disk.
        // Copying the log into the database writes all of them again. Until that is done, the writer
        // acknowledges nothing.
        let log_copied = checkpoint::copy_all(&db)?;
        if log_copied {
            checkpoint::step(&db, CheckpointMode::TRUNCATE)?;
        }
        schema::migrate(&mut db)?;
        let (revision, _) = rows::state(&db)?;
        let mark = HighWaterMark::open(dir, options.durability, revision)?;
        Ok(Self { db, revision, mark, log_copied })
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn get(&self, key: &Key) -> Result<Option<Entry>, StoreError> {
        self.check_open()?;
        let stored = match self.shared.cache.get(key) {
            Some(cached) => cached,
            None => {
                let (key, shared) = (key.clone(), Arc::clone(&self.shared));
                let read = move |db: &mut rusqlite::Connection| {
                    let ticket = shared.cache.ticket(&key);
                    let stored = rows::get(db, &key)?;
                    shared.cache.offer(ticket, &key, stored.clone());
                    Ok(stored)
                };
                self.readers.read_inline(read).await?
            }
        };
        let now = self.shared.clock.now();
        let entry = stored.map(|stored| stored.into_entry(key.clone()));
        Ok(entry.filter(|entry| entry.is_live(now)))
    }

    async fn scan(&self, scan: Scan) -> Result<Vec<Entry>, StoreError> {
        let now = self.shared.clock.now();
        self.readers.read_blocking(move |db| rows::scan(db, &scan, now)).await
    }

    async fn commit(&self, txn: Txn) -> Result<Revision, CommitError> {
        self.queue.commit(txn, || self.stopped()).await
    }

    async fn changes(&self, after: Revision, limit: usize) -> Result<Vec<Change>, ChangesError> {
        let read = self.readers.read_blocking(move |db| feed::changes(db, after, limit)).await?;
        read.map_err(|oldest| ChangesError::TooOld { oldest })
    }

    async fn last_modified(&self, collections: &[&str]) -> Result<Revision, StoreError> {
        self.check_open()?;
        match self.shared.last_modified.get(collections) {
            Lookup::Known(revision) => Ok(revision),
            Lookup::Committing { committed_at, before, after } => {
                let (revision, _) = self.readers.read_inline(|db| rows::state(db)).await?;
                Ok(if revision >= committed_at { after } else { before })
            }
        }
    }

    async fn sweep(&self, limit: usize) -> Result<usize, StoreError> {
        self.queue.sweep(limit, || self.stopped()).await
    }

    async fn health(&self) -> Health {
        if self.shared.is_degraded() {
            // Callers that know of the failure may have stopped writing. Then only this probe finds
            // out when writes succeed again. If it fails, the failure is reported below.
            let _ = self.queue.probe(|| self.stopped()).await;
        }
        let path = self.shared.path.clone();
        let measure = move || {
            let mut log = path.clone().into_os_string();
            log.push("-wal");
            let files = [path.into_os_string(), log];
            files.iter().map(|file| std::fs::metadata(file).map_or(0, |data| data.len())).sum()
        };
        let ended = self.queue.is_closed().then(|| self.stopped().to_string());
        Health {
            engine: "sqlite",
            failure: self.shared.write_failure().or(ended),
            last_failure: self.shared.last_failure(),
            size_bytes: tokio::task::spawn_blocking(measure).await.unwrap_or(0),
            revision: self.shared.revision.load(Ordering::Acquire),
            commit_latency: self.shared.commit_latency(),
            queued: self.queue.waiting(),
            connections: None,
        }
    }

    async fn export(&self) -> Result<Export, StoreError> {
        let (started, export) = oneshot::channel();
        let readers = Arc::clone(&self.readers);
        let reading = tokio::spawn(async move {
            readers.read_blocking(move |db| export::export(db, started)).await
        });
        match export.await {
            Ok(export) => Ok(export),
            // The export failed before it started.
            Err(_) => match reading.await {
                Ok(Err(error)) => Err(error),
                Ok(Ok(())) | Err(_) => Err(self.stopped()),
            },
        }
    }

    async fn backup(&self, to: &Path) -> Result<(), StoreError> {
        let (to, shared) = (to.to_owned(), Arc::clone(&self.shared));
        let copy = move |db: &mut rusqlite::Connection| Ok(copy::backup(db, &to, &shared.closing));
        let copied = self.readers.read_blocking(copy).await?;
        copied.map_err(|error| StoreError::Failed(error.to_string()))
    }

    async fn verify(&self) -> Result<VerifyReport, StoreError> {
        let shared = Arc::clone(&self.shared);
        self.readers.read_blocking(move |db| verify::verify(db, &shared)).await
    }

    async fn close(&self) {
        self.shared.closing.store(true, Ordering::Relaxed);
        self.readers.close().await;
        self.queue.close().await;
    }
}
