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
    watcher: Option<Watcher>,
}

/// A store that is made of an export goes on so many revisions after it. Between the export and
/// the move, or the accident, revisions may have been given out that the new store knows nothing
/// of; none of them may come to mean something else.
pub(crate) const LEAP: Revision = 1 << 32;

/// Is shown what passes.
type Watcher = Box<dyn FnMut(&[Entry]) + Send>;

/// Where an engine puts what it exports.
pub(crate) type Outlet = mpsc::Sender<Result<Vec<Entry>, StoreError>>;

impl Export {
    /// An export and where to put its entries.
    pub(crate) fn new(revision: Revision, count: u64) -> (Outlet, Self) {
        let (outlet, entries) = mpsc::channel(2);
        (outlet, Self { revision, count, entries, seen: 0, watcher: None })
    }

    /// Shows what passes to a watcher, and at the end, if all came, an empty slice.
    #[must_use]
    pub fn watched(mut self, watcher: impl FnMut(&[Entry]) + Send + 'static) -> Self {
        self.watcher = Some(Box::new(watcher));
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
        if let Some(watcher) = &mut self.watcher {
            watcher(&entries);
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
