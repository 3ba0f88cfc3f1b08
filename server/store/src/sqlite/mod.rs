//! The embedded engine: SQLite in one file, one writer, many readers.
//!
//! Writes go through a bounded queue to one thread ([`writer`]), which commits everything that
//! waits as one group: many callers share one sync of the disk. Reads use connections of their
//! own, each with its own snapshot, and never wait for the writer ([`readers`]): on threads that may
//! block, or a single value at once where it is asked for ([`turns`]). Values that are asked for often
//! come from memory ([`cache`]). A third thread moves the log into the database file
//! ([`checkpoint`]).

mod backup;
mod cache;
mod checkpoint;
mod export;
mod failure;
mod feed;
mod file;
mod group;
pub mod maintenance;
mod mark;
mod options;
mod readers;
mod rows;
mod schema;
mod shared;
mod turns;
mod verify;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use tokio::sync::oneshot;

use self::cache::Cache;
use self::checkpoint::{CheckpointMode, Checkpointer};
use self::feed::Feed;
use self::file::Role;
use self::mark::Mark;
use self::readers::{Readers, closed};
use self::shared::Shared;
use self::writer::Writer;
use crate::queue::{Queue, queue};
use crate::{
    Change, ChangesError, Clock, CommitError, Entry, Export, Health, Key, Revision, Scan, Store,
    StoreError, Txn, VerifyReport,
};

pub(crate) use self::backup::write_backup;
pub use self::options::{Durability, OpenError, SqliteOptions};

/// The embedded engine.
///
/// To be [closed](Store::close) before its folder is opened again. Dropped without that, it
/// finishes what was queued in the background.
pub struct SqliteStore {
    shared: Arc<Shared>,
    readers: Arc<Readers>,
    queue: Queue,
}

impl SqliteStore {
    /// Opens the database in the folder, creating both if they are not there. Blocks: it reads and
    /// may write files.
    ///
    /// A folder it creates belongs to its owner alone, and so do the files in any folder.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(
        dir: &Path,
        options: SqliteOptions,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let lock = file::claim(dir)?;
        let path = dir.join(file::DATABASE);
        file::create(&path)?;
        let mut db = file::connect(&path, Role::Writer(options.durability))?;
        // If the last sync before the end failed, the system may take for written what is not on
        // the disk. Moved from the log into the database, all of it is written anew.
        checkpoint::step(&db, CheckpointMode::TRUNCATE)?;
        schema::migrate(&mut db)?;
        let (revision, _) = rows::state(&db)?;
        let mark = Mark::open(dir, options.durability, revision)?;
        let feed = Feed::open(&db, options.feed)?;
        let cache = Cache::new(options.cache_bytes);
        let shared = Arc::new(Shared::new(path, clock, cache, revision));
        let checkpointer = Checkpointer::start(&mut db, &shared, options.durability)?;
        let (queue, jobs) = queue(options.queue, options.queue_bytes);
        let readers = Arc::new(Readers::new(Arc::clone(&shared), options.readers));
        let writer =
            Writer { db, jobs, shared: Arc::clone(&shared), checkpointer, feed, mark, lock };
        std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writer.run())
            .map_err(file::at(dir))?;
        Ok(Self { shared, readers, queue })
    }

    /// The writer has ended; why.
    fn stopped(&self) -> StoreError {
        let unknown = || StoreError::Stopped("the writer has ended".to_owned());
        self.shared.failed().unwrap_or_else(unknown)
    }

    fn refuse_when_closing(&self) -> Result<(), StoreError> {
        if self.shared.closing.load(Ordering::Relaxed) { Err(closed()) } else { Ok(()) }
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn get(&self, key: &Key) -> Result<Option<Entry>, StoreError> {
        self.refuse_when_closing()?;
        let stored = match self.shared.cache.get(key) {
            Some(held) => held,
            None => {
                let (key, shared) = (key.clone(), Arc::clone(&self.shared));
                let read = move |db: &mut rusqlite::Connection| {
                    let ticket = shared.cache.ticket(&key);
                    let stored = rows::get(db, &key)?;
                    shared.cache.offer(ticket, &key, stored.clone());
                    Ok(stored)
                };
                self.readers.brief(read).await?
            }
        };
        let now = self.shared.clock.now();
        let entry = stored.map(|stored| stored.entry(key.clone()));
        Ok(entry.filter(|entry| entry.alive(now)))
    }

    async fn scan(&self, scan: Scan) -> Result<Vec<Entry>, StoreError> {
        let now = self.shared.clock.now();
        self.readers.run(move |db| rows::scan(db, &scan, now)).await
    }

    async fn commit(&self, txn: Txn) -> Result<Revision, CommitError> {
        self.queue.commit(txn, || self.stopped()).await
    }

    async fn changes(&self, after: Revision, limit: usize) -> Result<Vec<Change>, ChangesError> {
        let read = self.readers.run(move |db| feed::changes(db, after, limit)).await?;
        read.map_err(|oldest| ChangesError::TooOld { oldest })
    }

    async fn last_modified(&self, rooms: &[&str]) -> Result<Revision, StoreError> {
        self.refuse_when_closing()?;
        Ok(self.shared.last_modified(rooms))
    }

    async fn sweep(&self, limit: usize) -> Result<usize, StoreError> {
        self.queue.sweep(limit, || self.stopped()).await
    }

    async fn health(&self) -> Health {
        if self.shared.troubled() {
            // Whoever is told that nothing can be written sends nothing more: then only this finds
            // out when there is room again. If it fails, that is what is told below.
            let _ = self.queue.probe(|| self.stopped()).await;
        }
        let path = self.shared.path.clone();
        let measure = move || {
            let mut log = path.clone().into_os_string();
            log.push("-wal");
            let files = [path.into_os_string(), log];
            files.iter().map(|file| std::fs::metadata(file).map_or(0, |data| data.len())).sum()
        };
        let gone = self.queue.is_closed().then(|| self.stopped().to_string());
        Health {
            engine: "sqlite",
            failure: self.shared.complaint().or(gone),
            last_failure: self.shared.last_failure(),
            size_bytes: tokio::task::spawn_blocking(measure).await.unwrap_or(0),
            revision: self.shared.revision.load(Ordering::Acquire),
            commit_latency: self.shared.commit_latency(),
            queued: self.queue.waiting(),
            connections: None,
        }
    }

    async fn export(&self) -> Result<Export, StoreError> {
        let (begun, export) = oneshot::channel();
        let readers = Arc::clone(&self.readers);
        let reading =
            tokio::spawn(async move { readers.run(move |db| export::export(db, begun)).await });
        match export.await {
            Ok(export) => Ok(export),
            // It ended before it had begun; why.
            Err(_) => match reading.await {
                Ok(Err(error)) => Err(error),
                Ok(Ok(())) | Err(_) => Err(self.stopped()),
            },
        }
    }

    async fn backup(&self, to: &Path) -> Result<(), StoreError> {
        let (to, shared) = (to.to_owned(), Arc::clone(&self.shared));
        self.readers.run(move |db| Ok(backup::backup(db, &to, &shared.closing))).await?
    }

    async fn verify(&self) -> Result<VerifyReport, StoreError> {
        let shared = Arc::clone(&self.shared);
        self.readers.run(move |db| verify::verify(db, &shared)).await
    }

    async fn close(&self) {
        self.shared.closing.store(true, Ordering::Relaxed);
        self.readers.close().await;
        self.queue.close().await;
    }
}
