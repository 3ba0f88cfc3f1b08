//! A store that remembers how much was read from it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use sensu_store::{
    Change, ChangesError, CommitError, Entry, Export, Health, Key, Revision, Scan, Store,
    StoreError, Txn,
};

/// Passes everything on, and counts what scans of one room answer.
pub(crate) struct Watched {
    inner: Arc<dyn Store>,
    room: &'static str,
    entries: AtomicUsize,
    bytes: AtomicUsize,
}

impl Watched {
    pub(crate) fn new(inner: Arc<dyn Store>, room: &'static str) -> Self {
        Self { inner, room, entries: AtomicUsize::new(0), bytes: AtomicUsize::new(0) }
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
        let watched = scan.prefix.room() == self.room;
        let found = self.inner.scan(scan).await?;
        if watched {
            let bytes = found.iter().map(|entry| entry.value.len()).sum();
            self.entries.fetch_add(found.len(), Ordering::SeqCst);
            self.bytes.fetch_add(bytes, Ordering::SeqCst);
        }
        Ok(found)
    }

    async fn commit(&self, txn: Txn) -> Result<Revision, CommitError> {
        self.inner.commit(txn).await
    }

    async fn changes(&self, after: Revision, limit: usize) -> Result<Vec<Change>, ChangesError> {
        self.inner.changes(after, limit).await
    }

    async fn touched(&self, rooms: &[&str]) -> Result<Revision, StoreError> {
        self.inner.touched(rooms).await
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

    async fn verify(&self) -> Result<u64, StoreError> {
        self.inner.verify().await
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}
