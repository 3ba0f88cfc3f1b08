//! The way to an engine's one writer: a bounded queue, batches that are taken from it, and answers.
//!
//! Callers wait for the answer to their job and are told [`ended`](Queue::commit) if there is nobody
//! left who could give one. A writer takes whatever waits as one [`Batch`], works through its jobs,
//! and [settles](Batch::settle) all of them at once: when they are committed, or have failed.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{mpsc, oneshot};

use crate::{CommitError, Precondition, Revision, StoreError, Txn};

/// A batch is closed at so many jobs or bytes, so that the first in it does not wait for ever
/// more others, and what it changes fits the writer's memory.
const BATCH_JOBS: usize = 1024;
const BATCH_BYTES: usize = 8 << 20;

type Reply<T> = oneshot::Sender<T>;

/// What can be asked of a writer.
pub(crate) enum Job {
    /// Do this transaction.
    Commit(Txn, Reply<Result<Revision, CommitError>>),
    /// Remove so many expired entries at the most.
    Sweep(usize, Reply<Result<usize, StoreError>>),
    /// Find out whether something can be written.
    Probe(Reply<Result<(), StoreError>>),
}

enum Message {
    Job(Job, usize),
    /// Finish what waits, then end.
    Close(Reply<()>),
}

/// An answer that waits for the commit.
enum Answer {
    /// Without an outcome if the batch failed before or while the transaction was applied.
    Commit(Reply<Result<Revision, CommitError>>, Option<Result<Revision, Precondition>>),
    Sweep(Reply<Result<usize, StoreError>>, usize),
    Probe(Reply<Result<(), StoreError>>),
}

/// The callers' end.
pub(crate) struct Queue {
    messages: mpsc::Sender<Message>,
    bytes: Arc<AtomicUsize>,
    most_bytes: usize,
}

/// The writer's end.
pub(crate) struct Jobs {
    messages: mpsc::Receiver<Message>,
    bytes: Arc<AtomicUsize>,
    closers: Vec<Reply<()>>,
}

/// A queue for so many jobs, and so many bytes of transactions.
pub(crate) fn queue(most: usize, most_bytes: usize) -> (Queue, Jobs) {
    let (sender, receiver) = mpsc::channel(most.clamp(1, 1 << 20));
    let bytes = Arc::new(AtomicUsize::new(0));
    let jobs = Jobs { messages: receiver, bytes: Arc::clone(&bytes), closers: Vec::new() };
    (Queue { messages: sender, bytes, most_bytes }, jobs)
}

impl Queue {
    /// Has a transaction done. `ended` says why there is no writer any more.
    pub(crate) async fn commit(
        &self,
        txn: Txn,
        ended: impl Fn() -> StoreError,
    ) -> Result<Revision, CommitError> {
        txn.admit()?;
        let weight = txn.weight();
        let waiting = self.bytes.fetch_add(weight, Ordering::Relaxed);
        // An empty queue takes any transaction, however large.
        let fits = waiting == 0 || waiting.saturating_add(weight) <= self.most_bytes;
        let (reply, answer) = oneshot::channel();
        let sent = match fits {
            true => self.send(Message::Job(Job::Commit(txn, reply), weight), &ended),
            false => Err(StoreError::Overloaded),
        };
        if let Err(error) = sent {
            self.bytes.fetch_sub(weight, Ordering::Relaxed);
            return Err(error.into());
        }
        answer.await.unwrap_or_else(|_| Err(ended().into()))
    }

    /// Has expired entries removed, and says how many.
    pub(crate) async fn sweep(
        &self,
        limit: usize,
        ended: impl Fn() -> StoreError,
    ) -> Result<usize, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(Message::Job(Job::Sweep(limit, reply), 0), &ended)?;
        answer.await.unwrap_or_else(|_| Err(ended()))
    }

    /// Finds out whether something can be written.
    pub(crate) async fn probe(&self, ended: impl Fn() -> StoreError) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(Message::Job(Job::Probe(reply), 0), &ended)?;
        answer.await.unwrap_or_else(|_| Err(ended()))
    }

    /// Has the writer finish what waits, and waits for its end.
    pub(crate) async fn close(&self) {
        let (reply, ended) = oneshot::channel();
        // Waits for a place. Both fail only if the writer has ended already.
        if self.messages.send(Message::Close(reply)).await.is_ok() {
            let _ = ended.await;
        }
    }

    /// Whether the writer takes nothing more.
    pub(crate) fn is_closed(&self) -> bool {
        self.messages.is_closed()
    }

    /// How many jobs wait.
    pub(crate) fn waiting(&self) -> usize {
        self.messages.max_capacity() - self.messages.capacity()
    }

    fn send(&self, message: Message, ended: impl Fn() -> StoreError) -> Result<(), StoreError> {
        self.messages.try_send(message).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => StoreError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => ended(),
        })
    }
}

