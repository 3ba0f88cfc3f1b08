//! Snapshots of the objects of a namespace, in the form in which requests need them: cached until one
//! of their collections is written.
//!
//! **Freshness.** A request first reads the revision that it must see ([`Snapshots::revision`]), then
//! takes a snapshot whose load began at that revision or a later one. So a request sees every write
//! that was acknowledged before it started.
//!
//! **Cost.** Requests that find no such snapshot wait for one load; while it runs, no other load of
//! the namespace starts. A load that is no longer waited for completes. Each request waits for at
//! most two loads: one that began too early for it, and the next. A load decodes only what has
//! changed, and yields to other requests.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use foldhash::HashMap;
use sensu_store::{Entry, Key, Prefix, Revision, Scan, Store};
use tokio::sync::Mutex;

use crate::error::Error;
use crate::limits::cooperative::YieldBudget;

/// Maximum number of namespaces with a snapshot. One more clears the cache.
const MAX_NAMESPACES: usize = 10_000;
/// Entries per scan.
const SCAN_ENTRIES: usize = 500;
/// Bytes of values per scan.
const SCAN_BYTES: usize = 1 << 20;
/// Cost of an object that has not changed, in bytes to decode.
const UNCHANGED_COST: usize = 128;

/// What requests need of the objects of a namespace.
pub(crate) trait View: Send + Sync + Sized + 'static {
    /// The decoded form of one object. Kept while the object does not change.
    type Item: Send + Sync + 'static;

    /// The collections of the objects.
    const COLLECTIONS: &'static [&'static str];

    /// The collections that a snapshot is compared with: at least [`View::COLLECTIONS`]. Views that
    /// one request uses together have the same, so that it reads one revision.
    const CHECKED: &'static [&'static str] = Self::COLLECTIONS;

    /// The objects of a namespace in one of the collections. `None` if there cannot be any.
    fn prefix(collection: &'static str, namespace: &str) -> Option<Prefix>;

    /// Decodes an object.
    ///
    /// # Errors
    /// [`Error::Internal`] if the value is not an object of its kind.
    fn decode(entry: &Entry) -> Result<Self::Item, Error>;

    /// Builds the view from all objects, in the order of their keys.
    fn build(objects: Vec<Arc<Self::Item>>) -> impl Future<Output = Self> + Send;
}

/// The snapshots of all namespaces.
pub(crate) struct Snapshots<V: View> {
    slots: RwLock<HashMap<String, Arc<Slot<V>>>>,
}

/// The snapshot of one namespace.
struct Slot<V: View> {
    loaded: RwLock<Option<Arc<Loaded<V>>>>,
    /// Held by the load that runs. Holds the error of the last load if it failed.
    loading: Arc<Mutex<Option<Error>>>,
    /// Number of loads that failed.
    failures: AtomicU64,
}

struct Loaded<V: View> {
    /// [`View::CHECKED`] before the load: what requests up to this revision must see is in the view.
    current_at: Revision,
    /// [`View::COLLECTIONS`] before the load.
    modified: Revision,
    objects: Objects<V>,
    view: Arc<V>,
}

/// The decoded objects, each with the revision that wrote it.
type Objects<V> = Arc<BTreeMap<Key, (Revision, Arc<<V as View>::Item>)>>;

impl<V: View> Default for Snapshots<V> {
    fn default() -> Self {
        Self { slots: RwLock::default() }
    }
}

impl<V: View> Snapshots<V> {
    /// The revision that a request which starts now must see.
    ///
    /// # Errors
    /// [`Error`] if the store fails.
    pub(crate) async fn revision(store: &dyn Store) -> Result<Revision, Error> {
        Ok(store.last_modified(V::CHECKED).await?)
    }

    /// The view of a namespace at `revision` or later. Objects that have expired may be in it.
    ///
    /// # Errors
    /// [`Error`] if the store fails, or holds a value that is not an object of its kind.
    pub(crate) async fn at(
        &self,
        revision: Revision,
        store: &Arc<dyn Store>,
        namespace: &str,
    ) -> Result<Arc<V>, Error> {
        if let Some(view) = self.current(revision, namespace) {
            return Ok(view);
        }
        let slot = self.slot(namespace);
        let failures = slot.failures.load(Ordering::SeqCst);
        let mut loading = Arc::clone(&slot.loading).lock_owned().await;
        if let Some(view) = slot.current(revision) {
            return Ok(view);
        }
        if let Some(error) = loading.as_ref()
            && slot.failures.load(Ordering::SeqCst) != failures
        {
            // Requests that waited share the failure too: each of them could wait for a timeout.
            return Err(error.clone());
        }
        let (store, namespace) = (Arc::clone(store), namespace.to_owned());
        // A task of its own completes even if the request is dropped.
        let load = tokio::spawn(async move {
            let loaded = slot.load(store.as_ref(), &namespace).await;
            *loading = loaded.as_ref().err().cloned();
            if loaded.is_err() {
                slot.failures.fetch_add(1, Ordering::SeqCst);
            }
            loaded
        });
        load.await.map_err(|error| Error::Internal(error.to_string()))?
    }

