//! Everything a store holds at one moment, on its way somewhere else.

use tokio::sync::mpsc;

use crate::{Entry, Revision, Scan, StoreError};

/// Entries read at once, and bytes: bounds what is in memory on the way.
const BATCH: usize = 1_000;
const BATCH_BYTES: usize = 8 << 20;

/// Everything a store holds at one moment, in the order of keys: entries that have expired but were
/// not swept included.
pub struct Export {
    /// The last transaction of that moment.
    pub revision: Revision,
    /// How many entries there are.
    pub count: u64,
    entries: mpsc::Receiver<Result<Vec<Entry>, StoreError>>,
    seen: u64,
    inspector: Option<Inspector>,
}

/// A store that is made of an export goes on so many revisions after it. Between the export and
/// the move, or the accident, revisions may have been given out that the new store knows nothing
/// of; none of them may come to mean something else.
pub(crate) const REVISION_GAP: Revision = 1 << 32;

type Inspector = Box<dyn FnMut(&[Entry]) + Send>;

/// Where an engine puts what it exports.
pub(crate) type ExportSender = mpsc::Sender<Result<Vec<Entry>, StoreError>>;

impl Export {
    /// An export and where to put its entries.
    pub(crate) fn new(revision: Revision, count: u64) -> (ExportSender, Self) {
        let (sender, entries) = mpsc::channel(2);
        (sender, Self { revision, count, entries, seen: 0, inspector: None })
    }

    /// Calls `inspector` with each batch of entries before [`next`](Self::next) returns it, and
    /// with an empty slice at the end of a complete export.
    #[must_use]
    pub fn inspect(mut self, inspector: impl FnMut(&[Entry]) + Send + 'static) -> Self {
        self.inspector = Some(Box::new(inspector));
        self
    }

    /// The next entries; none at the end.
    ///
    /// # Errors
    /// If they cannot be read. An export that ends early is an error too.
    pub async fn next(&mut self) -> Result<Vec<Entry>, StoreError> {
        let next = self.entries.recv().await;
        self.count(next)
    }

    /// The same for a thread that may block.
    pub(crate) fn blocking_next(&mut self) -> Result<Vec<Entry>, StoreError> {
        let next = self.entries.blocking_recv();
        self.count(next)
    }

    fn count(
        &mut self,
        next: Option<Result<Vec<Entry>, StoreError>>,
    ) -> Result<Vec<Entry>, StoreError> {
        let entries = next.transpose()?.unwrap_or_default();
        self.seen += entries.len() as u64;
        if entries.is_empty() && self.seen != self.count {
            let (seen, count) = (self.seen, self.count);
            return Err(StoreError::Failed(format!("only {seen} of {count} entries came")));
        }
        if let Some(inspector) = &mut self.inspector {
            inspector(&entries);
        }
        Ok(entries)
    }
}

/// The scan that reads what comes after `after`, expired or not: the time to read it with is
/// `i64::MIN`.
pub(crate) fn batch(after: Option<&Entry>) -> Scan {
    let after = after.map(|entry| entry.key.clone());
    Scan { prefix: crate::Prefix::all(), after, limit: BATCH, max_bytes: BATCH_BYTES }
}