impl Jobs {
    /// Everything that waits, once something does; `None` when the store is closed or dropped and
    /// everything that waited is answered.
    pub(crate) async fn next(&mut self) -> Option<Batch> {
        let first = self.messages.recv().await?;
        Some(self.batch(first))
    }

    /// The same for a thread that may block.
    pub(crate) fn blocking_next(&mut self) -> Option<Batch> {
        let first = self.messages.blocking_recv()?;
        Some(self.batch(first))
    }

    /// Those who wait for the end of the writer.
    pub(crate) fn closers(&mut self) -> Closers {
        Closers(std::mem::take(&mut self.closers))
    }

    fn batch(&mut self, first: Message) -> Batch {
        let bytes = Arc::clone(&self.bytes);
        let mut batch = Batch { jobs: VecDeque::new(), answers: Vec::new(), weight: 0, bytes };
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

/// Those who wait for the end of a writer.
pub(crate) struct Closers(Vec<Reply<()>>);

impl Closers {
    /// It has come.
    pub(crate) fn tell(self) {
        for reply in self.0 {
            // Whoever asked may have gone.
            let _ = reply.send(());
        }
    }
}

/// Jobs that share one commit.
pub(crate) struct Batch {
    jobs: VecDeque<Job>,
    answers: Vec<Answer>,
    weight: usize,
    bytes: Arc<AtomicUsize>,
}

impl Batch {
    /// Whether there is nothing to do: somebody only closes the store.
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

    /// The next job. Its reply goes to one of the methods below.
    pub(crate) fn take(&mut self) -> Option<Job> {
        self.jobs.pop_front()
    }

    /// What a transaction came to. A failed one is kept too: it is told what happened to the batch.
    pub(crate) fn committed<E>(
        &mut self,
        reply: Reply<Result<Revision, CommitError>>,
        outcome: Result<Result<Revision, Precondition>, E>,
    ) -> Result<(), E> {
        let (outcome, done) = split(outcome.map(Some), None);
        self.answers.push(Answer::Commit(reply, outcome));
        done
    }

    /// How much was swept, likewise.
    pub(crate) fn swept<E>(
        &mut self,
        reply: Reply<Result<usize, StoreError>>,
        outcome: Result<usize, E>,
    ) -> Result<(), E> {
        let (count, done) = split(outcome, 0);
        self.answers.push(Answer::Sweep(reply, count));
        done
    }

    /// Somebody wants to know whether the batch is committed, and nothing else.
    pub(crate) fn probed(&mut self, reply: Reply<Result<(), StoreError>>) {
        self.answers.push(Answer::Probe(reply));
    }

    /// Tells everybody what they asked for, or all of them why the batch failed.
    pub(crate) fn settle(mut self, outcome: Result<(), StoreError>) {
        // Before the answers: whoever has one must find the place free that it took.
        self.bytes.fetch_sub(self.weight, Ordering::Relaxed);
        while let Some(job) = self.take() {
            self.answers.push(match job {
                Job::Commit(_, reply) => Answer::Commit(reply, None),
                Job::Sweep(_, reply) => Answer::Sweep(reply, 0),
                Job::Probe(reply) => Answer::Probe(reply),
            });
        }
        for answer in self.answers {
            answer.send(outcome.as_ref());
        }
    }
}

impl Answer {
    // Whoever waited for an answer may have gone; the transaction stands all the same.
    fn send(self, outcome: Result<&(), &StoreError>) {
        let failed = outcome.err().cloned();
        match self {
            Self::Commit(reply, done) => drop(reply.send(match (failed, done) {
                (Some(error), _) => Err(error.into()),
                (None, Some(done)) => done.map_err(CommitError::Precondition),
                (None, None) => Err(StoreError::Failed("not applied".to_owned()).into()),
            })),
            Self::Sweep(reply, count) => drop(reply.send(failed.map_or(Ok(count), Err))),
            Self::Probe(reply) => drop(reply.send(failed.map_or(Ok(()), Err))),
        }
    }
}

/// The outcome, or what stands in for it, and whether to go on.
fn split<T, E>(outcome: Result<T, E>, instead: T) -> (T, Result<(), E>) {
    match outcome {
        Ok(outcome) => (outcome, Ok(())),
        Err(error) => (instead, Err(error)),
    }
}
