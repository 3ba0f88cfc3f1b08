//! The one writer: a thread that takes whatever waits, commits it as one group, then answers all.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use rusqlite::Connection;

use super::checkpoint::{self, CheckpointMode, Checkpointer};
use super::failure::{failed, fatal};
use super::feed::Feed;
use super::file::Lock;
use super::group::Group;
use super::mark::Mark;
use super::shared::Shared;
use super::{mark, rows};
use crate::queue::{self, Job, Jobs};
use crate::{StoreError, Txn};

/// The writer's thread.
pub(super) struct Writer {
    pub(super) db: Connection,
    pub(super) jobs: Jobs,
    pub(super) shared: Arc<Shared>,
    pub(super) checkpointer: Checkpointer,
    pub(super) feed: Feed,
    pub(super) mark: Mark,
    /// Held as long as the thread may write.
    pub(super) lock: Lock,
}

impl Writer {
    /// Runs until the store is closed or dropped and everything that waited is answered.
    pub(super) fn run(mut self) {
        while let Some(mut batch) = self.jobs.blocking_next() {
            let outcome = match self.shared.failed() {
                _ if batch.is_empty() => Ok(()),
                Some(stopped) => Err(stopped),
                // A checkpoint that fails meanwhile does not undo this commit: it is in the log.
                None => self.commit(&mut batch).map_err(|error| self.give_up(&error)),
            };
            batch.settle(outcome);
        }
        let closers = self.jobs.closers();
        self.end();
        closers.tell();
    }

    /// Commits the jobs as one group.
    fn commit(&mut self, batch: &mut queue::Batch) -> rusqlite::Result<()> {
        let shared = &*self.shared;
        self.checkpointer.before_group(&self.db)?;
        let began = Instant::now();
        execute(&self.db, "BEGIN IMMEDIATE")?;
        // Taken after the last job has arrived: whatever its sender saw expire is expired here.
        let now = shared.clock.now();
        let before = shared.revision.load(Ordering::Acquire);
        let mut group = Group::new(&self.db, now, before);
        while let Some(job) = batch.take() {
            match job {
                Job::Commit(txn, reply) => batch.committed(reply, group.apply(txn))?,
                Job::Sweep(limit, reply) => batch.swept(reply, group.sweep(limit))?,
                Job::Probe(reply) => {
                    batch.probed(reply);
                    // A new revision: SQLite writes nothing where nothing changes, which proves
                    // nothing.
                    let _revision = group.apply(Txn::default())?;
                }
            }
        }
        let Group { revision, written, touched, changes, .. } = group;
        if revision == before {
            // Every transaction was refused, by what earlier commits had made durable.
            return execute(&self.db, "ROLLBACK");
        }
        let floor = self.feed.floor(now, changes);
        rows::set_state(&self.db, revision, floor)?;
        let garbage = self.feed.clear(&self.db, floor, changes)?;

        let wanted = shared.cache.begin(&written);
        if let Err(error) = execute(&self.db, "COMMIT") {
            if !fatal(&error) && execute(&self.db, "ROLLBACK").is_ok() {
                shared.cache.finish(&written, Vec::new());
            }
            return Err(error);
        }
        shared.took(began.elapsed());
        // The commit stands without its note, which the next one replaces.
        let noted = self.mark.note(revision);
        shared.cache.finish(&written, wanted);
        shared.revision.store(revision, Ordering::Release);
        shared.touch(touched);
        self.feed.moved(floor, garbage);
        self.feed.record(revision, now, changes);
        self.checkpointer.committed();
        match noted {
            Ok(()) => shared.recovered(),
            Err(error) => shared.trouble(format!("{}: {error}", mark::MARK)),
        }
        Ok(())
    }

    /// Takes a failed group back; stops the engine if that, or the failure itself, leaves doubt.
    fn give_up(&self, error: &rusqlite::Error) -> StoreError {
        let undone = self.db.is_autocommit() || execute(&self.db, "ROLLBACK").is_ok();
        if fatal(error) || !undone {
            self.shared.fail(error.to_string());
            return StoreError::Stopped(error.to_string());
        }
        self.shared.trouble(error.to_string());
        failed(error)
    }

    /// Leaves a tidy file, if nothing ever failed, and lets go of it.
    fn end(mut self) {
        self.checkpointer.stop();
        if self.shared.failed().is_none() {
            if let Err(error) = checkpoint::step(&self.db, CheckpointMode::TRUNCATE) {
                self.shared.fail(format!("the last checkpoint failed: {error}"));
            }
            self.shared.fail("closed".to_owned());
        }
        drop(self.db);
        drop(self.lock);
    }
}

fn execute(db: &Connection, sql: &str) -> rusqlite::Result<()> {
    db.prepare_cached(sql)?.execute([]).map(|_| ())
}
