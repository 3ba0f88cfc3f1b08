//! Exports: all entries of one snapshot as a stream, to copy them to another store or file.

use tokio::sync::mpsc;

use crate::{Entry, Prefix, Revision, Scan, StoreError};

/// Limits of one batch of entries. They bound the memory use of an export.
const BATCH_ENTRIES: usize = 1_000;
const BATCH_BYTES: usize = 8 << 20;

/// How far a store that was loaded from an export skips ahead of the last exported revision.
///
/// After the export, the original store may have assigned further revisions that the new store does
/// not know. The new store must not assign any of them again.
pub(crate) const REVISION_GAP: Revision = 1 << 32;

/// A time before every expiry time: scanned at this time, no entry has expired.
pub(crate) const BEFORE_ANY_EXPIRY: i64 = i64::MIN;

/// All entries of a store at one revision, in key order. Includes entries that have expired but
/// were not swept.
pub struct Export {
    /// The last transaction of the snapshot.
    pub revision: Revision,
    /// Total number of entries.
    pub count: u64,
    batches: mpsc::Receiver<Result<Vec<Entry>, StoreError>>,
    received: u64,
    inspector: Option<Inspector>,
}

type Inspector = Box<dyn FnMut(&[Entry]) + Send>;

/// The channel through which an engine sends the entries of an export.
pub(crate) type ExportSender = mpsc::Sender<Result<Vec<Entry>, StoreError>>;

impl Export {
    /// Creates an export and the sender of its entries.
    pub(crate) fn new(revision: Revision, count: u64) -> (ExportSender, Self) {
        let (sender, batches) = mpsc::channel(2);
        (sender, Self { revision, count, batches, received: 0, inspector: None })
    }

    /// Calls `inspector` with each batch before [`next`](Self::next) returns it, and with an empty
    /// slice at the end of a complete export.
    #[must_use]
    pub fn inspect(mut self, inspector: impl FnMut(&[Entry]) + Send + 'static) -> Self {
        self.inspector = Some(Box::new(inspector));
        self
    }

    /// Returns the next batch of entries; an empty one at the end.
    ///
    /// # Errors
    /// If the entries cannot be read, or the export ends before all of them were received.
    pub async fn next(&mut self) -> Result<Vec<Entry>, StoreError> {
        let batch = self.batches.recv().await;
        self.receive(batch)
    }

    /// Like [`next`](Self::next), for threads that may block.
    pub(crate) fn blocking_next(&mut self) -> Result<Vec<Entry>, StoreError> {
        let batch = self.batches.blocking_recv();
        self.receive(batch)
    }

    fn receive(
        &mut self,
        batch: Option<Result<Vec<Entry>, StoreError>>,
    ) -> Result<Vec<Entry>, StoreError> {
        let entries = batch.transpose()?.unwrap_or_default();
        self.received += entries.len() as u64;
        if entries.is_empty() && self.received != self.count {
            let (received, count) = (self.received, self.count);
            return Err(StoreError::Failed(format!(
                "the export ended after {received} of {count} entries"
            )));
        }
        if let Some(inspector) = &mut self.inspector {
            inspector(&entries);
        }
        Ok(entries)
    }
}

/// The scan of the next batch. To be read at [`BEFORE_ANY_EXPIRY`].
pub(crate) fn next_batch(last: Option<&Entry>) -> Scan {
    let after = last.map(|entry| entry.key.clone());
    Scan { prefix: Prefix::all(), after, limit: BATCH_ENTRIES, max_bytes: BATCH_BYTES }
}
