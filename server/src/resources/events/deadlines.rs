//! Deadlines of the next result of checks with a `ttl` (D34) and of the next keepalive of agents (D50), stored so
//! that they survive restarts.
//!
//! A deadline has two records with the same value: one per event, and one in order of time. An event
//! replaces both, and they are deleted with the event, its entity and its namespace, so that there is at
//! most one deadline per event. Finding what is due is one scan from the earliest record, without timers,
//! for any number of events ([`overdue`](super::overdue)).
//!
//! A deadline that agents share (`round_robin`) belongs to the entity that moved it last, and is deleted
//! with that entity. The next result of another entity sets it again.

use bytes::Bytes;
use sensu_engine::{keepalive, ttl};
use sensu_store::{Entry, Key, Operation, Precondition, Store, Txn};
use sensu_types::event::Event;
use serde::{Deserialize, Serialize};

use super::write::stored;
use crate::error::Error;
use crate::keyspace::{self, DEADLINE_NAMES_MAX_BYTES, DEADLINES, encode, parse};
use crate::resources::scan::Pages;
use crate::resources::store::Stored;

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Deadline {
    /// Seconds since 1970-01-01 UTC.
    pub(super) due: i64,
    pub(super) namespace: String,
    pub(super) entity: String,
    pub(super) check: String,
    /// Whether all entities share the deadline, because agents run the check in turn (`round_robin`).
    pub(super) shared: bool,
    /// `executed` of the last result that was reported, if failures of overdue results have followed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last_result: Option<i64>,
    /// Time of receipt of the last keepalive, in seconds since 1970-01-01 UTC. `None` for the deadline of a result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) keepalive: Option<i64>,
}

impl Deadline {
    fn new(namespace: &str, event: &Event, due: i64) -> Self {
        Self {
            due,
            namespace: namespace.to_owned(),
            entity: event.entity_name().to_owned(),
            check: event.check_name().to_owned(),
            shared: ttl::is_shared(event),
            last_result: None,
            keepalive: None,
        }
    }

    /// The deadline of the keepalive after a received one.
    pub(super) fn of_keepalive(namespace: &str, entity: &str, received: i64, due: i64) -> Self {
        let names = Event::with_names(entity, keepalive::CHECK);
        Self { keepalive: Some(received), ..Self::new(namespace, &names, due) }
    }

    pub(super) fn parse(entry: &Entry) -> Result<Self, Error> {
        serde_json::from_slice(&entry.value)
            .map_err(|error| Error::Internal(format!("stored {:?}: {error}", entry.key)))
    }

    /// Whether it is the deadline of an event: that of a keepalive, or of an event with a `ttl` that shares it
    /// or not as before.
    fn applies_to(&self, event: &Event) -> bool {
        self.keepalive.is_some() || has_ttl(event) && ttl::is_shared(event) == self.shared
    }

    /// The stored event with this deadline, if the deadline applies to it.
    pub(super) async fn event(&self, store: &dyn Store) -> Result<Option<Stored<Event>>, Error> {
        let names = Event::with_names(&self.entity, &self.check);
        let event = stored(store, &self.namespace, &names).await?;
        Ok(event.filter(|event| self.applies_to(&event.value)))
    }

    pub(super) fn key(&self) -> Result<Key, Error> {
        let key = keyspace::deadline(&self.namespace, &self.check, self.key_entity());
        key.ok_or_else(too_long)
    }

    fn key_by_time(&self) -> Result<Key, Error> {
        let (namespace, check) = (&self.namespace, &self.check);
        let key = keyspace::deadline_by_time(self.due, namespace, check, self.key_entity());
        key.ok_or_else(too_long)
    }

    /// The same deadline at another time.
    pub(super) fn at(&self, due: i64) -> Self {
        Self { due, ..self.clone() }
    }

    /// The deadline of the result after a failure. `last_result`: `executed` of the last result that was reported.
    pub(super) fn repeated(&self, due: i64, last_result: i64) -> Self {
        Self { last_result: Some(last_result), ..self.at(due) }
    }

    /// Writes both records.
    pub(super) fn puts(&self) -> Result<[Operation; 2], Error> {
        let value = Bytes::from(encode(self)?);
        let put = |key, value| Operation::Put { key, value, flags: 0, expires_at: None };
        Ok([put(self.key()?, value.clone()), put(self.key_by_time()?, value)])
    }

    fn key_entity(&self) -> Option<&str> {
        (!self.shared).then_some(self.entity.as_str())
    }
}

/// Sets the deadline of an event, or removes that of the previous event if it has none.
pub(super) async fn set(
    store: &dyn Store,
    namespace: &str,
    event: &Event,
    before: Option<&Event>,
    due: Option<i64>,
) -> Result<Txn, Error> {
    let mut txn = Txn::default();
    let next = due.map(|due| Deadline::new(namespace, event, due));
    let previous =
        before.filter(|event| has_ttl(event)).map(|event| Deadline::new(namespace, event, 0));
    if let Some(previous) = previous
        && next.as_ref().is_none_or(|next| next.key_entity() != previous.key_entity())
    {
        remove(store, &previous, false, &mut txn).await?;
    }
    if let Some(next) = next {
        replace(store, &next, &mut txn).await?;
    }
    Ok(txn)
}

