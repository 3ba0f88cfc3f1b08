//! The outbox: work for handlers, written in the transaction that stores an event and removed after the
//! handlers have run (D43). So no alert is lost when the server fails in between.
//!
//! An entry contains the event as responses show it, with the whole output: handlers receive neither hidden
//! values (D25) nor truncated output. Entries are in the order of their revisions. Each belongs to the server
//! that wrote it; [`leases`] finds out which servers have ended, and [`entries`] takes their entries over.

mod entries;
mod leases;
mod outcomes;

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use sensu_engine::pipeline::{Step, Workflow, can_reach_handler, plan};
use sensu_store::{CommitError, Entry, Key, Operation, Revision, StoreError, Txn};
use sensu_types::Resource as _;
use sensu_types::event::Event;
use sensu_types::outcomes::{EventOutcome, HandlerOutcome};
use sensu_types::redaction::RedactedKeys;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::error::Error;
use crate::keyspace::{encode, outbox_entry};
use crate::resources::write_options::WriteOptions;
use crate::runtime::context::Context;

pub(crate) use entries::{entry, has_earlier, leftover, take_over};
pub(crate) use leases::{LIFETIME, Leases, release, renew};
pub(crate) use outcomes::{complete, outcomes};

/// The state of the outbox in this server.
pub(crate) struct Outbox {
    /// Identifies this server among those that share the store. New at each start.
    server: String,
    /// Number of entries that this server processes.
    entries: AtomicUsize,
    /// Time of the oldest of them, in seconds since 1970-01-01 UTC. 0 if there is none. Set in intervals.
    oldest: AtomicI64,
    /// Work that was added since the pipeline last took it.
    added: Mutex<Vec<Work>>,
    /// Wakes the pipeline.
    is_added: Notify,
}

/// An event whose handlers have not run yet: where it is stored, and the workflows that process it.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    /// Key of the entry.
    pub(crate) key: Key,
    /// Time of the write, in seconds since 1970-01-01 UTC.
    pub(crate) created: i64,
    pub(crate) namespace: String,
    pub(crate) entity: String,
    /// `None` for an event without a check.
    pub(crate) check: Option<String>,
    pub(crate) workflows: Vec<Workflow>,
    /// The outcomes so far: those of handlers that cannot be used.
    pub(crate) outcome: EventOutcome,
}

/// An event whose handlers have not run yet, as it is stored.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct OutboxEntry {
    /// The server that runs the handlers.
    server: String,
    /// Time of the write, in seconds since 1970-01-01 UTC.
    created: i64,
    /// The transaction that stored the event, if another one has written the entry again since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revision: Option<Revision>,
    /// `check.state` of the previous event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) previous_state: Option<String>,
    /// The event.
    pub(crate) event: Event,
}

/// An entry to be written, and the work that it stands for once it is.
pub(super) struct Addition {
    /// Writes the entry.
    pub(super) operation: Operation,
    work: Work,
}

impl Default for Outbox {
    fn default() -> Self {
        Self {
            server: format!("{:016x}", rand::random::<u64>()),
            entries: AtomicUsize::new(0),
            oldest: AtomicI64::new(0),
            added: Mutex::default(),
            is_added: Notify::new(),
        }
    }
}

impl OutboxEntry {
    fn parse(entry: &Entry) -> Result<Self, Error> {
        serde_json::from_slice(&entry.value)
            .map_err(|error| Error::Internal(format!("stored {:?}: {error}", entry.key)))
    }

    /// The transaction that stored the event.
    fn revision(&self, entry: &Entry) -> Revision {
        self.revision.unwrap_or(entry.revision)
    }
}

/// What a stored event means for handlers.
pub(super) struct Stored<'a> {
    pub(super) event: &'a Event,
    /// The whole output, if that of the event is truncated.
    pub(super) output: Option<&'a str>,
    /// The event before.
    pub(super) before: Option<&'a Event>,
    /// Keys that are hidden in addition to those of the event.
    pub(super) keys: Option<&'a RedactedKeys>,
}

/// The entry for an event. `None` if no handler can process it.
///
/// # Errors
/// [`Error::Invalid`] if the names are too long; [`Error`] if the store fails.
pub(super) async fn addition(
    cx: &Context,
    namespace: &str,
    stored: Stored<'_>,
) -> Result<Option<Addition>, Error> {
    let (Some(settings), event) = (&cx.limits.pipeline, stored.event) else { return Ok(None) };
    if !names_handlers(event) {
        return Ok(None);
    }
    let definitions = cx.resources.definitions_of(namespace).await?;
    let steps = plan(event, definitions.as_ref());
    if !can_reach_handler(event, &steps) {
        return Ok(None);
    }
    let outbox = &cx.resources.outbox;
    if outbox.entries.load(Ordering::Relaxed) >= settings.max_entries {
        cx.metrics.pipeline.record_dropped("full");
        return Ok(None);
    }
    let shown = event.redacted_with(stored.keys.unwrap_or(&RedactedKeys::DEFAULT));
    let mut shown = shown.unwrap_or_else(|| event.clone());
    if let (Some(check), Some(output)) = (&mut shown.check, stored.output) {
        output.clone_into(&mut check.output);
    }
    let check = event.check.as_ref().map(|_| event.check_name());
    let key = outbox_entry(namespace, event.entity_name(), check, rand::random());
    let key = key.ok_or_else(|| {
        let message =
            "the names of namespace, entity and check are too long for an event with handlers";
        Error::invalid(message)
    })?;
    let created = cx.clock.now();
    let work = Work::new(&key, created, namespace, event, steps);
    let before = stored.before.and_then(|event| event.check.as_ref());
    let entry = OutboxEntry {
        server: outbox.server.clone(),
        created,
        revision: None,
        previous_state: before.map(|check| check.state.clone()),
        event: shown,
    };
    let value = encode(&entry)?.into();
    let operation = Operation::Put { key, value, flags: 0, expires_at: None };
    Ok(Some(Addition { operation, work }))
}

