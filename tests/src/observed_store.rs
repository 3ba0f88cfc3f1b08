//! A store for tests: counts what is read from one collection, fails its reads on request, commits a competing
//! transaction first, and delays acknowledgements.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use sensu_store::{
    Change, ChangesError, CommitError, Entry, Export, Health, Key, Operation, Revision, Scan,
    Store, StoreError, Txn, VerifyReport,
};
use tokio::sync::RwLock;

/// Forwards every call to another store, and observes one collection.
pub struct ObservedStore {
    inner: Arc<dyn Store>,
    collection: &'static str,
    entries: AtomicUsize,
    bytes: AtomicUsize,
    /// Number of further scans of the collection that succeed.
    scans_left: AtomicUsize,
    competing: Mutex<Option<Txn>>,
    /// Held while transactions that write to the collection are committed and not acknowledged.
    acknowledgement: RwLock<()>,
}

impl ObservedStore {
    /// Observes a collection of a store.
    pub fn new(inner: Arc<dyn Store>, collection: &'static str) -> Self {
        let (entries, bytes) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let scans_left = AtomicUsize::new(usize::MAX);
        let (competing, acknowledgement) = (Mutex::new(None), RwLock::new(()));
        Self { inner, collection, entries, bytes, scans_left, competing, acknowledgement }
    }

    /// Lets scans of the collection fail, after a number of further ones.
    pub fn fail_scans_after(&self, number: usize) {
        self.scans_left.store(number, Ordering::SeqCst);
    }

    /// Commits these operations right before the next transaction that writes to the collection, once.
    pub fn commit_before_next(&self, operations: Vec<Operation>) {
        let txn = Txn { operations, ..Txn::default() };
        *self.competing.lock().expect("not poisoned") = Some(txn);
    }

    /// Commits transactions that write to the collection, but acknowledges them only after the guard is dropped.
    pub async fn hold_acknowledgements(&self) -> impl Drop + '_ {
        self.acknowledgement.write().await
    }

    /// Whether the competing operations have been committed.
    pub fn has_competed(&self) -> bool {
        self.competing.lock().expect("not poisoned").is_none()
    }

    /// Entries and bytes that scans of the collection have returned since the last call.
    pub fn take_counts(&self) -> (usize, usize) {
        (self.entries.swap(0, Ordering::SeqCst), self.bytes.swap(0, Ordering::SeqCst))
    }
}

#[async_trait]
impl Store for ObservedStore {
    async fn get(&self, key: &Key) -> Result<Option<Entry>, StoreError> {
        self.inner.get(key).await
    }

    async fn scan(&self, scan: Scan) -> Result<Vec<Entry>, StoreError> {
        let is_observed = scan.prefix.collection() == self.collection;
        let one_less = |left: usize| left.checked_sub(1);
        if is_observed
            && self.scans_left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_err()
        {
            return Err(StoreError::Failed("injected".into()));
        }
        let found = self.inner.scan(scan).await?;
        if is_observed {
            let bytes = found.iter().map(|entry| entry.value.len()).sum();
            self.entries.fetch_add(found.len(), Ordering::SeqCst);
            self.bytes.fetch_add(bytes, Ordering::SeqCst);
        }
        Ok(found)
    }

    async fn commit(&self, txn: Txn) -> Result<Revision, CommitError> {
        let writes = |operation: &Operation| match operation {
            Operation::Put { key, .. } | Operation::Delete(key) => {
                key.collection() == self.collection
            }
            Operation::DeletePrefix(prefix) => prefix.collection() == self.collection,
        };
        let is_observed = txn.operations.iter().any(writes);
        if is_observed {
            let competing = self.competing.lock().expect("not poisoned").take();
            if let Some(competing) = competing {
                self.inner.commit(competing).await?;
            }
        }
        let committed = self.inner.commit(txn).await;
        if is_observed {
            drop(self.acknowledgement.read().await);
        }
        committed
    }

    async fn changes(&self, after: Revision, limit: usize) -> Result<Vec<Change>, ChangesError> {
        self.inner.changes(after, limit).await
    }

    async fn last_modified(&self, collections: &[&str]) -> Result<Revision, StoreError> {
        self.inner.last_modified(collections).await
    }

    async fn sweep(&self, limit: usize) -> Result<usize, StoreError> {
        self.inner.sweep(limit).await
    }

    fn is_shared(&self) -> bool {
        self.inner.is_shared()
    }

    async fn health(&self) -> Health {
        self.inner.health().await
    }

    async fn backup(&self, to: &Path) -> Result<(), StoreError> {
        self.inner.backup(to).await
    }

    async fn export(&self) -> Result<Export, StoreError> {
        self.inner.export().await
    }

    async fn verify(&self) -> Result<VerifyReport, StoreError> {
        self.inner.verify().await
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}
