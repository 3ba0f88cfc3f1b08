//! The one writer of this server: a task that takes whatever waits, commits it as one group, then
//! answers all.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use deadpool_postgres::Object;
use tokio::sync::{mpsc, oneshot};

use super::group::{self, Group};
use super::pool::Connector;
use super::shared::Shared;
use super::statements::Statements;
use super::turn;
use crate::{CommitError, FeedLimits, Key, Revision, StoreError, Txn};

/// A group is closed at so many jobs or bytes, so that the first in it does not wait for ever
/// more others.
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
    /// Find out whether something can be written.
    Probe {
        reply: oneshot::Sender<Result<(), StoreError>>,
    },
    /// Finish what waits, then end.
    Close {
        reply: oneshot::Sender<()>,
    },
}

/// An answer that waits for the commit.
enum Answer {
    Commit(oneshot::Sender<Result<Revision, CommitError>>, Result<Revision, usize>),
    Sweep(oneshot::Sender<Result<usize, StoreError>>, usize),
    Probe(oneshot::Sender<Result<(), StoreError>>),
}

/// The writer's task.
pub(super) struct Writer {
    pub(super) connector: Connector,
    pub(super) queue: mpsc::Receiver<Job>,
    pub(super) shared: Arc<Shared>,
    pub(super) limits: FeedLimits,
    /// The writer's own connection, once there is one.
    db: Option<(Object, Statements)>,
    /// Whether the feed may have more to forget.
    garbage: bool,
}

impl Writer {
    pub(super) fn new(
        connector: Connector,
        queue: mpsc::Receiver<Job>,
        shared: Arc<Shared>,
        limits: FeedLimits,
    ) -> Self {
        Self { connector, queue, shared, limits, db: None, garbage: true }
    }

    /// Runs until the store is closed or dropped and everything that waited is answered.
    pub(super) async fn run(mut self) {
        let mut closers = Vec::new();
        let mut jobs = VecDeque::new();
        while let Some(first) = self.queue.recv().await {
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
            if !jobs.is_empty() {
                self.turn(&mut jobs, bytes).await;
            }
        }
        drop(self.db.take());
        for reply in closers {
            // Whoever asked may have gone.
            let _ = reply.send(());
        }
    }

    /// Commits the jobs, of so many bytes, as one group and answers each.
    async fn turn(&mut self, jobs: &mut VecDeque<Job>, bytes: usize) {
        let mut answers = Vec::with_capacity(jobs.len());
        let outcome = match self.shared.stopped() {
            Some(stopped) => Err(stopped),
            None => self.group(jobs, &mut answers).await,
        };
        // Before the answers: whoever has one must find the place free that it took.
        self.shared.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
        match outcome {
            Ok(()) => answers.into_iter().for_each(Answer::send),
            Err(error) => {
                // Whatever it was: the database takes back what was not committed when the
                // connection goes.
                drop(self.db.take().map(|(db, _)| Object::take(db)));
                if let StoreError::Stopped(reason) = &error {
                    self.shared.stop(reason);
                }
                self.shared.trouble(&error);
                answers.into_iter().for_each(|answer| answer.refuse(&error));
                jobs.drain(..).for_each(|job| job.refuse(&error));
            }
        }
    }

    async fn group(
        &mut self,
        jobs: &mut VecDeque<Job>,
        answers: &mut Vec<Answer>,
    ) -> Result<(), StoreError> {
        let shared = Arc::clone(&self.shared);
        let (db, prepared) = match self.db.take().filter(|(db, _)| !db.is_closed()) {
            Some(kept) => &*self.db.insert(kept),
            None => &*self.db.insert(self.connect().await?),
        };
        let began = Instant::now();
        let keys: HashSet<&Key> = jobs.iter().flat_map(Job::asked).collect();
        let mut begun = turn::begin(db, prepared, &keys).await?;
        // Taken when it is this server's turn: whatever was seen to expire before is expired here.
        let now = shared.clock.now();
        let before = begun.state.revision;
        let mut group = Group::new(db, prepared, now, before, std::mem::take(&mut begun.known));
        let mut probed = false;
        while let Some(job) = jobs.pop_front() {
            match job {
                // A failed one is kept among the answers too: it is told what happened.
                Job::Commit { txn, reply, .. } => {
                    let (outcome, done) = split(group.apply(txn).await, Err(0));
                    answers.push(Answer::Commit(reply, outcome));
                    done?;
                }
                Job::Sweep { limit, reply } => {
                    let (count, done) = split(group.sweep(limit).await, 0);
                    answers.push(Answer::Sweep(reply, count));
                    done?;
                }
                Job::Probe { reply } => {
                    probed = true;
                    answers.push(Answer::Probe(reply));
                }
                Job::Close { .. } => {}
            }
        }
        if group.revision == before {
            // Every transaction was refused, by what earlier commits had made durable.
            shared.heard_of(before);
            return match probed {
                true => turn::prove(db, prepared, begun.state).await.inspect(|()| {
                    shared.succeeded(began.elapsed());
                }),
                false => turn::give_back(db).await,
            };
        }
        let limits = self.limits;
        let garbage = turn::commit(db, prepared, &begun, &group, limits, self.garbage).await?;
        shared.heard_of(group.revision);
        shared.succeeded(began.elapsed());
        self.garbage = garbage;
        Ok(())
    }

    async fn connect(&self) -> Result<(Object, Statements), StoreError> {
        let db = self.connector.get().await?;
        let prepared = Statements::prepare(&db).await?;
        Ok((db, prepared))
    }
}

/// The outcome, or what stands in for it, and whether to go on.
fn split<T>(outcome: Result<T, StoreError>, instead: T) -> (T, Result<(), StoreError>) {
    match outcome {
        Ok(outcome) => (outcome, Ok(())),
        Err(error) => (instead, Err(error)),
    }
}

impl Job {
    fn weight(&self) -> usize {
        if let Self::Commit { weight, .. } = self { *weight } else { 0 }
    }

    fn asked(&self) -> impl Iterator<Item = &Key> {
        let txn = if let Self::Commit { txn, .. } = self { Some(txn) } else { None };
        txn.into_iter().flat_map(group::asked)
    }

    // Callers that have gone are told nothing.
    fn refuse(self, error: &StoreError) {
        match self {
            Self::Commit { reply, .. } => drop(reply.send(Err(error.clone().into()))),
            Self::Sweep { reply, .. } => drop(reply.send(Err(error.clone()))),
            Self::Probe { reply } => drop(reply.send(Err(error.clone()))),
            Self::Close { .. } => {}
        }
    }
}

impl Answer {
    fn send(self) {
        match self {
            Self::Commit(reply, outcome) => {
                drop(reply.send(outcome.map_err(CommitError::Precondition)));
            }
            Self::Sweep(reply, count) => drop(reply.send(Ok(count))),
            Self::Probe(reply) => drop(reply.send(Ok(()))),
        }
    }

    fn refuse(self, error: &StoreError) {
        match self {
            Self::Commit(reply, _) => drop(reply.send(Err(error.clone().into()))),
            Self::Sweep(reply, _) => drop(reply.send(Err(error.clone()))),
            Self::Probe(reply) => drop(reply.send(Err(error.clone()))),
        }
    }
}
