//! What handlers did: stored when the last handler of an event has ended, kept for a day (D45).

use std::sync::atomic::Ordering;

use sensu_store::{CommitError, Key, Operation, Precondition, Txn};
use sensu_types::event::Event;
use sensu_types::outcomes::{EventOutcome, EventOutcomes};

use super::Work;
use crate::error::Error;
use crate::keyspace::{self, encode};
use crate::resources::grant::Grant;
use crate::runtime::context::Context;

/// Number of events whose outcomes are kept for a check on an entity.
const EVENTS: usize = 10;

/// Time for which outcomes are kept, in seconds.
const KEPT: i64 = 24 * 60 * 60;

/// Attempts to write outcomes that are written concurrently.
const ATTEMPTS: usize = 64;

/// The outcomes of the last events of a check on an entity, the newest first.
///
/// # Errors
/// [`Error::NotFound`] if there is no such event; [`Error`] if the store fails.
pub(crate) async fn outcomes(grant: &Grant<Event>) -> Result<EventOutcomes, Error> {
    let event = grant.load().await?.ok_or_else(|| grant.not_found())?.value;
    let (entity, check) = (event.entity_name(), Some(event.check_name()));
    let key = keyspace::outcomes(grant.namespace(), entity, check);
    let Some(key) = key else { return Ok(EventOutcomes::default()) };
    let (mut stored, _) = read(grant.cx(), &key).await?;
    stored.events.sort_by_key(|event| std::cmp::Reverse(event.revision));
    Ok(stored)
}

/// Removes the entry of an event from the outbox, and stores what its handlers did. Does nothing if the entry was
/// deleted, with its entity or namespace.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn complete(
    cx: &Context,
    work: &Work,
    outcome: &EventOutcome,
) -> Result<(), Error> {
    let key = keyspace::outcomes(&work.namespace, &work.entity, work.check.as_deref());
    for _ in 0..ATTEMPTS {
        let mut txn = Txn {
            preconditions: vec![Precondition::Present(work.key.clone())],
            operations: vec![Operation::Delete(work.key.clone())],
        };
        if let Some(key) = &key {
            let (stored, precondition) = read(cx, key).await?;
            let value = encode(&with(stored, outcome.clone(), cx.clock.now()))?.into();
            let expires_at = Some(cx.clock.now().saturating_add(KEPT));
            txn.operations.push(Operation::Put { key: key.clone(), value, flags: 0, expires_at });
            txn.preconditions.push(precondition);
        }
        match cx.resources.store.commit(txn).await {
            Ok(_) | Err(CommitError::Precondition(Precondition::Present(_))) => {
                cx.resources.outbox.entries.fetch_sub(1, Ordering::Relaxed);
                return Ok(());
            }
            Err(CommitError::Precondition(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::Unavailable("too many writes of the same outcomes".to_owned()))
}

/// The stored outcomes, and the precondition that they do not change.
async fn read(cx: &Context, key: &Key) -> Result<(EventOutcomes, Precondition), Error> {
    Ok(match cx.resources.store.get(key).await? {
        None => (EventOutcomes::default(), Precondition::Absent(key.clone())),
        Some(entry) => {
            // Outcomes that cannot be read are replaced.
            let stored = serde_json::from_slice(&entry.value).unwrap_or_default();
            (stored, Precondition::At(key.clone(), entry.revision))
        }
    })
}

/// The last outcomes with another one.
fn with(mut stored: EventOutcomes, outcome: EventOutcome, now: i64) -> EventOutcomes {
    let completed = |event: &EventOutcome| event.handlers.iter().map(|one| one.completed).max();
    stored.events.retain(|event| completed(event).is_some_and(|time| now - time < KEPT));
    stored.events.push(outcome);
    stored.events.sort_by_key(|event| event.revision);
    let excess = stored.events.len().saturating_sub(EVENTS);
    stored.events.drain(..excess);
    stored
}

#[cfg(test)]
mod tests {
    use sensu_types::outcomes::HandlerOutcome;

    use super::*;

    fn outcome(revision: u64, completed: i64) -> EventOutcome {
        let handlers = vec![HandlerOutcome { completed, ..HandlerOutcome::default() }];
        EventOutcome { revision, handlers, ..EventOutcome::default() }
    }

    #[test]
    fn the_newest_outcomes_of_a_day_are_kept() {
        let mut stored = EventOutcomes::default();
        for revision in (1..=20).rev() {
            stored = with(stored, outcome(revision, 100), 100);
        }
        let revisions = |stored: &EventOutcomes| -> Vec<u64> {
            stored.events.iter().map(|event| event.revision).collect()
        };
        assert_eq!(revisions(&stored), (11..=20).collect::<Vec<_>>());
        stored = with(stored, outcome(21, 100 + KEPT), 100 + KEPT);
        assert_eq!(revisions(&stored), [21]);
    }
}
