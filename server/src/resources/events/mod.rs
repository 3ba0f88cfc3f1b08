//! Writing events: what the engine derives, together with all that follows from it, in one
//! transaction (D28).

mod deadlines;
mod silences;

use std::sync::Arc;

use sensu_engine::Outcome;
use sensu_store::{CommitError, Operation, Precondition, Store, Txn};
use sensu_types::Resource as _;
use sensu_types::entity::Entity;
use sensu_types::event::Event;
use sensu_types::silenced::Silenced;

use crate::error::Error;
use crate::keyspace::{
    Encoded, is_namespace_exists, key, namespace_exists, namespace_not_found, parse,
};
use crate::resources::grant::Grant;
use crate::resources::preconditions::Conditions;
use crate::resources::store::{Rendered, Stored, invalid_name, write_conflict};
use crate::resources::write_options::WriteOptions;
use crate::runtime::context::Context;

pub(crate) use deadlines::fire;
pub(crate) use silences::Silences;

/// Attempts to write an event that others write at the same time.
const ATTEMPTS: usize = 64;

/// Stores the first event of a check on an entity.
///
/// The grant is for the namespace; entity and check are those of the event.
pub(crate) async fn create(grant: &Grant<Event>, mut event: Event) -> Result<Rendered, Error> {
    event.fill_identity(grant.namespace(), "");
    agree(grant, &event)?;
    event.validate()?;
    write(grant, event, &Conditions::default(), New::Must).await
}

/// Stores an event under the entity and check that were authorized.
pub(crate) async fn put(
    grant: &Grant<Event>,
    mut event: Event,
    conditions: &Conditions,
) -> Result<Rendered, Error> {
    event.fill_identity(grant.namespace(), grant.name());
    agree(grant, &event)?;
    event.validate()?;
    let name = format!("{}/{}", event.entity_name(), event.check_name());
    // An event that carries only metrics belongs to no check, whatever the URL says.
    if event.check.is_some() && name != grant.name() {
        return Err(Error::Invalid(format!(
            "the event is for {name:?} in the body and {:?} in the URL; they must agree",
            grant.name()
        )));
    }
    write(grant, event, conditions, New::May).await
}

/// Stores an event as it was recorded elsewhere, with the history that it has there. Doing it again
/// changes nothing.
pub(crate) async fn keep(grant: &Grant<Event>, mut event: Event) -> Result<(), Error> {
    event.fill_identity(grant.namespace(), grant.name());
    agree(grant, &event)?;
    event.validate()?;
    let (cx, namespace) = (grant.cx(), grant.namespace());
    for _ in 0..ATTEMPTS {
        let stored = stored(cx.store.as_ref(), namespace, &event).await?;
        if attempt(cx, namespace, event.clone(), stored, Purpose::Record).await?.is_some() {
            return Ok(());
        }
    }
    Err(write_conflict())
}

/// Whether an event has to be the first of its kind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum New {
    Must,
    May,
}

fn agree(grant: &Grant<Event>, event: &Event) -> Result<(), Error> {
    let check = event.check.as_ref().map(|check| &check.metadata.namespace);
    let entity = event.entity.as_ref().map(|entity| &entity.metadata.namespace);
    for namespace in [entity, check].into_iter().flatten() {
        if namespace != grant.namespace() {
            return Err(Error::Invalid(format!(
                "the namespace is {namespace:?} in the body and {:?} in the URL; they must agree",
                grant.namespace()
            )));
        }
    }
    Ok(())
}

/// Derives and stores, until nobody else writes in between.
async fn write(
    grant: &Grant<Event>,
    event: Event,
    conditions: &Conditions,
    new: New,
) -> Result<Rendered, Error> {
    if event.check.is_none() {
        return metrics_only(grant, event).await;
    }
    let (cx, namespace, manner) = (grant.cx(), grant.namespace(), grant.options());
    for _ in 0..ATTEMPTS {
        let stored = stored(cx.store.as_ref(), namespace, &event).await?;
        if new == New::Must && stored.is_some() {
            return Err(Error::exists());
        }
        conditions.check(stored.as_ref().map(|stored| stored.revision))?;
        if let Some(shown) =
            attempt(cx, namespace, event.clone(), stored, Purpose::Report(manner)).await?
        {
            return Ok(shown);
        }
    }
    Err(write_conflict())
}

/// Why an event is written.
enum Purpose {
    /// Somebody reports a result, which sets the deadline for the next one.
    Report(WriteOptions),
    /// It comes with results that were recorded elsewhere, the last of which is its own.
    Record,
    /// It stands for a result that did not come; the transaction takes the deadline away.
    Missed(Txn),
}

