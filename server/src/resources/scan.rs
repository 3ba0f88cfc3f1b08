//! Reads all entries below a prefix, in pages of bounded size.

use sensu_store::{Entry, Key, Prefix, Scan, Store};

use crate::error::Error;

/// Maximum number of entries of a page.
pub(super) const PAGE: usize = 256;
/// Maximum size of the values of a page, in bytes. The first entry can be larger.
pub(super) const PAGE_BYTES: usize = 1 << 20;

/// The entries below a prefix, in the order of their keys. Each page is as new as its read.
pub(super) struct Pages {
    prefix: Prefix,
    after: Option<Key>,
}

impl Pages {
    /// The entries below a prefix.
    pub(super) fn new(prefix: Prefix) -> Self {
        Self { prefix, after: None }
    }

    /// The next page. `None` if there are no more entries.
    ///
    /// # Errors
    /// [`Error`] if the store fails.
    pub(super) async fn next(&mut self, store: &dyn Store) -> Result<Option<Vec<Entry>>, Error> {
        let (prefix, after) = (self.prefix.clone(), self.after.clone());
        let scan = Scan { prefix, after, limit: PAGE, max_bytes: PAGE_BYTES };
        let entries = store.scan(scan).await?;
        let Some(last) = entries.last() else { return Ok(None) };
        self.after = Some(last.key.clone());
        Ok(Some(entries))
    }
}
