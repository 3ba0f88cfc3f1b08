//! The queue to the single writer of an engine: bounded, read in batches, with replies to callers.
//!
//! A caller waits for the reply to its job. If the writer has ended without replying, the caller
//! gets the error that its `ended` argument returns. A writer takes all waiting jobs as one
//! [`Batch`], executes them, and [completes](Batch::complete) all of them when their common commit
//! has succeeded or failed.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{mpsc, oneshot};

use crate::{CommitError, Precondition, Revision, StoreError, Txn};

/// Limits of a batch. They bound how long its first job waits for further ones, and keep its
/// changes within the memory of the writer.
const BATCH_JOBS: usize = 1024;
const BATCH_BYTES: usize = 8 << 20;

type Reply<T> = oneshot::Sender<T>;

/// A request to the writer.
pub(crate) enum Job {
    /// Commit this transaction.
    Commit(Txn, Reply<Result<Revision, CommitError>>),
    /// Delete at most this many expired entries.
    Sweep(usize, Reply<Result<usize, StoreError>>),
    /// Find out whether writes succeed.
    Probe(Reply<Result<(), StoreError>>),
}

enum Message {
    /// A job and its weight in bytes.
    Job(Job, usize),
    /// Complete the waiting jobs, then end.
    Close(Reply<()>),
}

/// A reply that waits for the commit of its batch.
enum PendingReply {
    /// Without an outcome if the batch failed before the transaction was applied completely.
    Commit(Reply<Result<Revision, CommitError>>, Option<Result<Revision, Precondition>>),
    Sweep(Reply<Result<usize, StoreError>>, usize),
    Probe(Reply<Result<(), StoreError>>),
}

/// The sending side, for callers.
pub(crate) struct Queue {
    messages: mpsc::Sender<Message>,
    bytes: Arc<AtomicUsize>,
    max_bytes: usize,
}

/// The receiving side, for the writer.
pub(crate) struct Jobs {
    messages: mpsc::Receiver<Message>,
    bytes: Arc<AtomicUsize>,
    closers: Vec<Reply<()>>,
}

/// Creates a queue for up to `max_jobs` jobs and `max_bytes` bytes of transactions.
pub(crate) fn queue(max_jobs: usize, max_bytes: usize) -> (Queue, Jobs) {
    let (sender, receiver) = mpsc::channel(max_jobs.clamp(1, 1 << 20));
    let bytes = Arc::new(AtomicUsize::new(0));
    let jobs = Jobs { messages: receiver, bytes: Arc::clone(&bytes), closers: Vec::new() };
    (Queue { messages: sender, bytes, max_bytes }, jobs)
}

impl Queue {
    /// Commits a transaction. `ended` returns why there is no writer any more.
    pub(crate) async fn commit(
        &self,
        txn: Txn,
        ended: impl Fn() -> StoreError,
    ) -> Result<Revision, CommitError> {
        txn.check_limits()?;
        let weight = txn.weight();
        let waiting = self.bytes.fetch_add(weight, Ordering::Relaxed);
        // An empty queue accepts any transaction, however large.
        let fits = waiting == 0 || waiting.saturating_add(weight) <= self.max_bytes;
        let (reply, response) = oneshot::channel();
        let sent = match fits {
            true => self.send(Message::Job(Job::Commit(txn, reply), weight), &ended),
            false => Err(StoreError::Overloaded),
        };
        if let Err(error) = sent {
            self.bytes.fetch_sub(weight, Ordering::Relaxed);
            return Err(error.into());
        }
        response.await.unwrap_or_else(|_| Err(ended().into()))
    }

    /// Deletes expired entries and returns how many.
    pub(crate) async fn sweep(
        &self,
        limit: usize,
        ended: impl Fn() -> StoreError,
    ) -> Result<usize, StoreError> {
        let (reply, response) = oneshot::channel();
        self.send(Message::Job(Job::Sweep(limit, reply), 0), &ended)?;
        response.await.unwrap_or_else(|_| Err(ended()))
    }

    /// Finds out whether writes succeed.
    pub(crate) async fn probe(&self, ended: impl Fn() -> StoreError) -> Result<(), StoreError> {
        let (reply, response) = oneshot::channel();
        self.send(Message::Job(Job::Probe(reply), 0), &ended)?;
        response.await.unwrap_or_else(|_| Err(ended()))
    }

    /// Lets the writer complete the waiting jobs, and waits until it has ended.
    pub(crate) async fn close(&self) {
        let (reply, ended) = oneshot::channel();
        // Waits for capacity. Both calls fail only if the writer has already ended.
        if self.messages.send(Message::Close(reply)).await.is_ok() {
            let _ = ended.await;
        }
    }

    /// Whether the writer accepts no more jobs.
    pub(crate) fn is_closed(&self) -> bool {
        self.messages.is_closed()
    }

    /// Number of waiting jobs.
    pub(crate) fn waiting(&self) -> usize {
        self.messages.max_capacity() - self.messages.capacity()
    }

    fn send(&self, message: Message, ended: impl Fn() -> StoreError) -> Result<(), StoreError> {
        self.messages.try_send(message).map_err(|rejected| match rejected {
            mpsc::error::TrySendError::Full(_) => StoreError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => ended(),
        })
    }
}

