//! Deadlines of checks with a `ttl`, stored so that they survive restarts (D34).
//!
//! A deadline has two records with the same value: one per event, and one in order of time. An event
//! overwrites the first and adds another of the second. The outdated record stays until its time: it no
//! longer equals the record of the event, and is dropped. Finding what is due is one scan from the
//! earliest record, without timers, for any number of events.

use bytes::Bytes;
use sensu_engine::ttl;
use sensu_store::{CommitError, Entry, Key, Operation, Precondition, Scan, Txn};
use sensu_types::event::Event;
use serde::{Deserialize, Serialize};

use super::write::{Purpose, attempt, stored};
use crate::error::Error;
use crate::keyspace::{self, DEADLINE_NAMES_MAX_BYTES};
use crate::runtime::context::Context;

/// Maximum number of deadlines per scan.
const BATCH: usize = 256;

#[derive(Deserialize, Serialize)]
struct Deadline {
    /// Seconds since 1970-01-01 UTC.
    due: i64,
    namespace: String,
    entity: String,
    check: String,
    /// Whether all entities share the deadline, because agents run the check in turn (`round_robin`).
    shared: bool,
}

impl Deadline {
    fn key(&self) -> Result<Key, Error> {
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

/// The operations that set the deadline of an event, or remove that of the previous event if it has
/// none.
pub(super) fn set(
    namespace: &str,
    event: &Event,
    before: Option<&Event>,
    due: Option<i64>,
) -> Result<Vec<Operation>, Error> {
    let deadline = |event: &Event, due| Deadline {
        due,
        namespace: namespace.to_owned(),
        entity: event.entity_name().to_owned(),
        check: event.check_name().to_owned(),
        shared: ttl::is_shared(event),
    };
    let Some(due) = due else {
        let had_one = |event: &&Event| event.check.as_ref().is_some_and(|check| check.ttl > 0);
        let key = before.filter(had_one).map(|event| deadline(event, 0).key()).transpose()?;
        return Ok(key.map(Operation::Delete).into_iter().collect());
    };
    let deadline = deadline(event, due);
    let value =
        serde_json::to_vec(&deadline).map_err(|error| Error::Internal(error.to_string()))?;
    let value = Bytes::from(value);
    let put = |key, value| Operation::Put { key, value, flags: 0, expires_at: None };
    Ok(vec![put(deadline.key()?, value.clone()), put(deadline.key_by_time()?, value)])
}

fn too_long() -> Error {
    let most = DEADLINE_NAMES_MAX_BYTES;
    Error::Invalid(format!(
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
        let deadline: Deadline = serde_json::from_slice(&entry.value)
            .map_err(|error| Error::Internal(format!("stored {:?}: {error}", entry.key)))?;
        if deadline.due > now {
            break;
        }
        processed += 1;
        process(cx, &deadline, &entry, now).await?;
    }
    Ok(processed)
}

/// Removes the record, and fails the event if it still has this deadline. Both happen in one transaction,
/// so that a concurrent result keeps the deadline it sets.
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
        let name = Event::with_names(&deadline.entity, &deadline.check);
        if let Some(last) = stored(store, &deadline.namespace, &name).await?
            && let Some(result) = ttl::overdue(&last.value, now)
        {
            let missed = Purpose::MissedDeadline(drop.clone());
            match attempt(cx, &deadline.namespace, result, Some(last), missed).await {
                // Written, or a concurrent result came first and has set a later deadline.
                Ok(_) => return Ok(()),
                Err(error @ (Error::Unavailable(_) | Error::Internal(_))) => return Err(error),
                // An event that cannot be written must not delay the deadlines of others.
                Err(error) => {
                    tracing::warn!(?error, "cannot store the failure of an overdue check: {name:?}")
                }
            }
        }
    }
    match store.commit(drop).await {
        Ok(_) | Err(CommitError::Precondition(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
