//! The only writer: a thread that takes all waiting jobs, commits them as one group, then replies.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::checkpoint::{self, CheckpointMode, Checkpointer};
use super::directory::Lock;
use super::failure::{is_disk_full, is_fatal, store_error};
use super::feed::Feed;
use super::group::Group;
use super::high_water_mark::HighWaterMark;
use super::reserve::{self, Reserve};
use super::shared::Shared;
use super::{paths, rows};
use crate::queue::{self, Job, Jobs};
use crate::{StoreError, Txn};

/// Minimum time between two attempts to copy the log that was found when the store was opened.
const COPY_INTERVAL: Duration = Duration::from_secs(1);

/// The state of the writer thread.
pub(super) struct Writer {
    pub(super) db: Connection,
    pub(super) jobs: Jobs,
    pub(super) shared: Arc<Shared>,
    pub(super) checkpointer: Checkpointer,
    pub(super) feed: Feed,
    pub(super) mark: HighWaterMark,
    pub(super) reserve: Reserve,
    /// Whether the log that was found when the store was opened was copied completely. Nothing is
    /// acknowledged before.
    pub(super) log_copied: bool,
    /// Last attempt to copy it.
    pub(super) last_copy: Instant,
    /// Held as long as the thread may write.
    pub(super) lock: Lock,
}

impl Writer {
    /// Runs until the store is closed or dropped and every waiting job has a reply.
    pub(super) fn run(mut self) {
        while let Some(mut batch) = self.jobs.blocking_next() {
            let outcome = match self.shared.stopped() {
                _ if batch.is_empty() => Ok(()),
                Some(stopped) => Err(stopped),
                // A checkpoint that fails in the meantime does not affect this commit, which is in
                // the log.
                None => self.commit(&mut batch).map_err(|error| self.roll_back(&error)),
            };
            batch.complete(outcome);
        }
        let closers = self.jobs.take_closers();
        self.shut_down();
        closers.notify();
    }

    /// Commits the jobs as one group. Rejects some or all while the disk is full.
    fn commit(&mut self, batch: &mut queue::Batch) -> rusqlite::Result<()> {
        let accepts = self.accepts(Instant::now())?;
        let shared = &*self.shared;
        self.checkpointer.before_group(&self.db)?;
        let started = Instant::now();
        execute(&self.db, "BEGIN IMMEDIATE")?;
        // Read after the last job has arrived: what its caller saw expired is expired here.
        let now = shared.clock.now();
        let before = shared.revision.load(Ordering::Acquire);
        let mut group = Group::new(&self.db, now, before);
        while let Some(job) = batch.take() {
            match job {
                Job::Commit(txn, reply) if !accepts.transaction(&txn) => {
                    shared.record_failure(FULL.to_owned());
                    let _ = reply.send(Err(full().into()));
                }
                Job::Sweep(_, reply) if accepts == Accepts::Nothing => {
                    let _ = reply.send(Ok(0));
                }
                Job::Probe(reply) if accepts != Accepts::Everything => {
                    let _ = reply.send(Err(full()));
                }
                Job::Commit(txn, reply) => batch.record_commit(reply, group.apply(txn))?,
                Job::Sweep(limit, reply) => batch.record_sweep(reply, group.sweep(limit))?,
                Job::Probe(reply) => {
                    batch.record_probe(reply);
                    // A new revision: SQLite writes nothing if nothing changes, which would prove
                    // nothing.
                    let _revision = group.apply(Txn::default())?;
                }
            }
        }
        let Group { revision, written, last_modified, changes, .. } = group;
        if revision == before {
            // Every transaction failed a precondition, because of commits that are durable.
            return execute(&self.db, "ROLLBACK");
        }
        let floor = self.feed.floor(now, changes);
        rows::set_state(&self.db, revision, floor)?;
        let garbage = self.feed.delete_trimmed(&self.db, floor, changes)?;

        let cached = shared.cache.begin(&written);
        shared.last_modified.announce(revision, last_modified);
        if let Err(error) = execute(&self.db, "COMMIT") {
            if !is_fatal(&error) && execute(&self.db, "ROLLBACK").is_ok() {
                shared.cache.finish(&written, Vec::new());
                shared.last_modified.discard();
            }
            return Err(error);
        }
        shared.record_commit_latency(started.elapsed());
        // The commit is valid without its high-water mark; the next commit records a later one.
        let recorded = self.mark.record(revision);
        shared.cache.finish(&written, cached);
        shared.revision.store(revision, Ordering::Release);
        shared.last_modified.publish();
        self.feed.set_floor(floor, garbage);
        self.feed.record(revision, now, changes);
        self.checkpointer.after_commit();
        match recorded {
            Ok(()) if accepts == Accepts::Everything => shared.record_success(),
            Ok(()) => {}
            Err(error) => shared.record_failure(format!("{}: {error}", paths::HIGH_WATER_MARK)),
        }
        if self.reserve.is_released() {
            // Lets the next transaction use the space of the log again. Retried with that one.
            let _ = checkpoint::step(&self.db, CheckpointMode::PASSIVE);
        }
        Ok(())
    }

