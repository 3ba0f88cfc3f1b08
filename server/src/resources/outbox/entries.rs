//! Reads entries of the outbox, and takes over those of servers that have ended.

use std::sync::atomic::Ordering;

use sensu_engine::pipeline::plan;
use sensu_store::{CommitError, Entry, Key, Operation, Precondition, Scan, Txn};

use super::{OutboxEntry, Work};
use crate::error::Error;
use crate::keyspace::{self, OUTBOX, encode};
use crate::resources::scan::{PAGE, PAGE_BYTES, Pages};
use crate::runtime::context::Context;

/// The entry under a key. `None` if it was deleted.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn entry(cx: &Context, key: &Key) -> Result<Option<OutboxEntry>, Error> {
    let entry = cx.resources.store.get(key).await?;
    entry.map(|entry| OutboxEntry::parse(&entry)).transpose()
}

/// The work of all entries in a store that no other server uses: an earlier run has left them. Oldest first.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn leftover(cx: &Context) -> Result<Vec<Work>, Error> {
    let (mut found, mut pages) = (Vec::new(), Pages::new(keyspace::whole_collection(OUTBOX)?));
    while let Some(entries) = pages.next(cx.resources.store.as_ref()).await? {
        for (entry, stored) in entries.iter().filter_map(|entry| Some((entry, read(entry)?))) {
            found.push(work_of(cx, entry, &stored).await?);
        }
    }
    found.sort_by_key(Work::revision);
    cx.resources.outbox.entries.fetch_add(found.len(), Ordering::Relaxed);
    Ok(found)
}

/// Takes over the entries of servers for which `has_ended` holds, and adds their work to `found`, also that
/// before an error.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn take_over(
    cx: &Context,
    has_ended: impl Fn(&str) -> bool,
    found: &mut Vec<Work>,
) -> Result<(), Error> {
    let outbox = &cx.resources.outbox;
    let mut pages = Pages::new(keyspace::whole_collection(OUTBOX)?);
    while let Some(entries) = pages.next(cx.resources.store.as_ref()).await? {
        for (entry, stored) in entries.iter().filter_map(|entry| Some((entry, read(entry)?))) {
            if stored.server == outbox.server || !has_ended(&stored.server) {
                continue;
            }
            let work = work_of(cx, entry, &stored).await?;
            if claim(cx, entry, stored).await? {
                outbox.entries.fetch_add(1, Ordering::Relaxed);
                found.push(work);
            }
        }
    }
    Ok(())
}

/// Whether another server has an earlier event of the same check on the same entity, whose handlers come first.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn has_earlier(cx: &Context, work: &Work) -> Result<bool, Error> {
    let prefix = keyspace::outbox_of(&work.namespace, &work.entity, work.check.as_deref());
    let Some(prefix) = prefix else { return Ok(false) };
    let scan = Scan { prefix, after: None, limit: PAGE, max_bytes: PAGE_BYTES };
    for entry in cx.resources.store.scan(scan).await? {
        let stored = OutboxEntry::parse(&entry)?;
        let is_earlier = stored.revision(&entry) < work.revision();
        if is_earlier && stored.server != cx.resources.outbox.server {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The content of an entry. `None` with a warning if it cannot be read: it must not prevent the rest.
fn read(entry: &Entry) -> Option<OutboxEntry> {
    OutboxEntry::parse(entry)
        .inspect_err(|error| tracing::warn!(?error, "an entry of the outbox cannot be read"))
        .ok()
}

/// Writes the entry again as one of this server. Returns false if another server was faster.
async fn claim(cx: &Context, entry: &Entry, stored: OutboxEntry) -> Result<bool, Error> {
    let (server, revision) = (cx.resources.outbox.server.clone(), stored.revision(entry));
    let claimed = OutboxEntry { server, revision: Some(revision), ..stored };
    let value = encode(&claimed)?.into();
    let operation = Operation::Put { key: entry.key.clone(), value, flags: 0, expires_at: None };
    let preconditions = vec![Precondition::At(entry.key.clone(), entry.revision)];
    match cx.resources.store.commit(Txn { preconditions, operations: vec![operation] }).await {
        Ok(_) => Ok(true),
        Err(CommitError::Precondition(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

async fn work_of(cx: &Context, entry: &Entry, stored: &OutboxEntry) -> Result<Work, Error> {
    let namespace = entry.key.segments().nth(1).unwrap_or_default();
    let definitions = cx.resources.definitions_of(namespace).await?;
    let steps = plan(&stored.event, definitions.as_ref());
    let work = Work::new(&entry.key, stored.created, namespace, &stored.event, steps);
    Ok(work.with_revision(stored.revision(entry)))
}
