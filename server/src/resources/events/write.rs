//! One attempt to write an event: prepare, commit, record metrics.
//!
//! The engine derives the event from the stored one. The event, the entity if it is new, silenced
//! entries that end, and the next deadline are written in one transaction (D28).

use bytes::Bytes;
use sensu_engine::agent_entity::AGENT;
use sensu_engine::{Outcome, keepalive};
use sensu_store::{CommitError, Key, Operation, Precondition, Revision, Store, Txn};
use sensu_types::entity::Entity;
use sensu_types::event::Event;
use sensu_types::redaction::RedactedKeys;
use sensu_types::silenced::Silenced;

use super::deadlines::{self, Deadline};
use super::keepalives;
use crate::error::Error;
use crate::keyspace::{Encoded, is_namespace_precondition, key, namespace_exists, parse};
use crate::resources::grant::Grant;
use crate::resources::outbox::{self, Addition};
use crate::resources::store::{Rendered, Stored, invalid_name};
use crate::resources::write_options::WriteOptions;
use crate::runtime::context::Context;

/// Why an event is written.
pub(super) enum Purpose {
    /// A client reports a result.
    Report(WriteOptions),
    /// An agent reports a result.
    AgentResult,
    /// A dump contains the event. Its last result is part of its history.
    Import,
    /// The result of a check is overdue, or an agent is silent. The transaction replaces or removes the deadline.
    MissedDeadline(Txn),
    /// An agent sends a keepalive.
    Keepalive(Box<Keepalive>),
}

impl Purpose {
    /// Whether an agent sends the event. If it creates the entity of the agent, the agent registers (D50).
    fn is_of_agent(&self) -> bool {
        matches!(self, Self::AgentResult | Self::Keepalive(_))
    }
}

/// What a keepalive changes besides its event (D50).
pub(super) struct Keepalive {
    /// The entity of the agent, as it is written.
    pub(super) entity: Entity,
    /// The stored entity. `None` if the agent registers.
    pub(super) stored: Option<Stored<Entity>>,
    /// Deadline of the next keepalive. `None` if missing keepalives are not reported.
    pub(super) deadline: Option<Deadline>,
}

/// A transaction that writes an event.
struct Prepared {
    event: Event,
    body: Bytes,
    txn: Txn,
    /// Entries of the outbox.
    additions: Vec<Addition>,
    options: WriteOptions,
}

