//! Removes deadlines whose event is gone: those that older versions left behind, and that of a result which
//! arrived while its entity or namespace was deleted.

use sensu_store::{CommitError, Key, Operation, Precondition, Scan, Txn};

use super::deadlines::Deadline;
use crate::error::Error;
use crate::keyspace;
use crate::runtime::context::Context;

/// Maximum number of deadlines that are examined at once.
const BATCH: usize = 256;

/// Seconds between the end of a pass over all deadlines and the next one.
const INTERVAL: i64 = 600;

/// The state of passes over all deadlines. The first pass begins at once.
#[derive(Debug, Default)]
pub(crate) struct DeadlineSweep {
    /// The last deadline that the current pass has examined.
    after: Option<Key>,
    /// End of the last pass, in seconds since 1970-01-01 UTC.
    ended: Option<i64>,
}

/// Examines the next deadlines of the current pass, or begins a pass if it is time for one.
///
/// # Errors
/// [`Error`] if the store fails; the next call repeats the step.
pub(crate) async fn sweep_deadlines(cx: &Context, sweep: &mut DeadlineSweep) -> Result<(), Error> {
    let now = cx.clock.now();
    // A clock that was set back must not delay the next pass.
    let is_pause = |ended: i64| (ended..ended.saturating_add(INTERVAL)).contains(&now);
    if sweep.after.is_none() && sweep.ended.is_some_and(is_pause) {
        return Ok(());
    }
    let store = cx.resources.store.as_ref();
    let (prefix, after) = (keyspace::deadlines_by_time()?, sweep.after.clone());
    let entries = store.scan(Scan { prefix, after, limit: BATCH, max_bytes: usize::MAX }).await?;
    let mut txn = Txn::default();
    for entry in &entries {
        let deadline = Deadline::parse(entry)?;
        let delete = |key: &Key, revision, txn: &mut Txn| {
            // A concurrent result that sets the same deadline again writes a new revision.
            txn.preconditions.push(Precondition::At(key.clone(), revision));
            txn.operations.push(Operation::Delete(key.clone()));
        };
        let key = deadline.key()?;
        let current = store.get(&key).await?.filter(|current| current.value == entry.value);
        match current {
            Some(_) if deadline.event(store).await?.is_some() => {}
            Some(current) => {
                delete(&entry.key, entry.revision, &mut txn);
                delete(&key, current.revision, &mut txn);
            }
            None => delete(&entry.key, entry.revision, &mut txn),
        }
    }
    if !txn.operations.is_empty() {
        match store.commit(txn).await {
            // The next pass examines them again.
            Ok(_) | Err(CommitError::Precondition(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let is_last = entries.len() < BATCH;
    sweep.after = entries.into_iter().next_back().map(|entry| entry.key).filter(|_| !is_last);
    if is_last {
        sweep.ended = Some(now);
    }
    Ok(())
}
