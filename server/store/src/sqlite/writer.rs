//! The only writer: a thread that takes all waiting jobs, commits them as one group, then replies.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use rusqlite::Connection;

use super::checkpoint::{self, CheckpointMode, Checkpointer};
use super::directory::Lock;
use super::failure::{is_fatal, store_error};
use super::feed::Feed;
use super::group::Group;
use super::high_water_mark::HighWaterMark;
use super::shared::Shared;
use super::{paths, rows};
use crate::queue::{self, Job, Jobs};
use crate::{StoreError, Txn};

/// The state of the writer thread.
pub(super) struct Writer {
    pub(super) db: Connection,
    pub(super) jobs: Jobs,
    pub(super) shared: Arc<Shared>,
    pub(super) checkpointer: Checkpointer,
    pub(super) feed: Feed,
    pub(super) mark: HighWaterMark,
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

    /// Commits the jobs as one group.
    fn commit(&mut self, batch: &mut queue::Batch) -> rusqlite::Result<()> {
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
            Ok(()) => shared.record_success(),
            Err(error) => shared.record_failure(format!("{}: {error}", paths::HIGH_WATER_MARK)),
        }
        Ok(())
    }

    /// Rolls a failed group back. Stops the engine if the error is fatal or the rollback fails.
    fn roll_back(&self, error: &rusqlite::Error) -> StoreError {
        let undone = self.db.is_autocommit() || execute(&self.db, "ROLLBACK").is_ok();
        if is_fatal(error) || !undone {
            self.shared.stop(error.to_string());
            return StoreError::Stopped(error.to_string());
        }
        self.shared.record_failure(error.to_string());
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

fn execute(db: &Connection, sql: &str) -> rusqlite::Result<()> {
    db.prepare_cached(sql)?.execute([]).map(|_| ())
}
