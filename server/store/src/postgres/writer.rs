//! The only writer of this server: a task that takes all waiting jobs, commits them as one group,
//! then replies.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use deadpool_postgres::Object;

use super::group::{self, Group};
use super::group_commit;
use super::pool::Connector;
use super::shared::Shared;
use super::statements::Statements;
use crate::queue::{self, Job, Jobs};
use crate::{FeedLimits, Key, StoreError};

/// The state of the writer task.
pub(super) struct Writer {
    connector: Connector,
    jobs: Jobs,
    shared: Arc<Shared>,
    limits: FeedLimits,
    /// The connection of the writer, once it is open.
    db: Option<(Object, Statements)>,
    /// Whether the feed may contain rows to delete.
    garbage: bool,
}

impl Writer {
    pub(super) fn new(
        connector: Connector,
        jobs: Jobs,
        shared: Arc<Shared>,
        limits: FeedLimits,
    ) -> Self {
        Self { connector, jobs, shared, limits, db: None, garbage: true }
    }

    /// Runs until the store is closed or dropped and every waiting job has a reply.
    pub(super) async fn run(mut self) {
        while let Some(mut batch) = self.jobs.next().await {
            let outcome = match self.shared.stopped() {
                _ if batch.is_empty() => Ok(()),
                Some(stopped) => Err(stopped),
                None => self.commit(&mut batch).await,
            };
            if let Err(error) = &outcome {
                // Closing the connection rolls the transaction back.
                drop(self.db.take().map(|(db, _)| Object::take(db)));
                if let StoreError::Stopped(reason) = error {
                    self.shared.stop(reason);
                }
                self.shared.record_failure(error);
            }
            batch.complete(outcome);
        }
        drop(self.db.take());
        self.jobs.take_closers().notify();
    }

    /// Commits the jobs as one group.
    async fn commit(&mut self, batch: &mut queue::Batch) -> Result<(), StoreError> {
        let shared = Arc::clone(&self.shared);
        let (db, prepared) = match self.db.take().filter(|(db, _)| !db.is_closed()) {
            Some(open) => &*self.db.insert(open),
            None => &*self.db.insert(self.connect().await?),
        };
        let start = Instant::now();
        let keys: HashSet<&Key> = batch.txns().flat_map(group::keys_to_read).collect();
        let mut started = group_commit::begin(db, prepared, &keys).await?;
        // Read while the lock is held: what a caller saw expired before is expired here.
        let now = shared.clock.now();
        let before = started.state.revision;
        let mut group = Group::new(db, prepared, now, before, std::mem::take(&mut started.known));
        let mut probed = false;
        while let Some(job) = batch.take() {
            match job {
                Job::Commit(txn, reply) => batch.record_commit(reply, group.apply(txn).await)?,
                Job::Sweep(limit, reply) => batch.record_sweep(reply, group.sweep(limit).await)?,
                Job::Probe(reply) => {
                    probed = true;
                    batch.record_probe(reply);
                }
            }
        }
        if group.revision == before {
            // Every transaction failed a precondition, because of commits that are durable.
            shared.advance_revision(before);
            return match probed {
                true => {
                    group_commit::commit_probe(db, prepared, started.state).await.inspect(|()| {
                        shared.record_success(start.elapsed());
                    })
                }
                false => group_commit::roll_back(db).await,
            };
        }
        let limits = self.limits;
        let garbage =
            group_commit::commit(db, prepared, &started, &group, limits, self.garbage).await?;
        shared.advance_revision(group.revision);
        shared.record_success(start.elapsed());
        self.garbage = garbage;
        Ok(())
    }

    async fn connect(&self) -> Result<(Object, Statements), StoreError> {
        let db = self.connector.get().await?;
        let prepared = Statements::prepare(&db).await?;
        Ok((db, prepared))
    }
}