impl Jobs {
    /// Waits for a job and returns all waiting ones; `None` when the store is closed or dropped and
    /// every job has a reply.
    pub(crate) async fn next(&mut self) -> Option<Batch> {
        let first = self.messages.recv().await?;
        Some(self.batch(first))
    }

    /// Like [`next`](Self::next), for threads that may block.
    pub(crate) fn blocking_next(&mut self) -> Option<Batch> {
        let first = self.messages.blocking_recv()?;
        Some(self.batch(first))
    }

    /// Takes the callers that wait for the end of the writer.
    pub(crate) fn take_closers(&mut self) -> Closers {
        Closers(std::mem::take(&mut self.closers))
    }

    fn batch(&mut self, first: Message) -> Batch {
        let bytes = Arc::clone(&self.bytes);
        let mut batch = Batch { jobs: VecDeque::new(), replies: Vec::new(), weight: 0, bytes };
        let mut next = Some(first);
        while let Some(message) = next {
            match message {
                Message::Close(reply) => {
                    self.messages.close();
                    self.closers.push(reply);
                }
                Message::Job(job, weight) => {
                    batch.weight += weight;
                    batch.jobs.push_back(job);
                }
            }
            let full = batch.jobs.len() >= BATCH_JOBS || batch.weight >= BATCH_BYTES;
            next = if full { None } else { self.messages.try_recv().ok() };
        }
        batch
    }
}

/// Callers that wait for the end of the writer.
pub(crate) struct Closers(Vec<Reply<()>>);

impl Closers {
    /// Tells them that the writer has ended.
    pub(crate) fn notify(self) {
        for reply in self.0 {
            // A caller may have dropped its future.
            let _ = reply.send(());
        }
    }
}

/// Jobs that share one commit.
pub(crate) struct Batch {
    jobs: VecDeque<Job>,
    replies: Vec<PendingReply>,
    weight: usize,
    bytes: Arc<AtomicUsize>,
}

impl Batch {
    /// Whether there are no jobs: the batch consists of requests to close the store.
    pub(crate) fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    /// The transactions among the jobs that were not taken yet.
    pub(crate) fn txns(&self) -> impl Iterator<Item = &Txn> {
        self.jobs.iter().filter_map(|job| match job {
            Job::Commit(txn, _) => Some(txn),
            Job::Sweep(..) | Job::Probe(_) => None,
        })
    }

    /// Takes the next job. Its reply must be passed to one of the `record_` methods.
    pub(crate) fn take(&mut self) -> Option<Job> {
        self.jobs.pop_front()
    }

    /// Records the outcome of a transaction. The reply of a failed one waits too: it receives the
    /// error of the batch.
    pub(crate) fn record_commit<E>(
        &mut self,
        reply: Reply<Result<Revision, CommitError>>,
        outcome: Result<Result<Revision, Precondition>, E>,
    ) -> Result<(), E> {
        let (outcome, done) = split(outcome.map(Some), None);
        self.replies.push(PendingReply::Commit(reply, outcome));
        done
    }

    /// Records the number of swept entries. The reply of a failed sweep waits too.
    pub(crate) fn record_sweep<E>(
        &mut self,
        reply: Reply<Result<usize, StoreError>>,
        outcome: Result<usize, E>,
    ) -> Result<(), E> {
        let (count, done) = split(outcome, 0);
        self.replies.push(PendingReply::Sweep(reply, count));
        done
    }

    /// Records a probe, whose outcome is that of the batch.
    pub(crate) fn record_probe(&mut self, reply: Reply<Result<(), StoreError>>) {
        self.replies.push(PendingReply::Probe(reply));
    }

    /// Sends every reply: its own outcome, or the error of the batch.
    pub(crate) fn complete(mut self, outcome: Result<(), StoreError>) {
        // Before the replies: a caller that has its reply must find its queue space free.
        self.bytes.fetch_sub(self.weight, Ordering::Relaxed);
        while let Some(job) = self.take() {
            self.replies.push(match job {
                Job::Commit(_, reply) => PendingReply::Commit(reply, None),
                Job::Sweep(_, reply) => PendingReply::Sweep(reply, 0),
                Job::Probe(reply) => PendingReply::Probe(reply),
            });
        }
        for reply in self.replies {
            reply.send(outcome.as_ref());
        }
    }
}

impl PendingReply {
    // A caller may have dropped its future; the transaction is committed all the same.
    fn send(self, batch: Result<&(), &StoreError>) {
        let failed = batch.err().cloned();
        match self {
            Self::Commit(reply, outcome) => drop(reply.send(match (failed, outcome) {
                (Some(error), _) => Err(error.into()),
                (None, Some(outcome)) => outcome.map_err(CommitError::Precondition),
                (None, None) => Err(StoreError::Failed("not applied".to_owned()).into()),
            })),
            Self::Sweep(reply, count) => drop(reply.send(failed.map_or(Ok(count), Err))),
            Self::Probe(reply) => drop(reply.send(failed.map_or(Ok(()), Err))),
        }
    }
}

/// Splits a result into its value, or a placeholder, and its error.
fn split<T, E>(outcome: Result<T, E>, placeholder: T) -> (T, Result<(), E>) {
    match outcome {
        Ok(outcome) => (outcome, Ok(())),
        Err(error) => (placeholder, Err(error)),
    }
}