impl Work {
    fn new(key: &Key, created: i64, namespace: &str, event: &Event, steps: Vec<Step>) -> Self {
        let check = event.check.as_ref();
        let mut work = Self {
            key: key.clone(),
            created,
            namespace: namespace.to_owned(),
            entity: event.entity_name().to_owned(),
            check: check.map(|_| event.check_name().to_owned()),
            workflows: Vec::new(),
            outcome: EventOutcome {
                revision: 0,
                timestamp: event.timestamp,
                id: event.id.clone(),
                status: check.map_or(0, |check| check.status),
                handlers: Vec::new(),
            },
        };
        for step in steps {
            match step {
                Step::Run(workflow) => work.workflows.push(workflow),
                Step::Skip(skipped) => work.outcome.handlers.push(HandlerOutcome {
                    pipeline: skipped.pipeline,
                    handler: skipped.handler,
                    result: "skipped".to_owned(),
                    reason: skipped.reason,
                    completed: created,
                    ..HandlerOutcome::default()
                }),
            }
        }
        work
    }

    /// The transaction that stored the event.
    pub(crate) fn revision(&self) -> Revision {
        self.outcome.revision
    }

    fn with_revision(mut self, revision: Revision) -> Self {
        self.outcome.revision = revision;
        self
    }
}

/// Commits a transaction together with the entries of its events, and passes their work to the pipeline. `None` for
/// a dry run.
///
/// A task of its own does both. So work whose entry is stored reaches the pipeline even if the client disconnects
/// after the commit, which cancels the request.
///
/// # Errors
/// As [`Store::commit`](sensu_store::Store::commit).
pub(super) async fn commit(
    cx: &Context,
    options: WriteOptions,
    mut txn: Txn,
    additions: Vec<Addition>,
) -> Result<Option<Revision>, CommitError> {
    if additions.is_empty() || options.is_dry_run() {
        txn.operations.extend(additions.into_iter().map(|addition| addition.operation));
        return options.commit(cx.resources.store.as_ref(), txn).await;
    }
    let (store, outbox) = (Arc::clone(&cx.resources.store), Arc::clone(&cx.resources.outbox));
    let committed = tokio::spawn(async move {
        let mut works = Vec::new();
        for Addition { operation, work } in additions {
            txn.operations.push(operation);
            works.push(work);
        }
        let revision = store.commit(txn).await?;
        works.into_iter().for_each(|work| outbox.add(work, revision));
        Ok(Some(revision))
    });
    committed.await.unwrap_or_else(|ended| Err(StoreError::Failed(ended.to_string()).into()))
}

impl Outbox {
    /// Passes work to the pipeline after the transaction that stored its entry.
    fn add(&self, work: Work, revision: Revision) {
        self.entries.fetch_add(1, Ordering::Relaxed);
        let mut added = self.added.lock().unwrap_or_else(PoisonError::into_inner);
        added.push(work.with_revision(revision));
        drop(added);
        self.is_added.notify_one();
    }

    /// ID of this run of the server.
    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    /// Waits until work is added.
    pub(crate) async fn wait(&self) {
        self.is_added.notified().await;
    }

    /// The work that was added since the last call.
    pub(crate) fn take(&self) -> Vec<Work> {
        std::mem::take(&mut *self.added.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Number of entries that this server processes.
    pub(crate) fn entries(&self) -> usize {
        self.entries.load(Ordering::Relaxed)
    }

    /// Time of the oldest entry, in seconds since 1970-01-01 UTC, if there are any.
    pub(crate) fn oldest(&self) -> Option<i64> {
        Some(self.oldest.load(Ordering::Relaxed)).filter(|time| *time > 0)
    }

    /// Sets the time of the oldest entry.
    pub(crate) fn set_oldest(&self, time: Option<i64>) {
        self.oldest.store(time.unwrap_or_default(), Ordering::Relaxed);
    }
}

/// Whether the event names a handler or pipeline.
fn names_handlers(event: &Event) -> bool {
    let of_metrics = event.metrics.as_ref().is_some_and(|metrics| !metrics.handlers.is_empty());
    let of_check = event
        .check
        .as_ref()
        .is_some_and(|check| !check.handlers.is_empty() || !check.pipelines.is_empty());
    of_metrics || of_check || !event.pipelines.is_empty()
}
