//! A store that remembers how much was read from it, and lets somebody else be first.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use sensu_store::{
    Change, ChangesError, CommitError, Entry, Export, Health, Key, Operation, Revision, Scan,
    Store, StoreError, Txn, VerifyReport,
};

/// Passes everything on, and counts what scans of one room answer.
pub(crate) struct Watched {
    inner: Arc<dyn Store>,
    room: &'static str,
    entries: AtomicUsize,
    bytes: AtomicUsize,
    first: Mutex<Option<Txn>>,
}

impl Watched {
    pub(crate) fn new(inner: Arc<dyn Store>, room: &'static str) -> Self {
        let (entries, bytes) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { inner, room, entries, bytes, first: Mutex::new(None) }
    }

    /// Does this right before the next transaction that writes to the room, once.
    pub(crate) fn forestall(&self, operations: Vec<Operation>) {
        let txn = Txn { operations, ..Txn::default() };
        *self.first.lock().expect("not poisoned") = Some(txn);
    }

    /// Whether what was to be first has been.
    pub(crate) fn was_first(&self) -> bool {
        self.first.lock().expect("not poisoned").is_none()
    }

    /// Entries and bytes that scans have answered since this was last asked.
    pub(crate) fn taken(&self) -> (usize, usize) {
        (self.entries.swap(0, Ordering::SeqCst), self.bytes.swap(0, Ordering::SeqCst))
    }
}

#[async_trait]
impl Store for Watched {
    async fn get(&self, key: &Key) -> Result<Option<Entry>, StoreError> {
        self.inner.get(key).await
    }

    async fn scan(&self, scan: Scan) -> Result<Vec<Entry>, StoreError> {
        let watched = scan.prefix.collection() == self.room;
        let found = self.inner.scan(scan).await?;
        if watched {
            let bytes = found.iter().map(|entry| entry.value.len()).sum();
            self.entries.fetch_add(found.len(), Ordering::SeqCst);
            self.bytes.fetch_add(bytes, Ordering::SeqCst);
        }
        Ok(found)
    }

    async fn commit(&self, txn: Txn) -> Result<Revision, CommitError> {
        let writes = |operation: &Operation| match operation {
            Operation::Put { key, .. } | Operation::Delete(key) => key.collection() == self.room,
            Operation::DeletePrefix(prefix) => prefix.collection() == self.room,
        };
        if txn.operations.iter().any(writes) {
            let first = self.first.lock().expect("not poisoned").take();
            if let Some(first) = first {
                self.inner.commit(first).await?;
            }
        }
        self.inner.commit(txn).await
    }

    async fn changes(&self, after: Revision, limit: usize) -> Result<Vec<Change>, ChangesError> {
        self.inner.changes(after, limit).await
    }

    async fn last_modified(&self, rooms: &[&str]) -> Result<Revision, StoreError> {
        self.inner.last_modified(rooms).await
    }

    async fn sweep(&self, limit: usize) -> Result<usize, StoreError> {
        self.inner.sweep(limit).await
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
