//! The one writer: a thread that takes whatever waits, commits it as one group, then answers all.

use std::collections::VecDeque;
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::checkpoint::{self, CheckpointMode, Checkpointer};
use super::failure::{failed, fatal};
use super::feed::Feed;
use super::group::Group;
use super::mark::Mark;
use super::shared::Shared;
use super::{mark, rows};
use crate::{CommitError, Revision, StoreError, Txn};

/// A group is closed at so many jobs or bytes, so that the first in it does not wait for ever
/// more others, and the pages of one group fit the writer's memory.
const GROUP_JOBS: usize = 1024;
const GROUP_BYTES: usize = 8 << 20;

/// What can be asked of the writer.
pub(super) enum Job {
    Commit {
        txn: Txn,
        weight: usize,
        reply: oneshot::Sender<Result<Revision, CommitError>>,
    },
    Sweep {
        limit: usize,
        reply: oneshot::Sender<Result<usize, StoreError>>,
    },
    /// Finish what waits, then end.
    Close {
        reply: oneshot::Sender<()>,
    },
}

/// The writer's thread.
pub(super) struct Writer {
    pub(super) db: Connection,
    pub(super) queue: mpsc::Receiver<Job>,
    pub(super) shared: Arc<Shared>,
    pub(super) checkpointer: Checkpointer,
    pub(super) feed: Feed,
    pub(super) mark: Mark,
    /// Held as long as the thread may write.
    pub(super) lock: File,
}

/// An answer that waits for the commit.
enum Answer {
    Commit(oneshot::Sender<Result<Revision, CommitError>>, Result<Revision, usize>),
    Sweep(oneshot::Sender<Result<usize, StoreError>>, usize),
}

impl Writer {
    /// Runs until the store is closed or dropped and everything that waited is answered.
    pub(super) fn run(mut self) {
        let mut closers = Vec::new();
        let mut jobs = VecDeque::new();
        while let Some(first) = self.queue.blocking_recv() {
            let mut bytes = 0;
            let mut next = Some(first);
            while let Some(job) = next {
                match job {
                    Job::Close { reply } => {
                        self.queue.close();
                        closers.push(reply);
                    }
                    job => {
                        bytes += job.weight();
                        jobs.push_back(job);
                    }
                }
                let full = jobs.len() >= GROUP_JOBS || bytes >= GROUP_BYTES;
                next = if full { None } else { self.queue.try_recv().ok() };
            }
            self.turn(&mut jobs, bytes);
        }
        self.end();
        for reply in closers {
            // Whoever asked may have gone.
            let _ = reply.send(());
        }
    }

    /// Commits the jobs, of so many bytes, as one group and answers each.
    fn turn(&mut self, jobs: &mut VecDeque<Job>, bytes: usize) {
        if jobs.is_empty() {
            return;
        }
        if let Some(stopped) = self.shared.failed() {
            self.shared.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
            return refuse(jobs.drain(..), &stopped);
        }
        let mut answers = Vec::with_capacity(jobs.len());
        let outcome = self.group(jobs, &mut answers);
        // Before the answers: whoever has one must find the place free that it took.
        self.shared.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
        match outcome {
            // A checkpoint that failed meanwhile does not undo this commit: it is in the log.
            Ok(()) => {
                answers.into_iter().for_each(Answer::send);
            }
            Err(error) => {
                let error = self.give_up(&error);
                answers.into_iter().for_each(|answer| answer.refuse(&error));
                refuse(jobs.drain(..), &error);
            }
        }
    }

    fn group(
        &mut self,
        jobs: &mut VecDeque<Job>,
        answers: &mut Vec<Answer>,
    ) -> rusqlite::Result<()> {
        let shared = &*self.shared;
        self.checkpointer.before_group(&self.db)?;
        let began = Instant::now();
        execute(&self.db, "BEGIN IMMEDIATE")?;
        // Taken after the last job has arrived: whatever its sender saw expire is expired here.
        let now = shared.clock.now();
        let before = shared.revision.load(Ordering::Acquire);
        let mut group = Group::new(&self.db, now, before);
        while let Some(job) = jobs.pop_front() {
            match job {
                // A failed one is kept among the answers too: it is told what happened.
                Job::Commit { txn, reply, .. } => {
                    let (outcome, done) = split(group.apply(txn), Err(0));
                    answers.push(Answer::Commit(reply, outcome));
                    done?;
                }
                Job::Sweep { limit, reply } => {
                    let (count, done) = split(group.sweep(limit), 0);
                    answers.push(Answer::Sweep(reply, count));
                    done?;
                }
                Job::Close { .. } => {}
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
        // Said, not left to the closing of the file alone: a process that another thread is starting
        // at this moment holds a copy of it. If it cannot be said, closing does it a moment later.
        let _ = self.lock.unlock();
    }
}

impl Job {
    fn weight(&self) -> usize {
        match self {
            Self::Commit { weight, .. } => *weight,
            Self::Sweep { .. } | Self::Close { .. } => 0,
        }
    }
}

// Whoever waited for an answer may have gone; the transaction stands all the same.
impl Answer {
    fn send(self) {
        match self {
            Self::Commit(reply, outcome) => {
                let _ = reply.send(outcome.map_err(CommitError::Precondition));
            }
            Self::Sweep(reply, count) => {
                let _ = reply.send(Ok(count));
            }
        }
    }

    fn refuse(self, error: &StoreError) {
        match self {
            Self::Commit(reply, _) => {
                let _ = reply.send(Err(error.clone().into()));
            }
            Self::Sweep(reply, _) => {
                let _ = reply.send(Err(error.clone()));
            }
        }
    }
}

fn refuse(jobs: impl Iterator<Item = Job>, error: &StoreError) {
    for job in jobs {
        match job {
            Job::Commit { reply, .. } => Answer::Commit(reply, Err(0)).refuse(error),
            Job::Sweep { reply, .. } => Answer::Sweep(reply, 0).refuse(error),
            Job::Close { .. } => {}
        }
    }
}

fn split<T>(result: rusqlite::Result<T>, otherwise: T) -> (T, rusqlite::Result<()>) {
    match result {
        Ok(value) => (value, Ok(())),
        Err(error) => (otherwise, Err(error)),
    }
}

fn execute(db: &Connection, sql: &str) -> rusqlite::Result<()> {
    db.prepare_cached(sql)?.execute([]).map(|_| ())
}
