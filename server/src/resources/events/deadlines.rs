//! Deadlines of checks with a `ttl`, stored so that they survive restarts (D34).
//!
//! A deadline has two records with the same value: one per event, and one in order of time. An event
//! replaces both, and they are deleted with the event, its entity and its namespace, so that there is at
//! most one deadline per event. Finding what is due is one scan from the earliest record, without timers,
//! for any number of events.
//!
//! A deadline that agents share (`round_robin`) belongs to the entity that moved it last, and is deleted
//! with that entity. The next result of another entity sets it again.

use bytes::Bytes;
use sensu_engine::ttl;
use sensu_store::{CommitError, Entry, Key, Operation, Precondition, Scan, Store, Txn};
use sensu_types::event::Event;
use serde::{Deserialize, Serialize};

use super::write::{Purpose, attempt, stored};
use crate::error::Error;
use crate::keyspace::{self, DEADLINE_NAMES_MAX_BYTES, DEADLINES, encode, parse};
use crate::resources::store::Stored;
use crate::runtime::context::Context;

/// Maximum number of entries per scan.
const BATCH: usize = 256;

/// Maximum size of the events that one scan returns, in bytes.
const SCAN_BYTES: usize = 1 << 20;

#[derive(Deserialize, Serialize)]
pub(super) struct Deadline {
    /// Seconds since 1970-01-01 UTC.
    due: i64,
    namespace: String,
    entity: String,
    check: String,
    /// Whether all entities share the deadline, because agents run the check in turn (`round_robin`).
    shared: bool,
}

impl Deadline {
    fn new(namespace: &str, event: &Event, due: i64) -> Self {
        Self {
            due,
            namespace: namespace.to_owned(),
            entity: event.entity_name().to_owned(),
            check: event.check_name().to_owned(),
            shared: ttl::is_shared(event),
        }
    }

    pub(super) fn parse(entry: &Entry) -> Result<Self, Error> {
        serde_json::from_slice(&entry.value)
            .map_err(|error| Error::Internal(format!("stored {:?}: {error}", entry.key)))
    }

    /// Whether it is the deadline of an event: the event has a `ttl`, and shares it or not as before.
    fn applies_to(&self, event: &Event) -> bool {
        has_ttl(event) && ttl::is_shared(event) == self.shared
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
        remove(store, &previous, &mut txn).await?;
    }
    if let Some(next) = next {
        replace(store, &next, &mut txn).await?;
    }
    Ok(txn)
}

/// Writes both records in place of those of the previous deadline.
async fn replace(store: &dyn Store, next: &Deadline, txn: &mut Txn) -> Result<(), Error> {
    let (key, by_time) = (next.key()?, next.key_by_time()?);
    let stored = store.get(&key).await?;
    if let Some(entry) = &stored {
        let deadline = Deadline::parse(entry)?;
        // Agents that share the deadline report in the same second: only the first moves it, so that
        // their transactions do not conflict.
        if deadline.due == next.due {
            return Ok(());
        }
        txn.operations.push(Operation::Delete(deadline.key_by_time()?));
    }
    txn.preconditions.push(match stored {
        Some(entry) => Precondition::At(key.clone(), entry.revision),
        None => Precondition::Absent(key.clone()),
    });
    let value = Bytes::from(encode(next)?);
    let put = |key, value| Operation::Put { key, value, flags: 0, expires_at: None };
    txn.operations.extend([put(key, value.clone()), put(by_time, value)]);
    Ok(())
}

