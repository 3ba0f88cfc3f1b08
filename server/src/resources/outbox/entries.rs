//! Reads entries of the outbox, and takes over those of servers that have ended.

use std::sync::atomic::Ordering;

use sensu_engine::pipeline::plan;
use sensu_store::{CommitError, Entry, Key, Operation, Precondition, Scan, Txn};

use super::{OutboxEntry, Work};
use crate::error::Error;
use crate::keyspace::{self, OUTBOX, encode};
use crate::runtime::context::Context;

/// Maximum number of entries per scan.
const BATCH: usize = 256;

/// Maximum size of the entries that one scan returns, in bytes.
const SCAN_BYTES: usize = 1 << 20;

/// The entry under a key. `None` if it was deleted.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn entry(cx: &Context, key: &Key) -> Result<Option<OutboxEntry>, Error> {
    let entry = cx.resources.store.get(key).await?;
    entry.map(|entry| OutboxEntry::parse(&entry)).transpose()
}

/// The work of all entries, oldest first, in a store that no other server uses: those that an earlier run
/// has left.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn own(cx: &Context) -> Result<Vec<Work>, Error> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let entries = batch(cx, &mut after).await?;
        if entries.is_empty() {
            break;
        }
        for entry in &entries {
            found.extend(work(cx, entry).await?);
        }
    }
    Ok(counted(cx, found))
}

/// Takes over the entries of servers for which `has_ended` holds, and returns their work, oldest first.
///
/// # Errors
/// [`Error`] if the store fails. Entries that were taken over before the failure are found by the next call
/// of `own` or, after this server has ended, by another server.
pub(crate) async fn take_over(
    cx: &Context,
    has_ended: impl Fn(&str) -> bool,
) -> Result<Vec<Work>, Error> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let entries = batch(cx, &mut after).await?;
        if entries.is_empty() {
            break;
        }
        for entry in entries {
            let stored = OutboxEntry::parse(&entry)?;
            if stored.server != cx.resources.outbox.server && has_ended(&stored.server) {
                found.extend(claim(cx, &entry, stored).await?);
            }
        }
    }
    Ok(counted(cx, found))
}

/// The work, oldest first, counted as that of this server.
fn counted(cx: &Context, mut found: Vec<Work>) -> Vec<Work> {
    found.sort_by_key(Work::revision);
    cx.resources.outbox.entries.fetch_add(found.len(), Ordering::Relaxed);
    found
}

/// Whether another server has an earlier event of the same check on the same entity, whose handlers come first.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn has_earlier(cx: &Context, work: &Work) -> Result<bool, Error> {
    let prefix = keyspace::outbox_of(&work.namespace, &work.entity, work.check.as_deref());
    let Some(prefix) = prefix else { return Ok(false) };
    let scan = Scan { prefix, after: None, limit: BATCH, max_bytes: SCAN_BYTES };
    for entry in cx.resources.store.scan(scan).await? {
        let stored = OutboxEntry::parse(&entry)?;
        let is_earlier = stored.revision.unwrap_or(entry.revision) < work.revision();
        if is_earlier && stored.server != cx.resources.outbox.server {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The next entries in the order of their keys.
async fn batch(cx: &Context, after: &mut Option<Key>) -> Result<Vec<Entry>, Error> {
    let prefix = keyspace::whole_collection(OUTBOX)?;
    let scan = Scan { prefix, after: after.clone(), limit: BATCH, max_bytes: SCAN_BYTES };
    let entries = cx.resources.store.scan(scan).await?;
    if let Some(last) = entries.last() {
        *after = Some(last.key.clone());
    }
    Ok(entries)
}

/// Writes the entry again as one of this server. `None` if another server was faster.
async fn claim(cx: &Context, entry: &Entry, stored: OutboxEntry) -> Result<Option<Work>, Error> {
    let revision = stored.revision.unwrap_or(entry.revision);
    let server = cx.resources.outbox.server.clone();
    let claimed = OutboxEntry { server, revision: Some(revision), ..stored };
    let value = encode(&claimed)?.into();
    let operation = Operation::Put { key: entry.key.clone(), value, flags: 0, expires_at: None };
    let preconditions = vec![Precondition::At(entry.key.clone(), entry.revision)];
    match cx.resources.store.commit(Txn { preconditions, operations: vec![operation] }).await {
        Ok(_) => Ok(Some(work_of(cx, &entry.key, revision, &claimed).await?)),
        Err(CommitError::Precondition(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The work of an entry. `None` with a warning if it cannot be read: it must not prevent the rest.
async fn work(cx: &Context, entry: &Entry) -> Result<Option<Work>, Error> {
    match OutboxEntry::parse(entry) {
        Ok(stored) => {
            let revision = stored.revision.unwrap_or(entry.revision);
            Ok(Some(work_of(cx, &entry.key, revision, &stored).await?))
        }
        Err(error) => {
            tracing::warn!(?error, "an entry of the outbox cannot be read");
            Ok(None)
        }
    }
}

async fn work_of(
    cx: &Context,
    key: &Key,
    revision: u64,
    stored: &OutboxEntry,
) -> Result<Work, Error> {
    let namespace = key.segments().nth(1).unwrap_or_default();
    let definitions = cx.resources.definitions_of(namespace).await?;
    let steps = plan(&stored.event, definitions.as_ref());
    Ok(Work::new(key, stored.created, namespace, &stored.event, steps).with_revision(revision))
}
