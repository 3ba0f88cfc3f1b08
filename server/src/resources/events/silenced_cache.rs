//! Cache of the silenced entries of each namespace. Every event needs them, and they change rarely.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use sensu_store::{Revision, Store};
use sensu_types::Resource as _;
use sensu_types::silenced::Silenced;

use crate::error::Error;
use crate::keyspace;

/// Maximum number of cached namespaces. One more clears the cache.
const MAX_NAMESPACES: usize = 10_000;

/// Silenced entries by namespace, valid until any silenced entry is written.
#[derive(Default)]
pub(crate) struct SilencedCache(RwLock<Cached>);

#[derive(Default)]
struct Cached {
    modified: Revision,
    by_namespace: HashMap<String, Arc<[Silenced]>>,
}

impl SilencedCache {
    /// The entries of a namespace. Expired entries may be among them.
    pub(super) async fn entries(
        &self,
        store: &dyn Store,
        namespace: &str,
    ) -> Result<Arc<[Silenced]>, Error> {
        // Before the entries: a write in between leaves an old revision here, which the next event finds
        // outdated.
        let modified = store.last_modified(&[Silenced::PLURAL]).await?;
        if let Ok(cached) = self.0.read()
            && cached.modified == modified
            && let Some(entries) = cached.by_namespace.get(namespace)
        {
            return Ok(Arc::clone(entries));
        }
        let entries: Arc<[Silenced]> = read(store, namespace).await?.into();
        if let Ok(mut cached) = self.0.write() {
            if cached.modified != modified || cached.by_namespace.len() >= MAX_NAMESPACES {
                *cached = Cached { modified, by_namespace: HashMap::new() };
            }
            cached.by_namespace.insert(namespace.to_owned(), Arc::clone(&entries));
        }
        Ok(entries)
    }
}

async fn read(store: &dyn Store, namespace: &str) -> Result<Vec<Silenced>, Error> {
    match keyspace::list_prefix::<Silenced>(namespace, "") {
        Some(prefix) => keyspace::all(store, &prefix).await,
        None => Ok(Vec::new()),
    }
}