/// One attempt: `None` if somebody else wrote in between.
async fn attempt(
    cx: &Context,
    namespace: &str,
    event: Event,
    stored: Option<Stored<Event>>,
    purpose: Purpose,
) -> Result<Option<Rendered>, Error> {
    let store = cx.store.as_ref();
    let event_key = event_key(namespace, &event)?;
    let entity = event.entity.clone().unwrap_or_default();
    let entity_key = key::<Entity>(namespace, &entity.metadata.name).ok_or_else(invalid_name)?;
    let entity_is_known = store.get(&entity_key).await?.is_some();
    let silences: Arc<[Silenced]> = cx.silences.of(store, namespace).await?;

    let now = cx.clock.now();
    let before = stored.as_ref().map(|stored| &stored.value);
    let recorded = match purpose {
        Purpose::Record => Some(recorded(&event, before)),
        Purpose::Report(_) | Purpose::Missed(_) => None,
    };
    let outcome = match &recorded {
        // What ended because of it has ended where it was recorded.
        Some(recorded) => Outcome {
            expired_silences: Vec::new(),
            ..sensu_engine::apply(recorded.as_ref(), event, &silences, now)
        },
        None => sensu_engine::apply(before, event, &silences, now),
    };

    let mut preconditions = vec![
        match &stored {
            Some(stored) => Precondition::At(event_key.clone(), stored.revision),
            None => Precondition::Absent(event_key.clone()),
        },
        namespace_exists(namespace)?,
    ];
    let max_bytes = cx.limits.response_bytes;
    let encoded = Encoded::new(&outcome.event, max_bytes)?;
    let body = encoded.rendered();
    let mut operations = vec![encoded.put(event_key)];
    if entity_is_known {
        preconditions.push(Precondition::Present(entity_key));
    } else {
        // Whoever reports on something makes it known (D30).
        preconditions.push(Precondition::Absent(entity_key.clone()));
        operations.push(Encoded::new(&entity, max_bytes)?.put(entity_key));
    }
    for name in &outcome.expired_silences {
        operations.extend(key::<Silenced>(namespace, name).map(Operation::Delete));
    }
    let manner = match purpose {
        Purpose::Report(manner) => {
            let set = deadlines::set(namespace, &outcome.event, before, outcome.deadline)?;
            operations.extend(set);
            manner
        }
        Purpose::Record => {
            operations.extend(deadlines::set(namespace, &outcome.event, before, outcome.deadline)?);
            WriteOptions::default()
        }
        Purpose::Missed(missed) => {
            preconditions.extend(missed.preconditions);
            operations.extend(missed.operations);
            WriteOptions::default()
        }
    };
    match manner.commit(store, Txn { preconditions, operations }).await {
        Ok(revision) => {
            if revision.is_some() {
                cx.metrics.took(&outcome.event);
            }
            Ok(Some(Rendered { body, revision }))
        }
        Err(CommitError::Precondition(failed)) if is_namespace_exists(&failed) => {
            Err(namespace_not_found(namespace))
        }
        Err(CommitError::Precondition(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// An event that carries only metrics is passed on, not kept: it is the result of no check. The
/// answer is what would be passed on.
async fn metrics_only(grant: &Grant<Event>, event: Event) -> Result<Rendered, Error> {
    let (cx, namespace) = (grant.cx(), grant.namespace());
    let commit = Txn { preconditions: vec![namespace_exists(namespace)?], operations: Vec::new() };
    let revision = match grant.commit(commit).await {
        Ok(revision) => revision,
        Err(CommitError::Precondition(_)) => return Err(namespace_not_found(namespace)),
        Err(error) => return Err(error.into()),
    };
    let event = sensu_engine::apply(None, event, &[], cx.clock.now()).event;
    if revision.is_some() {
        cx.metrics.took(&event);
    }
    let body = Encoded::new(&event, cx.limits.response_bytes)?.rendered();
    Ok(Rendered { body, revision })
}

/// The event before a recorded one; values that are shown as redacted keep what is stored (D25).
fn recorded(event: &Event, stored: Option<&Event>) -> Option<Event> {
    let mut before = sensu_engine::previous_event(event)?;
    if let Some(stored) = stored {
        before.entity.clone_from(&stored.entity);
    }
    Some(before)
}

async fn stored(
    store: &dyn Store,
    namespace: &str,
    event: &Event,
) -> Result<Option<Stored<Event>>, Error> {
    let entry = store.get(&event_key(namespace, event)?).await?;
    entry.map(|entry| Ok(Stored { value: parse(&entry)?, revision: entry.revision })).transpose()
}

fn event_key(namespace: &str, event: &Event) -> Result<sensu_store::Key, Error> {
    let name = format!("{}/{}", event.entity_name(), event.check_name());
    key::<Event>(namespace, &name).ok_or_else(invalid_name)
}
