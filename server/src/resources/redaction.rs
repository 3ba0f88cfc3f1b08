//! Keys that events hide because of their entity (D25).
//!
//! An event contains a copy of its entity, as its sender knows it. Its labels and annotations are hidden
//! by the `redact` list of the copy and by that of the stored entity, which is looked up when the event
//! is read. To read a page of events without reading its entities, the keys of each entity whose list is
//! not the default one are in a record of their own, in the order of events: a page costs one scan of
//! these few records, and nothing in a store without any.
//!
//! The record of an entity contains all keys that its list has ever had: removing a key from the list
//! never reveals a value (D25). It is deleted with the entity and its events.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use bytes::Bytes;
use sensu_store::{CommitError, Entry, Key, Operation, Precondition, Revision, Scan, Store, Txn};
use sensu_types::Resource;
use sensu_types::entity::Entity;
use sensu_types::event::Event;
use sensu_types::redaction::{MAX_KEYS, RedactedKeys};

use crate::error::Error;
use crate::keyspace::{self, REDACTED, encode, parse, redacted_keys};
use crate::runtime::context::Context;

/// Maximum size of the records that one scan returns, in bytes.
const SCAN_BYTES: usize = 1 << 20;

/// Maximum number of entities that one scan returns.
const ENTITIES: usize = 256;

/// Reads the records. Remembers whether there are any, because most stores have none.
#[derive(Default)]
pub(crate) struct Redaction(RwLock<Option<Known>>);

/// Whether there were records after the transaction that last changed one.
#[derive(Clone, Copy)]
struct Known {
    modified: Revision,
    has_records: bool,
}

/// The keys of the entities of a page, by namespace and name. Others have the default keys.
#[derive(Default)]
pub(super) struct EntityKeys(HashMap<Key, RedactedKeys>);

impl EntityKeys {
    /// The keys that an event hides in addition to those of its copy of the entity. `None` for the
    /// default keys, which were applied when the event was written.
    pub(super) fn keys(&self, event: &Entry) -> Option<&RedactedKeys> {
        if self.0.is_empty() { None } else { self.0.get(&record_of(event)?) }
    }
}

impl Redaction {
    /// The keys for these entries of a collection. Empty if it does not contain events.
    pub(super) async fn of_entries<T: Resource>(
        &self,
        cx: &Context,
        entries: &[Entry],
    ) -> Result<EntityKeys, Error> {
        let store = cx.resources.store.as_ref();
        if T::PLURAL != Event::PLURAL || !self.has_records(store).await? {
            return Ok(EntityKeys::default());
        }
        let mut records: Vec<Key> = entries.iter().filter_map(record_of).collect();
        records.dedup();
        let (Some(first), Some(last)) = (records.first(), records.last()) else {
            return Ok(EntityKeys::default());
        };
        let mut rules = HashMap::new();
        if let Some(entry) = store.get(first).await? {
            rules.insert(first.clone(), keys_of(&entry)?);
        }
        let (prefix, mut after) = (keyspace::whole_collection(REDACTED)?, first.clone());
        while after < *last {
            let (limit, max_bytes) = (records.len(), SCAN_BYTES);
            let scan = Scan { prefix: prefix.clone(), after: Some(after), limit, max_bytes };
            let found = store.scan(scan).await?;
            let Some(end) = found.last() else { break };
            after = end.key.clone();
            for entry in found.iter().take_while(|entry| entry.key <= *last) {
                rules.insert(entry.key.clone(), keys_of(entry)?);
            }
        }
        Ok(EntityKeys(rules))
    }

    /// The keys of one entity; `None` for the default keys.
    pub(super) async fn of_entity(
        &self,
        store: &dyn Store,
        namespace: &str,
        entity: &str,
    ) -> Result<Option<RedactedKeys>, Error> {
        if !self.has_records(store).await? {
            return Ok(None);
        }
        let Some(key) = redacted_keys(namespace, entity) else { return Ok(None) };
        store.get(&key).await?.as_ref().map(keys_of).transpose()
    }