/// Tries to write an event. `None` after a write conflict.
///
/// # Errors
/// [`Error::NotFound`] without namespace; [`Error::Invalid`] for names that no key can hold;
/// [`Error::TooLarge`]; [`Error`] if the store fails.
pub(super) async fn attempt(
    cx: &Context,
    namespace: &str,
    event: Event,
    stored: Option<Stored<Event>>,
    purpose: Purpose,
) -> Result<Option<Rendered>, Error> {
    let Prepared { event, body, txn, additions, options } =
        prepare(cx, namespace, event, stored, purpose).await?;
    match outbox::commit(cx, options, txn, additions).await {
        Ok(revision) => Ok(Some(record(cx, &event, body, revision))),
        Err(CommitError::Precondition(failed)) if is_namespace_precondition(&failed) => {
            Err(Error::namespace_not_found(namespace))
        }
        Err(CommitError::Precondition(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Accepts an event with metrics but without a check: it is the result of no check and is not stored.
///
/// # Errors
/// As [`attempt`].
pub(super) async fn metrics_only(grant: &Grant<Event>, event: Event) -> Result<Rendered, Error> {
    let (cx, namespace) = (grant.cx(), grant.namespace());
    let event = sensu_engine::apply(None, event, &[], cx.clock.now()).event;
    let stored = outbox::Stored { event: &event, output: None, before: None, keys: None };
    let additions = outbox::addition(cx, namespace, stored).await?.into_iter().collect();
    let preconditions = vec![namespace_exists(namespace)?];
    let txn = Txn { preconditions, operations: Vec::new() };
    let revision = match outbox::commit(cx, grant.options(), txn, additions).await {
        Ok(revision) => revision,
        Err(CommitError::Precondition(_)) => return Err(Error::namespace_not_found(namespace)),
        Err(error) => return Err(error.into()),
    };
    let body = Encoded::new(&event, cx.limits.response_bytes)?.rendered();
    Ok(record(cx, &event, body, revision))
}

/// The stored event of the same check on the same entity.
pub(super) async fn stored(
    store: &dyn Store,
    namespace: &str,
    event: &Event,
) -> Result<Option<Stored<Event>>, Error> {
    let entry = store.get(&event_key(namespace, event)?).await?;
    entry.map(|entry| Ok(Stored { value: parse(&entry)?, revision: entry.revision })).transpose()
}

/// Bytes by which the failure event for an overdue result may exceed the event itself: the result in the
/// history, the output, larger numbers, and names of silenced entries.
const GROWTH_BYTES: usize = 4_096;

/// Maximum size of an event with a deadline in a response. Its failure event must fit, too (D34).
fn max_bytes_with_deadline(max_bytes: usize) -> usize {
    // Limits below the usual ones keep most of their size.
    max_bytes.saturating_sub(GROWTH_BYTES.min(max_bytes / 8))
}

/// Derives the event, and builds the transaction that writes it with all its consequences.
async fn prepare(
    cx: &Context,
    namespace: &str,
    mut event: Event,
    stored: Option<Stored<Event>>,
    purpose: Purpose,
) -> Result<Prepared, Error> {
    let store = cx.resources.store.as_ref();
    let event_key = event_key(namespace, &event)?;
    let entity = event.entity.clone().unwrap_or_default();
    let entity_key = key::<Entity>(namespace, &entity.metadata.name).ok_or_else(invalid_name)?;
    let entity_exists = match &purpose {
        Purpose::Keepalive(keepalive) => keepalive.stored.is_some(),
        _ => store.get(&entity_key).await?.is_some(),
    };
    let redaction = &cx.resources.redaction;
    let keys = match entity_exists {
        true => redaction.of_entity(store, namespace, &entity.metadata.name).await?,
        false => Some(RedactedKeys::new(&entity.redact)),
    };
    let registration = (!entity_exists && purpose.is_of_agent() && entity.entity_class == AGENT)
        .then(|| keepalive::registration_event(entity.clone(), cx.clock.now()));
    let silenced = cx.resources.silences.entries(&cx.resources.store, namespace).await?;
    let max_bytes = cx.limits.response_bytes;

    let before = stored.as_ref().map(|stored| &stored.value);
    let stored_entity = before.and_then(|event| event.entity.as_ref());
    if let (Some(entity), Some(stored)) = (&mut event.entity, stored_entity) {
        // Values that the stored entity hides do not replace the stored ones either (D25).
        entity.keep_redacted(stored, keys.as_ref().or(Some(&RedactedKeys::DEFAULT)));
    }
    let Derived { outcome, missed, keepalive, has_handlers, options } =
        derive(event, before, &silenced.0, cx.clock.now(), purpose);
    let max_event_bytes = match outcome.deadline {
        Some(_) if missed.is_none() => max_bytes_with_deadline(max_bytes),
        _ if keepalive.is_some() => max_bytes_with_deadline(max_bytes),
        _ => max_bytes,
    };
    let encoded = Encoded::with_keys(&outcome.event, keys.as_ref(), max_event_bytes)?;
    let body = encoded.rendered();
    let mut preconditions = vec![
        match &stored {
            Some(stored) => Precondition::At(event_key.clone(), stored.revision),
            None => Precondition::Absent(event_key.clone()),
        },
        namespace_exists(namespace)?,
    ];
    let mut operations = vec![encoded.put(event_key)];
    if let Some(Keepalive { entity, stored, .. }) = keepalive.as_deref() {
        preconditions.push(match stored {
            Some(stored) => Precondition::At(entity_key.clone(), stored.revision),
            None => Precondition::Absent(entity_key.clone()),
        });
        let previous = stored.as_ref().map(|stored| &stored.value);
        operations.extend(redaction.record(store, entity, previous).await?);
        operations.push(Encoded::new(entity, max_bytes)?.put(entity_key));
    } else if entity_exists {
        preconditions.push(Precondition::Present(entity_key));
    } else {
        // An event creates its entity (D30).
        preconditions.push(Precondition::Absent(entity_key.clone()));
        operations.extend(redaction.record(store, &entity, None).await?);
        operations.push(Encoded::new(&entity, max_bytes)?.put(entity_key));
    }
    for name in &outcome.expired_silences {
        operations.extend(key::<Silenced>(namespace, name).map(Operation::Delete));
    }
    let deadline = match (missed, &keepalive) {
        (Some(missed), _) => missed,
        (None, Some(keepalive)) => {
            let next = keepalive.deadline.as_ref();
            deadlines::set_keepalive(store, namespace, &outcome.event, next).await?
        }
        (None, None) if !has_handlers && keepalives::is_monitored(cx, &outcome.event) => {
            // The agent has one period to connect to this server.
            let next = keepalives::next_deadline(&outcome.event, namespace, cx.clock.now());
            deadlines::set_keepalive(store, namespace, &outcome.event, Some(&next)).await?
        }
        (None, None) => {
            deadlines::set(store, namespace, &outcome.event, before, outcome.deadline).await?
        }
    };
    preconditions.extend(deadline.preconditions);
    operations.extend(deadline.operations);
    let mut additions = Vec::new();
    if let Some(registration) = &registration {
        let keys = keys.as_ref();
        let stored = outbox::Stored { event: registration, output: None, before: None, keys };
        additions.extend(outbox::addition(cx, namespace, stored).await?);
    }
    if has_handlers && outcome.is_new {
        let (event, output) = (&outcome.event, outcome.whole_output.as_deref());
        let stored = outbox::Stored { event, output, before, keys: keys.as_ref() };
        additions.extend(outbox::addition(cx, namespace, stored).await?);
    }
    let txn = Txn { preconditions, operations };
    Ok(Prepared { event: outcome.event, body, txn, additions, options })
}

/// What follows from the purpose of a write.
struct Derived {
    outcome: Outcome,
    /// Removes the missed deadline. `None` if the event sets or removes the deadline of the next result.
    missed: Option<Txn>,
    /// Writes the entity and the deadline of a keepalive.
    keepalive: Option<Box<Keepalive>>,
    /// Whether handlers process the event.
    has_handlers: bool,
    options: WriteOptions,
}

fn derive(
    event: Event,
    before: Option<&Event>,
    silenced: &[Silenced],
    now: i64,
    purpose: Purpose,
) -> Derived {
    let is_import = matches!(purpose, Purpose::Import);
    let outcome = if is_import {
        let previous = previous(&event, before);
        let outcome = sensu_engine::apply(previous.as_ref(), event, silenced, now);
        // Entries that the event ended have ended on the server that wrote the dump.
        Outcome { expired_silences: Vec::new(), ..outcome }
    } else {
        sensu_engine::apply(before, event, silenced, now)
    };
    let (mut missed, mut keepalive, mut options) = (None, None, WriteOptions::default());
    match purpose {
        Purpose::Report(requested) => options = requested,
        Purpose::AgentResult | Purpose::Import => {}
        Purpose::MissedDeadline(txn) => missed = Some(txn),
        Purpose::Keepalive(written) => keepalive = Some(written),
    }
    // Handlers have processed imported events on the server that wrote the dump.
    Derived { outcome, missed, keepalive, has_handlers: !is_import, options }
}

/// The event before the last result of a dumped one. The entity is the stored one, whose redacted values
/// the dump does not contain (D25).
fn previous(event: &Event, stored: Option<&Event>) -> Option<Event> {
    let mut previous = sensu_engine::previous_event(event)?;
    if let Some(stored) = stored {
        previous.entity.clone_from(&stored.entity);
    }
    Some(previous)
}

/// Counts an event that was not a dry run.
fn record(cx: &Context, event: &Event, body: Bytes, revision: Option<Revision>) -> Rendered {
    if revision.is_some() {
        cx.metrics.record_event(event);
    }
    Rendered { body, revision }
}

fn event_key(namespace: &str, event: &Event) -> Result<Key, Error> {
    let name = format!("{}/{}", event.entity_name(), event.check_name());
    key::<Event>(namespace, &name).ok_or_else(invalid_name)
}
