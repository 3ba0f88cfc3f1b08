//! The service: takes work from the outbox, runs its jobs in order, and completes it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use sensu_store::Key;
use sensu_types::outcomes::{EventOutcome, HandlerOutcome};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::Settings;
use super::job::Job;
use super::queues::Queues;
use crate::error::Error;
use crate::resources::connected;
use crate::resources::definitions;
use crate::resources::outbox::{self, Leases, Work};
use crate::runtime::context::Cx;

/// Interval of background work: gauges, leases.
const INTERVAL: Duration = Duration::from_secs(1);

/// Interval in which entries of servers without a lease are looked for even if no lease has ended.
const SEARCH: Duration = Duration::from_secs(30);

/// Time between two attempts to write to the store.
const PAUSE: Duration = Duration::from_millis(500);

/// Namespace and handler.
type QueueName = (String, String);
/// Entity and check.
type Lane = (String, Option<String>);

/// The service of one server.
pub(crate) struct Service {
    cx: Cx,
    settings: Arc<Settings>,
    queues: Queues<QueueName, Lane, Job>,
    /// Work whose jobs have not all ended.
    pending: HashMap<Key, Pending>,
    running: JoinSet<Ended>,
    completing: JoinSet<()>,
    leases: Leases,
    /// When the lease of this server was last renewed; `None` if it has none.
    renewed: Option<Instant>,
    searched: Option<Instant>,
}

struct Pending {
    work: Arc<Work>,
    /// Number of jobs that have not ended.
    jobs: usize,
    outcome: EventOutcome,
}

struct Ended {
    job: Job,
    queue: QueueName,
    lane: Lane,
    outcome: Option<HandlerOutcome>,
}

impl Service {
    /// Takes over the entries that an earlier run has left. If other servers may use the store, a lease tells
    /// them that this server runs.
    ///
    /// # Errors
    /// [`Error`] if the store fails.
    pub(crate) async fn start(cx: Cx, settings: Settings) -> Result<Self, Error> {
        let is_shared = cx.resources.is_store_shared();
        let mut renewed = None;
        let left = if is_shared {
            let now = Instant::now();
            match outbox::renew(&cx).await {
                Ok(()) => renewed = Some(now),
                Err(error) => tracing::warn!(?error, "the lease cannot be written; retrying"),
            }
            Vec::new()
        } else {
            outbox::leftover(&cx).await?
        };
        if !left.is_empty() {
            tracing::info!(events = left.len(), "handling events that were left in the outbox");
        }
        if let Err(error) = warn_about_commands(&cx, &settings).await {
            tracing::warn!(?error, "handlers and mutators cannot be counted");
        }
        let mut service = Self {
            cx,
            settings: Arc::new(settings),
            queues: Queues::new(),
            pending: HashMap::new(),
            running: JoinSet::new(),
            completing: JoinSet::new(),
            leases: Leases::default(),
            renewed,
            searched: None,
        };
        service.accept(left).await;
        Ok(service)
    }

    /// Runs until the future is dropped, which ends all jobs. Entries whose jobs have not all ended stay in the
    /// outbox.
    pub(crate) async fn run(mut self) {
        let mut ticks = tokio::time::interval(INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let cx = Arc::clone(&self.cx);
            tokio::select! {
                () = cx.resources.outbox.wait() => {}
                Some(ended) = self.running.join_next() => self.end(ended),
                Some(_) = self.completing.join_next() => {}
                _ = ticks.tick() => self.tick().await,
            }
            let added = cx.resources.outbox.take();
            self.accept(added).await;
        }
    }

    /// Adds the jobs of work, and starts those that can run.
    async fn accept(&mut self, added: Vec<Work>) {
        for mut work in added {
            let outcome = std::mem::take(&mut work.outcome);
            work.outcome.revision = outcome.revision;
            let workflows = std::mem::take(&mut work.workflows);
            let work = Arc::new(work);
            let jobs = workflows.len();
            let pending = Pending { work: Arc::clone(&work), jobs, outcome };
            if jobs == 0 {
                // Its handlers were deleted.
                self.complete(pending);
                continue;
            }
            self.pending.insert(work.key.clone(), pending);
            for workflow in workflows {
                let queue = (work.namespace.clone(), workflow.handler.clone());
                let lane = (work.entity.clone(), work.check.clone());
                let limit = self.jobs_of(&work.namespace, &workflow).await;
                let job = Job { work: Arc::clone(&work), workflow };
                self.queues.push(&queue, limit, &lane, job);
                self.start_jobs(&queue);
            }
        }
    }

    /// Number of jobs that a handler may have at the same time.
    async fn jobs_of(&self, namespace: &str, workflow: &sensu_engine::pipeline::Workflow) -> usize {
        let has_command = match self.cx.resources.definitions_of(namespace).await {
            Ok(definitions) => {
                let handler = definitions.handlers.get(&workflow.handler);
                let mutator = definitions.mutators.get(&workflow.mutator);
                handler.is_some_and(|handler| handler.kind == "pipe")
                    || mutator.is_some_and(|mutator| mutator.kind != "javascript")
            }
            Err(_) => true,
        };
        self.settings.jobs_per_handler(has_command)
    }

