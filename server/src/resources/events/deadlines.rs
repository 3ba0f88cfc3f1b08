//! Deadlines of checks with a `ttl`, kept in the store so that they survive restarts (D34).
//!
//! Two records make one deadline: `ttl` holds, for each event that has one, when it is due; `due` is
//! the same in order of time. An event that arrives writes both and leaves the `due` record of the
//! event before where it is: when its time comes it does not agree with `ttl` any more and is
//! dropped. So the watch costs one ordered scan, whatever the number of events, and no timers.

use bytes::Bytes;
use sensu_engine::ttl;
use sensu_store::{CommitError, Entry, Key, Operation, Precondition, Scan, Txn};
use sensu_types::event::Event;
use serde::{Deserialize, Serialize};

use super::{Purpose, attempt, stored};
use crate::error::Error;
use crate::keyspace::{self, DEADLINE_NAMES_MAX_BYTES};
use crate::runtime::context::Context;

/// Deadlines looked at in one go.
const BATCH: usize = 256;

#[derive(Deserialize, Serialize)]
struct Deadline {
    due: i64,
    namespace: String,
    entity: String,
    check: String,
    /// Agents take turns: the deadline is the check's, not the entity's.
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

/// The operations that set the deadline of an event, or remove the one of the event before.
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

/// The record in order of time has the longest key of all that belongs to an event.
fn too_long() -> Error {
    let most = DEADLINE_NAMES_MAX_BYTES;
    Error::Invalid(format!(
        "the names of namespace, entity and check are too long for a check with a ttl: together \
         they may take {most} bytes"
    ))
}

/// Turns every deadline that has passed into a failed result. Says how many records it looked at.
pub(crate) async fn fire(cx: &Context) -> Result<usize, Error> {
    let now = cx.clock.now();
    let prefix = keyspace::deadlines_by_time()?;
    let scan = Scan { prefix, after: None, limit: BATCH, max_bytes: usize::MAX };
    let mut passed = 0;
    for entry in cx.store.scan(scan).await? {
        let deadline: Deadline = serde_json::from_slice(&entry.value)
            .map_err(|error| Error::Internal(format!("stored {:?}: {error}", entry.key)))?;
        if deadline.due > now {
            break;
        }
        passed += 1;
        settle(cx, &deadline, &entry, now).await?;
    }
    Ok(passed)
}

/// Fails the event if the deadline still is the event's, and drops the record of it: in one
/// transaction, so that a result which arrives at this moment keeps the deadline that it sets.
async fn settle(cx: &Context, deadline: &Deadline, entry: &Entry, now: i64) -> Result<(), Error> {
    let subject = deadline.key()?;
    let operations = vec![Operation::Delete(entry.key.clone())];
    let mut drop = Txn { preconditions: Vec::new(), operations };
    if let Some(current) = cx.store.get(&subject).await?
        && current.value == entry.value
    {
        drop.operations.push(Operation::Delete(subject.clone()));
        drop.preconditions.push(Precondition::At(subject, current.revision));
        let name = Event::with_names(&deadline.entity, &deadline.check);
        if let Some(last) = stored(cx.store.as_ref(), &deadline.namespace, &name).await?
            && let Some(result) = ttl::overdue(&last.value, now)
        {
            let missed = Purpose::Missed(drop.clone());
            match attempt(cx, &deadline.namespace, result, Some(last), missed).await {
                // Written; or else a result arrived at this very moment: look again next round.
                Ok(_) => return Ok(()),
                Err(error @ (Error::Unavailable(_) | Error::Internal(_))) => return Err(error),
                // One event that cannot be written must not keep all others from being watched.
                Err(error) => tracing::warn!(?error, "a missing result cannot be stored: {name:?}"),
            }
        }
    }
    match cx.store.commit(drop).await {
        Ok(_) | Err(CommitError::Precondition(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