/// Deletes both records, unless another entity that shares the deadline has moved it.
async fn remove(store: &dyn Store, subject: &Deadline, txn: &mut Txn) -> Result<(), Error> {
    // Names that are too long have no deadline.
    let Ok(key) = subject.key() else { return Ok(()) };
    let Some(entry) = store.get(&key).await? else { return Ok(()) };
    let deadline = Deadline::parse(&entry)?;
    if deadline.entity == subject.entity {
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
    set(store, namespace, &Event::default(), Some(event), None).await
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
    let (mut txn, mut after) = (Txn::default(), None);
    loop {
        let scan = Scan { prefix: prefix.clone(), after, limit: BATCH, max_bytes: SCAN_BYTES };
        let entries = store.scan(scan).await?;
        let Some(last) = entries.last() else { return Ok(txn.operations) };
        after = Some(last.key.clone());
        for entry in &entries {
            let event: Event = parse(entry)?;
            if has_ttl(&event) {
                remove(store, &Deadline::new(namespace, &event, 0), &mut txn).await?;
            }
        }
    }
}

/// Removes the records in order of time of all deadlines in a namespace that is deleted. The others are
/// below the prefix of the namespace. No preconditions, as [`remove_deadlines_of`].
pub(crate) async fn remove_deadlines(
    store: &dyn Store,
    namespace: &str,
) -> Result<Vec<Operation>, Error> {
    let Some(prefix) = keyspace::in_namespace(DEADLINES, namespace) else { return Ok(Vec::new()) };
    let (mut operations, mut after) = (Vec::new(), None);
    loop {
        let scan = Scan { prefix: prefix.clone(), after, limit: BATCH, max_bytes: SCAN_BYTES };
        let entries = store.scan(scan).await?;
        let Some(last) = entries.last() else { return Ok(operations) };
        after = Some(last.key.clone());
        for entry in &entries {
            operations.push(Operation::Delete(Deadline::parse(entry)?.key_by_time()?));
        }
    }
}

fn has_ttl(event: &Event) -> bool {
    event.check.as_ref().is_some_and(|check| check.ttl > 0)
}

fn too_long() -> Error {
    let most = DEADLINE_NAMES_MAX_BYTES;
    Error::invalid(format!(
        "the names of namespace, entity and check are too long for a check with a ttl: the \
         maximum is {most} bytes together"
    ))
}

/// Turns missed deadlines into failed results. Returns the number of records processed; 0 if none is due.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn fire_deadlines(cx: &Context) -> Result<usize, Error> {
    let now = cx.clock.now();
    let prefix = keyspace::deadlines_by_time()?;
    let scan = Scan { prefix, after: None, limit: BATCH, max_bytes: usize::MAX };
    let mut processed = 0;
    for entry in cx.resources.store.scan(scan).await? {
        let deadline = Deadline::parse(&entry)?;
        if deadline.due > now {
            break;
        }
        processed += 1;
        process(cx, &deadline, &entry, now).await?;
    }
    Ok(processed)
}

/// Removes the record, and fails the event if it still has this deadline. Both happen in one transaction,
/// so that a concurrent result keeps the deadline it sets. An event without a `ttl` never fails, even if a
/// record of an older event with its names is left.
async fn process(cx: &Context, deadline: &Deadline, entry: &Entry, now: i64) -> Result<(), Error> {
    let store = cx.resources.store.as_ref();
    let key = deadline.key()?;
    let operations = vec![Operation::Delete(entry.key.clone())];
    let mut drop = Txn { preconditions: Vec::new(), operations };
    if let Some(current) = store.get(&key).await?
        && current.value == entry.value
    {
        drop.operations.push(Operation::Delete(key.clone()));
        drop.preconditions.push(Precondition::At(key, current.revision));
        if let Some(last) = deadline.event(store).await?
            && let Some(result) = ttl::overdue(&last.value, now)
        {
            let missed = Purpose::MissedDeadline(drop.clone());
            match attempt(cx, &deadline.namespace, result, Some(last), missed).await {
                // Written, or a concurrent result came first and has set a later deadline.
                Ok(_) => return Ok(()),
                Err(error @ (Error::Unavailable(_) | Error::Internal(_))) => return Err(error),
                // An event that cannot be written must not delay the deadlines of others.
                Err(error) => {
                    let Deadline { namespace, entity, check, .. } = deadline;
                    tracing::warn!(
                        ?error,
                        namespace,
                        entity,
                        check,
                        "cannot store the failure of an overdue check"
                    );
                }
            }
        }
    }
    match store.commit(drop).await {
        Ok(_) | Err(CommitError::Precondition(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
