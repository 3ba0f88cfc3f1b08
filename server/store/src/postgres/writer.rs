//! The one writer of this server: a task that takes whatever waits, commits it as one group, then
//! answers all.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use deadpool_postgres::Object;

use super::group::{self, Group};
use super::pool::Connector;
use super::shared::Shared;
use super::statements::Statements;
use super::turn;
use crate::queue::{self, Job, Jobs};
use crate::{FeedLimits, Key, StoreError};

/// The writer's task.
pub(super) struct Writer {
    pub(super) connector: Connector,
    pub(super) jobs: Jobs,
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
        jobs: Jobs,
        shared: Arc<Shared>,
        limits: FeedLimits,
    ) -> Self {
        Self { connector, jobs, shared, limits, db: None, garbage: true }
    }

    /// Runs until the store is closed or dropped and everything that waited is answered.
    pub(super) async fn run(mut self) {
        while let Some(mut batch) = self.jobs.next().await {
            let outcome = match self.shared.stopped() {
                _ if batch.is_empty() => Ok(()),
                Some(stopped) => Err(stopped),
                None => self.commit(&mut batch).await,
            };
            if let Err(error) = &outcome {
                // Whatever it was: the database takes back what was not committed when the
                // connection goes.
                drop(self.db.take().map(|(db, _)| Object::take(db)));
                if let StoreError::Stopped(reason) = error {
                    self.shared.stop(reason);
                }
                self.shared.trouble(error);
            }
            batch.settle(outcome);
        }
        drop(self.db.take());
        self.jobs.closers().tell();
    }

    /// Commits the jobs as one group.
    async fn commit(&mut self, batch: &mut queue::Batch) -> Result<(), StoreError> {
        let shared = Arc::clone(&self.shared);
        let (db, prepared) = match self.db.take().filter(|(db, _)| !db.is_closed()) {
            Some(kept) => &*self.db.insert(kept),
            None => &*self.db.insert(self.connect().await?),
        };
        let began = Instant::now();
        let keys: HashSet<&Key> = batch.txns().flat_map(group::asked).collect();
        let mut begun = turn::begin(db, prepared, &keys).await?;
        // Taken when it is this server's turn: whatever was seen to expire before is expired here.
        let now = shared.clock.now();
        let before = begun.state.revision;
        let mut group = Group::new(db, prepared, now, before, std::mem::take(&mut begun.known));
        let mut probed = false;
        while let Some(job) = batch.take() {
            match job {
                Job::Commit(txn, reply) => batch.committed(reply, group.apply(txn).await)?,
                Job::Sweep(limit, reply) => batch.swept(reply, group.sweep(limit).await)?,
                Job::Probe(reply) => {
                    probed = true;
                    batch.probed(reply);
                }
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
