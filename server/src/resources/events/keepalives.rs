//! Keepalives of agents (D50): the entity that they register and update, the event that they report, the failure of
//! a silent agent, and its deregistration.

use std::sync::atomic::Ordering;

use sensu_engine::agent_entity::{self, AGENT};
use sensu_engine::keepalive::{self, Deadlines};
use sensu_store::{CommitError, Revision, Txn};
use sensu_types::Resource as _;
use sensu_types::entity::Entity;
use sensu_types::event::Event;

use super::deadlines::Deadline;
use super::overdue::{Failure, Missed};
use super::write::{Keepalive, Purpose, attempt, stored};
use super::{ATTEMPTS, check_namespaces};
use crate::error::Error;
use crate::keyspace::{self, parse};
use crate::resources::attached;
use crate::resources::grant::Grant;
use crate::resources::outbox;
use crate::resources::scan::Pages;
use crate::resources::store::{Stored, invalid_name, write_conflict};
use crate::resources::validation::Validation;
use crate::resources::write_options::WriteOptions;
use crate::runtime::context::Context;

/// Stores a keepalive of the agent of the grant: its entity, its event, and the deadline of the next one. Returns the
/// entity as it is stored, and the transaction.
///
/// # Errors
/// [`Error::Invalid`] for an invalid event, or one of another entity or namespace; [`Error::NotFound`] without
/// namespace; [`Error::Unavailable`] after too many write conflicts; [`Error`] if the store fails.
pub(crate) async fn keepalive(
    grant: &Grant<Event>,
    mut sent: Event,
) -> Result<(Entity, Option<Revision>), Error> {
    let (cx, namespace, agent) = (grant.cx(), grant.namespace(), grant.name());
    sent.fill_identity(namespace, agent);
    check_namespaces(grant, &sent)?;
    if sent.entity_name() != agent {
        return Err(Error::invalid(format!(
            "the keepalive is of entity {:?}, but the agent is {agent:?}",
            sent.entity_name()
        )));
    }
    if sent.timestamp == 0 {
        return Err(Error::invalid("the keepalive has no timestamp"));
    }
    let now = cx.clock.now();
    let deadline = cx.limits.keepalives.then(|| next_deadline(&sent, namespace, now));
    let mut validation = Validation::new();
    for _ in 0..ATTEMPTS {
        let stored_entity = entity(cx, namespace, agent).await?;
        let before = stored_entity.as_ref().map(|stored| &stored.value);
        let entity = agent_entity::updated(before, &sent);
        sent.entity = Some(entity.clone());
        let Some(mut event) = keepalive::passing_event(&sent, now) else {
            return Err(Error::invalid("the keepalive has no entity"));
        };
        if let Some(check) = event.check.as_mut().filter(|check| check.ttl > 0) {
            // A rule of all checks that agents before 5.19 do not follow.
            let longest = u32::try_from(check.ttl.saturating_sub(1)).unwrap_or(u32::MAX);
            check.interval = check.interval.min(longest);
        }
        let event = validation.run(&cx.compilers, event).await?;
        let purpose = Purpose::Keepalive(Box::new(Keepalive {
            entity: entity.clone(),
            stored: stored_entity,
            deadline: deadline.clone(),
        }));
        let last = stored(grant.store(), namespace, &event).await?;
        if let Some(written) = attempt(cx, namespace, event, last, purpose).await? {
            return Ok((entity, written.revision));
        }
    }
    Err(write_conflict())
}

/// Whether the silence of the agent of an imported event is reported.
pub(super) fn is_monitored(cx: &Context, event: &Event) -> bool {
    let class = event.entity.as_ref().map(|entity| entity.entity_class.as_str());
    cx.limits.keepalives && event.check_name() == keepalive::CHECK && class == Some(AGENT)
}

/// The deadline of the keepalive after one that is received now.
pub(super) fn next_deadline(keepalive: &Event, namespace: &str, now: i64) -> Deadline {
    let due = Deadlines::of(keepalive.check.as_ref()).next_after(now, now);
    Deadline::of_keepalive(namespace, keepalive.entity_name(), now, due)
}

