//! The silenced entries of a namespace, cached. Every event needs them, and they change rarely.

use std::sync::Arc;

use sensu_store::{Entry, Prefix, Store};
use sensu_types::Resource as _;
use sensu_types::silenced::Silenced;

use crate::error::Error;
use crate::keyspace::{self, Snapshots, View};

/// Silenced entries by namespace.
#[derive(Default)]
pub(crate) struct SilencedCache(Snapshots<Entries>);

/// The entries of a namespace. Expired entries may be among them.
pub(super) struct Entries(pub(super) Vec<Silenced>);

impl SilencedCache {
    /// The entries of a namespace. A request that starts after an entry was written sees it.
    ///
    /// # Errors
    /// [`Error`] if the store fails.
    pub(super) async fn entries(
        &self,
        store: &Arc<dyn Store>,
        namespace: &str,
    ) -> Result<Arc<Entries>, Error> {
        let revision = Snapshots::<Entries>::revision(store.as_ref()).await?;
        self.0.at(revision, store, namespace).await
    }
}

impl View for Entries {
    type Item = Silenced;
    const COLLECTIONS: &'static [&'static str] = &[Silenced::PLURAL];

    fn prefix(_: &'static str, namespace: &str) -> Option<Prefix> {
        keyspace::list_prefix::<Silenced>(namespace, "")
    }

    fn decode(entry: &Entry) -> Result<Silenced, Error> {
        keyspace::parse(entry)
    }

    async fn build(objects: Vec<Arc<Silenced>>) -> Self {
        Self(objects.into_iter().map(Arc::unwrap_or_clone).collect())
    }
}