    /// Finds out which jobs are accepted now.
    fn accepts(&mut self, now: Instant) -> rusqlite::Result<Accepts> {
        if !self.log_copied && now.duration_since(self.last_copy) >= COPY_INTERVAL {
            self.last_copy = now;
            self.log_copied = checkpoint::copy_all(&self.db)?;
        }
        let was_released = self.reserve.is_released();
        self.reserve.take(now);
        if was_released && !self.reserve.is_released() {
            set_max_pages(&self.db, MAX_PAGES)?;
        }
        Ok(match (self.log_copied, self.reserve.is_released()) {
            (false, _) => Accepts::Nothing,
            // Space of deleted data is as good as space on the disk.
            (true, true) if free_bytes(&self.db)? < self.reserve.size() => {
                Accepts::SmallTransactions
            }
            (true, _) => Accepts::Everything,
        })
    }

    /// Rolls a failed group back. Stops the engine if the error is fatal or the rollback fails.
    fn roll_back(&mut self, error: &rusqlite::Error) -> StoreError {
        let undone = self.db.is_autocommit() || execute(&self.db, "ROLLBACK").is_ok();
        if is_fatal(error) || !undone {
            self.shared.stop(error.to_string());
            return StoreError::Stopped(error.to_string());
        }
        self.shared.record_failure(error.to_string());
        if is_disk_full(error) && self.reserve.release() {
            // Makes the space of the log available, and limits the growth of the database, so that the
            // released space remains available for the log. If either fails, writes fail again.
            let _ = checkpoint::step(&self.db, CheckpointMode::PASSIVE);
            let _ = limit_growth(&self.db, self.reserve.size() / 4);
        }
        store_error(error)
    }

    /// Checkpoints the log unless the engine has stopped after a failure, and releases the
    /// directory.
    fn shut_down(mut self) {
        self.checkpointer.stop();
        if self.shared.stopped().is_none() {
            if let Err(error) = checkpoint::step(&self.db, CheckpointMode::TRUNCATE) {
                self.shared.stop(format!("the last checkpoint failed: {error}"));
            }
            self.shared.stop("closed".to_owned());
        }
        drop(self.db);
        drop(self.lock);
    }
}

/// Which jobs the writer accepts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Accepts {
    Everything,
    /// The disk is full.
    SmallTransactions,
    /// The disk was full when the store was opened.
    Nothing,
}

impl Accepts {
    fn transaction(self, txn: &Txn) -> bool {
        match self {
            Self::Everything => true,
            Self::SmallTransactions => reserve::is_small(txn),
            Self::Nothing => false,
        }
    }
}

/// Cause of a rejection while the disk is full.
pub(super) const FULL: &str = "the disk is full";

fn full() -> StoreError {
    StoreError::Full(FULL.to_owned())
}

/// Maximum number of pages of a database that may grow: the limit of SQLite.
const MAX_PAGES: u32 = 4_294_967_294;

/// Lets the database grow by this number of bytes at most.
pub(super) fn limit_growth(db: &Connection, bytes: u64) -> rusqlite::Result<()> {
    let more = bytes / u64::from(pragma(db, "page_size")?).max(1);
    let count = pragma(db, "page_count")?;
    set_max_pages(db, count.saturating_add(u32::try_from(more).unwrap_or(0)))
}

/// Size of the pages of the database that contain no data, in bytes.
fn free_bytes(db: &Connection) -> rusqlite::Result<u64> {
    Ok(u64::from(pragma(db, "freelist_count")?) * u64::from(pragma(db, "page_size")?))
}

fn pragma(db: &Connection, name: &str) -> rusqlite::Result<u32> {
    db.pragma_query_value(None, name, |row| row.get(0))
}

fn set_max_pages(db: &Connection, pages: u32) -> rusqlite::Result<()> {
    // Returns the new limit.
    db.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
}

fn execute(db: &Connection, sql: &str) -> rusqlite::Result<()> {
    db.prepare_cached(sql)?.execute([]).map(|_| ())
}