/// What the deadline of a keepalive means. After the start of the server, and after a failure of the store,
/// agents have one period to connect.
pub(super) async fn missed(
    cx: &Context,
    deadline: &Deadline,
    received: i64,
    now: i64,
) -> Result<Missed, Error> {
    let store = cx.resources.store.as_ref();
    let Some(last) = deadline.event(store).await? else { return Ok(Missed::Nothing) };
    let Some(entity) = entity(cx, &deadline.namespace, &deadline.entity).await? else {
        return Ok(Missed::Nothing);
    };
    let deadlines = Deadlines::of(last.value.check.as_ref());
    let resumed = cx.resumed.load(Ordering::Relaxed);
    if received < resumed {
        let due = deadlines.next_after(resumed, resumed);
        if due > now {
            return Ok(Missed::Later(deadline.at(due)));
        }
    }
    if entity.value.deregister {
        return Ok(Missed::Deregistration);
    }
    let next = deadline.at(deadlines.next_after(received, now));
    Ok(match keepalive::failing_event(&last.value, received, now) {
        Some(event) => Missed::Failure(Box::new(Failure { event, stored: last, next })),
        None => Missed::Later(next),
    })
}

/// Deletes the entity of a silent agent with its events. Their handlers get resolutions, and the handler of the
/// deregistration gets an event.
///
/// # Errors
/// As [`attempt`].
pub(super) async fn deregister(
    cx: &Context,
    deadline: &Deadline,
    mut txn: Txn,
    now: i64,
) -> Result<(), Error> {
    let (store, namespace) = (cx.resources.store.as_ref(), &deadline.namespace);
    let name = &deadline.entity;
    let key = keyspace::key::<Entity>(namespace, name).ok_or_else(invalid_name)?;
    let Some(entry) = store.get(&key).await? else { return Ok(()) };
    let keys = cx.resources.redaction.of_entity(store, namespace, name).await?;
    let silenced = cx.resources.silences.entries(&cx.resources.store, namespace).await?;
    let mut additions = Vec::new();
    let prefix = keyspace::list_prefix::<Event>(namespace, name).ok_or_else(invalid_name)?;
    let mut pages = Pages::new(prefix);
    while let Some(entries) = pages.next(store).await? {
        for entry in &entries {
            let before: Event = parse(entry)?;
            let Some(event) = keepalive::resolving_event(&before, &silenced.0, now) else {
                continue;
            };
            let stored = outbox::Stored {
                event: &event,
                output: None,
                before: Some(&before),
                keys: keys.as_ref(),
            };
            additions.extend(outbox::addition(cx, namespace, stored).await?);
        }
    }
    let mut entity: Entity = parse(&entry)?;
    if entity.deregistration.handler.is_empty() {
        entity.deregistration.handler =
            cx.limits.deregistration_handler.clone().unwrap_or_default();
    }
    if let Some(event) = keepalive::deregistration_event(entity, now) {
        let keys = keys.as_ref();
        let stored = outbox::Stored { event: &event, output: None, before: None, keys };
        additions.extend(outbox::addition(cx, namespace, stored).await?);
    }
    let deletion = attached::deletion::<Entity>(store, &entry, namespace, name).await?;
    txn.preconditions.extend(deletion.preconditions);
    txn.operations.extend(deletion.operations);
    match outbox::commit(cx, WriteOptions::default(), txn, additions).await {
        // A keepalive that arrived meanwhile has set a later deadline.
        Ok(_) | Err(CommitError::Precondition(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn entity(
    cx: &Context,
    namespace: &str,
    name: &str,
) -> Result<Option<Stored<Entity>>, Error> {
    let key = keyspace::key::<Entity>(namespace, name).ok_or_else(invalid_name)?;
    let entry = cx.resources.store.get(&key).await?;
    entry.map(|entry| Ok(Stored { value: parse(&entry)?, revision: entry.revision })).transpose()
}