    /// The operations that add the `redact` list of a written object to its record. `previous` is the
    /// stored list, `None` for a new object.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the record has too many keys.
    pub(super) async fn record<T: Resource>(
        &self,
        store: &dyn Store,
        value: &T,
        previous: Option<&T>,
    ) -> Result<Option<Operation>, Error> {
        let Some(redact) = value.redact() else { return Ok(None) };
        let keys = RedactedKeys::new(redact);
        let recorded = self.of_entity(store, value.namespace(), value.name()).await?;
        if recorded.is_none() && keys.is_default() && previous.is_none_or(has_default_keys) {
            return Ok(None);
        }
        let mut all = keys;
        if let Some(previous) = previous.and_then(Resource::redact) {
            all.extend(&RedactedKeys::new(previous));
        }
        if let Some(recorded) = &recorded {
            all.extend(recorded);
        }
        if recorded.as_ref() == Some(&all) {
            return Ok(None);
        }
        let list = all.to_list();
        if list.len() > MAX_KEYS {
            return Err(Error::invalid(format!(
                "redact has had more than {MAX_KEYS} different keys; delete the {} to start again",
                T::NOUN
            )));
        }
        let value_bytes = Bytes::from(encode(&list)?);
        let key = redacted_keys(value.namespace(), value.name());
        Ok(key.map(|key| Operation::Put { key, value: value_bytes, flags: 0, expires_at: None }))
    }

    /// Creates the records of entities that an older version has stored, once in the life of a store.
    ///
    /// # Errors
    /// [`Error`] if the store fails; the next call continues.
    pub(crate) async fn create_records(&self, cx: &Context) -> Result<(), Error> {
        let store = cx.resources.store.as_ref();
        let marker = keyspace::seed_marker(REDACTED)?;
        if store.get(&marker).await?.is_some() {
            return Ok(());
        }
        let (prefix, mut after) = (keyspace::whole_collection(Entity::PLURAL)?, None);
        loop {
            let (limit, max_bytes) = (ENTITIES, SCAN_BYTES);
            let scan = Scan { prefix: prefix.clone(), after, limit, max_bytes };
            let entries = store.scan(scan).await?;
            let Some(last) = entries.last() else { break };
            after = Some(last.key.clone());
            for entry in &entries {
                let entity: Entity = parse(entry)?;
                let Some(operation) = self.record(store, &entity, None).await? else { continue };
                let preconditions = vec![Precondition::At(entry.key.clone(), entry.revision)];
                match store.commit(Txn { preconditions, operations: vec![operation] }).await {
                    // A concurrent write of the entity creates the record.
                    Ok(_) | Err(CommitError::Precondition(_)) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        let value = Bytes::from_static(b"1");
        let put = Operation::Put { key: marker, value, flags: 0, expires_at: None };
        store.commit(Txn { operations: vec![put], ..Txn::default() }).await.map_err(Error::from)?;
        Ok(())
    }

    /// Whether any entity has keys other than the default ones.
    async fn has_records(&self, store: &dyn Store) -> Result<bool, Error> {
        // Before the scan: a write in between leaves an old revision here, which the next call finds
        // outdated.
        let modified = store.last_modified(&[REDACTED]).await?;
        let known = *self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.filter(|known| known.modified == modified) {
            return Ok(known.has_records);
        }
        let prefix = keyspace::whole_collection(REDACTED)?;
        let scan = Scan { prefix, after: None, limit: 1, max_bytes: 1 };
        let has_records = !store.scan(scan).await?.is_empty();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) =
            Some(Known { modified, has_records });
        Ok(has_records)
    }
}

fn has_default_keys<T: Resource>(value: &T) -> bool {
    value.redact().is_none_or(|redact| RedactedKeys::new(redact).is_default())
}

/// The key of the record for the entity of an event.
fn record_of(event: &Entry) -> Option<Key> {
    let mut segments = event.key.segments().skip(1);
    redacted_keys(segments.next()?, segments.next()?)
}

fn keys_of(entry: &Entry) -> Result<RedactedKeys, Error> {
    let list: Vec<String> = serde_json::from_slice(&entry.value)
        .map_err(|error| Error::Internal(format!("stored {:?}: {error}", entry.key)))?;
    Ok(RedactedKeys::new(&list))
}