    /// The cached view, if there is one at the revision or later. The slot is not cloned, because processors
    /// would compete for its reference count.
    fn current(&self, revision: Revision, namespace: &str) -> Option<Arc<V>> {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        slots.get(namespace)?.current(revision)
    }

    fn slot(&self, namespace: &str) -> Arc<Slot<V>> {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get(namespace) {
            return Arc::clone(slot);
        }
        drop(slots);
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= MAX_NAMESPACES {
            slots.clear();
        }
        Arc::clone(slots.entry(namespace.to_owned()).or_default())
    }
}

impl<V: View> Default for Slot<V> {
    fn default() -> Self {
        let (loaded, loading) = (RwLock::default(), Arc::default());
        Self { loaded, loading, failures: AtomicU64::new(0) }
    }
}

impl<V: View> Slot<V> {
    fn loaded(&self) -> Option<Arc<Loaded<V>>> {
        self.loaded.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The cached view, if its load began at the revision or later.
    fn current(&self, revision: Revision) -> Option<Arc<V>> {
        let loaded = self.loaded.read().unwrap_or_else(PoisonError::into_inner);
        let loaded = loaded.as_ref().filter(|loaded| loaded.current_at >= revision)?;
        Some(Arc::clone(&loaded.view))
    }

    /// Loads the view and caches it.
    async fn load(&self, store: &dyn Store, namespace: &str) -> Result<Arc<V>, Error> {
        // Both before the objects: a write in between leaves an old revision here, which the next
        // request finds outdated. In this order, because `modified` must cover `current_at`.
        let current_at = store.last_modified(V::CHECKED).await?;
        let modified = store.last_modified(V::COLLECTIONS).await?;
        let (objects, view) = match self.loaded() {
            Some(previous) if previous.modified == modified => {
                (Arc::clone(&previous.objects), Arc::clone(&previous.view))
            }
            previous => {
                let previous = previous.map(|previous| Arc::clone(&previous.objects));
                let previous = previous.unwrap_or_default();
                let objects = read::<V>(store, namespace, &previous).await?;
                let items = objects.values().map(|(_, item)| Arc::clone(item)).collect();
                (Arc::new(objects), Arc::new(V::build(items).await))
            }
        };
        let loaded = Loaded { current_at, modified, objects, view: Arc::clone(&view) };
        *self.loaded.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(loaded));
        Ok(view)
    }
}

/// Reads the objects of a namespace. Decodes those that are not among the previous ones.
async fn read<V: View>(
    store: &dyn Store,
    namespace: &str,
    previous: &BTreeMap<Key, (Revision, Arc<V::Item>)>,
) -> Result<BTreeMap<Key, (Revision, Arc<V::Item>)>, Error> {
    let (mut objects, mut budget) = (BTreeMap::new(), YieldBudget::default());
    for prefix in V::COLLECTIONS.iter().filter_map(|name| V::prefix(name, namespace)) {
        let mut after = None;
        loop {
            let scan =
                Scan { prefix: prefix.clone(), after, limit: SCAN_ENTRIES, max_bytes: SCAN_BYTES };
            let entries = store.scan(scan).await?;
            let Some(last) = entries.last() else { break };
            after = Some(last.key.clone());
            for entry in entries {
                let item = match previous.get(&entry.key) {
                    Some((revision, item)) if *revision == entry.revision => {
                        budget.spend(UNCHANGED_COST).await;
                        Arc::clone(item)
                    }
                    _ => {
                        budget.spend(entry.value.len()).await;
                        Arc::new(V::decode(&entry)?)
                    }
                };
                objects.insert(entry.key, (entry.revision, item));
            }
        }
    }
    Ok(objects)
}

#[cfg(test)]
mod tests;
