//! The silenced entries of each namespace, parsed once and kept until one is written.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use sensu_store::{Revision, Store};
use sensu_types::Resource as _;
use sensu_types::silenced::Silenced;

use crate::error::Error;
use crate::keyspace;

/// Namespaces whose entries are kept; beyond that, all are forgotten and read again.
const NAMESPACES: usize = 10_000;

/// Every event is judged by the silenced entries of its namespace; they change far less often.
#[derive(Default)]
pub(crate) struct Silences(RwLock<Kept>);

#[derive(Default)]
struct Kept {
    at: Revision,
    by_namespace: HashMap<String, Arc<[Silenced]>>,
}

impl Silences {
    /// The entries of a namespace. Those that have ended may be among them: whoever judges looks at
    /// the time.
    pub(crate) async fn of(
        &self,
        store: &dyn Store,
        namespace: &str,
    ) -> Result<Arc<[Silenced]>, Error> {
        // Taken before reading, so that a write in between makes the next event read again.
        let at = store.last_modified(&[Silenced::PLURAL]).await?;
        if let Ok(kept) = self.0.read()
            && kept.at == at
            && let Some(entries) = kept.by_namespace.get(namespace)
        {
            return Ok(Arc::clone(entries));
        }
        let entries: Arc<[Silenced]> = read(store, namespace).await?.into();
        if let Ok(mut kept) = self.0.write() {
            if kept.at != at || kept.by_namespace.len() >= NAMESPACES {
                *kept = Kept { at, by_namespace: HashMap::new() };
            }
            kept.by_namespace.insert(namespace.to_owned(), Arc::clone(&entries));
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