    fn start_jobs(&mut self, queue: &QueueName) {
        // Without a lease, another server may process the entries of this one.
        if self.cx.resources.is_store_shared()
            && self.renewed.is_none_or(|renewed| renewed.elapsed() >= outbox::LIFETIME)
        {
            return;
        }
        while let Some((lane, job)) = self.queues.start(queue) {
            let (cx, settings) = (Arc::clone(&self.cx), Arc::clone(&self.settings));
            let queue = queue.clone();
            self.running.spawn(async move {
                let run = std::panic::AssertUnwindSafe(job.run(&cx, &settings)).catch_unwind();
                let outcome = run.await.unwrap_or_else(|_| Some(job.panicked(&cx)));
                Ended { job, queue, lane, outcome }
            });
        }
    }

    fn end(&mut self, ended: Result<Ended, tokio::task::JoinError>) {
        // Jobs catch panics, and only dropping the service aborts them.
        let Ok(Ended { job, queue, lane, outcome }) = ended else { return };
        self.queues.finish(&queue, &lane);
        self.start_jobs(&queue);
        let key = &job.work.key;
        let Some(pending) = self.pending.get_mut(key) else { return };
        pending.jobs = pending.jobs.saturating_sub(1);
        pending.outcome.handlers.extend(outcome);
        if pending.jobs == 0
            && let Some(pending) = self.pending.remove(key)
        {
            self.complete(pending);
        }
    }

    /// Removes the entry, and stores what its handlers did, as soon as the store accepts it.
    fn complete(&mut self, pending: Pending) {
        let cx = Arc::clone(&self.cx);
        if pending.outcome.handlers.iter().any(|handler| handler.result == "expired") {
            cx.metrics.pipeline.record_dropped("expired");
        }
        self.completing.spawn(async move {
            while let Err(error) = outbox::complete(&cx, &pending.work, &pending.outcome).await {
                tracing::warn!(?error, "the outcome of handlers cannot be stored; retrying");
                tokio::time::sleep(PAUSE).await;
            }
        });
    }

    async fn tick(&mut self) {
        let oldest = self.pending.values().map(|pending| pending.work.created).min();
        self.cx.resources.outbox.set_oldest(oldest);
        if self.cx.resources.is_store_shared()
            && let Err(error) = self.exchange_leases().await
        {
            tracing::warn!(?error, "leases cannot be read and written; retrying");
        }
    }

    /// Renews the lease of this server, and takes over the entries of servers that have ended.
    async fn exchange_leases(&mut self) -> Result<(), Error> {
        let now = Instant::now();
        outbox::renew(&self.cx).await?;
        // Jobs that could not start without a lease can start now.
        if self.renewed.replace(now).is_none_or(|last| now.duration_since(last) >= outbox::LIFETIME)
        {
            let names: Vec<QueueName> = self.queues.names().cloned().collect();
            names.iter().for_each(|queue| self.start_jobs(queue));
        }
        let has_ended = self.leases.observe(&self.cx, now).await?;
        let is_due = self.searched.is_none_or(|last| now.duration_since(last) >= SEARCH);
        if has_ended || is_due {
            // The next attempt after a failure is due at once.
            self.searched = None;
            let (leases, mut taken) = (&self.leases, Vec::new());
            let has_ended = |server: &str| leases.has_ended(server, now);
            let taking = outbox::take_over(&self.cx, has_ended, &mut taken).await;
            let removing = connected::remove_ended(&self.cx, has_ended).await;
            if !taken.is_empty() {
                tracing::info!(events = taken.len(), "handling events of servers that have ended");
            }
            taken.sort_by_key(Work::revision);
            self.accept(taken).await;
            taking.and(removing)?;
            self.searched = Some(now);
        }
        Ok(())
    }
}

/// Warns of handlers that cannot run, or of commands that run with all rights.
async fn warn_about_commands(cx: &Cx, settings: &Settings) -> Result<(), Error> {
    if settings.allow_commands {
        if rustix::process::geteuid().is_root() {
            tracing::warn!(
                "the server runs as root and with --allow-commands: users who may create handlers or mutators \
                 can run any command as root; run it as another user"
            );
        }
        return Ok(());
    }
    let number = definitions::number_with_commands(cx).await?;
    if number > 0 {
        tracing::warn!(
            number,
            "handlers and mutators with commands are not executed; start the server with --allow-commands to \
             allow commands"
        );
    }
    Ok(())
}

/// Tells other servers that this one has ended, so that they handle its events at once.
pub(crate) async fn release(cx: &Cx) {
    if cx.resources.is_store_shared()
        && let Err(error) = outbox::release(cx).await
    {
        tracing::warn!(?error, "the lease cannot be deleted; it ends by itself");
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.running.abort_all();
    }
}
