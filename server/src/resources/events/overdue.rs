//! Turns missed deadlines into events: failures of overdue results (D34) and of silent agents (D50).

use sensu_engine::keepalive;
use sensu_engine::ttl::{self, Decision};
use sensu_store::{CommitError, Entry, Operation, Precondition, Scan, Store, Txn};
use sensu_types::event::Event;

use super::deadlines::Deadline;
use super::keepalives;
use super::write::{Purpose, attempt, stored};
use crate::error::Error;
use crate::keyspace;
use crate::resources::scan::PAGE;
use crate::resources::store::Stored;
use crate::runtime::context::Context;

/// A failure of an overdue result or of a silent agent.
pub(super) struct Failure {
    pub(super) event: Event,
    /// The event before.
    pub(super) stored: Stored<Event>,
    /// The deadline of the next failure.
    pub(super) next: Deadline,
}

/// What a missed deadline means.
pub(super) enum Missed {
    /// Nothing: its event is gone.
    Nothing,
    /// The deadline was moved.
    Later(Deadline),
    /// A failure.
    Failure(Box<Failure>),
    /// The agent is deregistered.
    Deregistration,
}

/// Processes the deadlines that are due. Returns the number of records processed; 0 if none is due.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn fire_deadlines(cx: &Context) -> Result<usize, Error> {
    let now = cx.clock.now();
    let prefix = keyspace::deadlines_by_time()?;
    let scan = Scan { prefix, after: None, limit: PAGE, max_bytes: usize::MAX };
    let mut processed = 0;
    for entry in cx.resources.store.scan(scan).await? {
        let deadline = match Deadline::parse(&entry) {
            Ok(deadline) => deadline,
            Err(error) => {
                // It must not prevent the others.
                tracing::error!(?error, "a deadline cannot be read and is removed");
                let operations = vec![Operation::Delete(entry.key)];
                commit(cx.resources.store.as_ref(), Txn { preconditions: Vec::new(), operations })
                    .await?;
                processed += 1;
                continue;
            }
        };
        if deadline.due > now {
            break;
        }
        processed += 1;
        process(cx, &deadline, &entry, now).await?;
    }
    Ok(processed)
}

/// Replaces or removes the records, and writes the failure if the event still has this deadline. All happens in
/// one transaction, so that a concurrent result keeps the deadline it sets. An event without a `ttl` never fails, even
/// if a record of an older event with its names is left.
async fn process(cx: &Context, deadline: &Deadline, entry: &Entry, now: i64) -> Result<(), Error> {
    let store = cx.resources.store.as_ref();
    let key = deadline.key()?;
    let operations = vec![Operation::Delete(entry.key.clone())];
    let mut removal = Txn { preconditions: Vec::new(), operations };
    let current = store.get(&key).await?.filter(|current| current.value == entry.value);
    let Some(current) = current else { return commit(store, removal).await };
    removal.operations.push(Operation::Delete(key.clone()));
    removal.preconditions.push(Precondition::At(key, current.revision));
    let missed = match deadline.keepalive {
        Some(received) => keepalives::missed(cx, deadline, received, now).await?,
        None => overdue(store, deadline, now).await?,
    };
    let written = match missed {
        Missed::Nothing => return commit(store, removal).await,
        Missed::Later(next) => {
            removal.operations.extend(next.puts()?);
            return commit(store, removal).await;
        }
        Missed::Failure(failure) => {
            let Failure { event, stored, next } = *failure;
            let mut txn = removal.clone();
            txn.operations.extend(next.puts()?);
            let purpose = Purpose::MissedDeadline(txn);
            attempt(cx, &deadline.namespace, event, Some(stored), purpose).await.map(drop)
        }
        Missed::Deregistration => keepalives::deregister(cx, deadline, removal.clone(), now).await,
    };
    match written {
        // Written, or a concurrent result came first and has set a later deadline.
        Ok(()) => Ok(()),
        Err(error @ (Error::Unavailable(_) | Error::Internal(_))) => Err(error),
        // An event that cannot be written must not delay the deadlines of others.
        Err(error) => {
            let Deadline { namespace, entity, check, .. } = deadline;
            tracing::warn!(?error, namespace, entity, check, "cannot store an overdue event");
            commit(store, removal).await
        }
    }
}

async fn commit(store: &dyn Store, txn: Txn) -> Result<(), Error> {
    match store.commit(txn).await {
        Ok(_) | Err(CommitError::Precondition(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The failure of a check whose result is overdue. It is repeated every `ttl` seconds until a result arrives.
async fn overdue(store: &dyn Store, deadline: &Deadline, now: i64) -> Result<Missed, Error> {
    let Some(last) = deadline.event(store).await? else { return Ok(Missed::Nothing) };
    let Some(check) = &last.value.check else { return Ok(Missed::Nothing) };
    let last_result = deadline.last_result.unwrap_or(check.executed);
    // Other agents report a shared result in place of a silent one.
    let keepalive = if deadline.shared {
        None
    } else {
        let names = Event::with_names(&deadline.entity, keepalive::CHECK);
        stored(store, &deadline.namespace, &names).await?
    };
    let keepalive = keepalive.as_ref().map(|keepalive| &keepalive.value);
    if let Decision::Postpone(due) = ttl::decide(check.ttl, last_result, keepalive, now) {
        return Ok(Missed::Later(deadline.at(due)));
    }
    let next = deadline.repeated(now.saturating_add(check.ttl), last_result);
    Ok(match ttl::overdue(&last.value, last_result, now) {
        Some(event) => Missed::Failure(Box::new(Failure { event, stored: last, next })),
        None => Missed::Nothing,
    })
}