/// Sets the deadline of the next keepalive of an agent, or removes that of the previous one.
pub(super) async fn set_keepalive(
    store: &dyn Store,
    namespace: &str,
    event: &Event,
    next: Option<&Deadline>,
) -> Result<Txn, Error> {
    let mut txn = Txn::default();
    match next {
        Some(next) => replace(store, next, &mut txn).await?,
        None => remove(store, &Deadline::new(namespace, event, 0), true, &mut txn).await?,
    }
    Ok(txn)
}

/// Writes both records in place of those of the previous deadline. Results do not change the deadline of a
/// keepalive: only agents send keepalives.
async fn replace(store: &dyn Store, next: &Deadline, txn: &mut Txn) -> Result<(), Error> {
    let key = next.key()?;
    let stored = store.get(&key).await?;
    if let Some(entry) = &stored {
        let deadline = Deadline::parse(entry)?;
        // Agents that share the deadline report in the same second: only the first moves it, so that
        // their transactions do not conflict.
        let is_same = deadline.due == next.due && deadline.last_result.is_none();
        if next.keepalive.is_none() && (is_same || deadline.keepalive.is_some()) {
            return Ok(());
        }
        txn.operations.push(Operation::Delete(deadline.key_by_time()?));
    }
    txn.preconditions.push(match stored {
        Some(entry) => Precondition::At(key, entry.revision),
        None => Precondition::Absent(key),
    });
    txn.operations.extend(next.puts()?);
    Ok(())
}

/// Deletes both records, unless another entity that shares the deadline has moved it. `any`: also if it is the
/// deadline of a keepalive.
async fn remove(
    store: &dyn Store,
    subject: &Deadline,
    any: bool,
    txn: &mut Txn,
) -> Result<(), Error> {
    // Names that are too long have no deadline.
    let Ok(key) = subject.key() else { return Ok(()) };
    let Some(entry) = store.get(&key).await? else { return Ok(()) };
    let deadline = Deadline::parse(&entry)?;
    if deadline.entity == subject.entity && (any || deadline.keepalive.is_none()) {
        txn.operations
            .extend([Operation::Delete(key.clone()), Operation::Delete(deadline.key_by_time()?)]);
        txn.preconditions.push(Precondition::At(key, entry.revision));
    }
    Ok(())
}

/// Removes the deadline of an event that is deleted.
pub(crate) async fn remove_deadline(
    store: &dyn Store,
    namespace: &str,
    event: &Event,
) -> Result<Txn, Error> {
    let mut txn = Txn::default();
    if may_have_deadline(event) {
        remove(store, &Deadline::new(namespace, event, 0), true, &mut txn).await?;
    }
    Ok(txn)
}

/// Removes the deadlines of all events of an entity that is deleted.
///
/// There are no preconditions, which would fail while results arrive: [`super::sweep`] removes the
/// deadline of a result that arrives at the same time.
pub(crate) async fn remove_deadlines_of(
    store: &dyn Store,
    namespace: &str,
    entity: &str,
) -> Result<Vec<Operation>, Error> {
    let Some(prefix) = keyspace::list_prefix::<Event>(namespace, entity) else {
        return Ok(Vec::new());
    };
    let (mut txn, mut pages) = (Txn::default(), Pages::new(prefix));
    while let Some(entries) = pages.next(store).await? {
        for entry in &entries {
            let event: Event = parse(entry)?;
            if may_have_deadline(&event) {
                remove(store, &Deadline::new(namespace, &event, 0), true, &mut txn).await?;
            }
        }
    }
    Ok(txn.operations)
}

/// Removes the records in order of time of all deadlines in a namespace that is deleted. The others are
/// below the prefix of the namespace. No preconditions, as [`remove_deadlines_of`].
pub(crate) async fn remove_deadlines(
    store: &dyn Store,
    namespace: &str,
) -> Result<Vec<Operation>, Error> {
    let Some(prefix) = keyspace::in_namespace(DEADLINES, namespace) else { return Ok(Vec::new()) };
    let (mut operations, mut pages) = (Vec::new(), Pages::new(prefix));
    while let Some(entries) = pages.next(store).await? {
        for entry in &entries {
            operations.push(Operation::Delete(Deadline::parse(entry)?.key_by_time()?));
        }
    }
    Ok(operations)
}

fn has_ttl(event: &Event) -> bool {
    event.check.as_ref().is_some_and(|check| check.ttl > 0)
}

fn may_have_deadline(event: &Event) -> bool {
    has_ttl(event) || event.check_name() == keepalive::CHECK
}

fn too_long() -> Error {
    let most = DEADLINE_NAMES_MAX_BYTES;
    Error::invalid(format!(
        "the names of namespace, entity and check are too long for a check with a ttl: the \
         maximum is {most} bytes together"
    ))
}
