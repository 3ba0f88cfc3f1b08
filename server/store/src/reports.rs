//! Results of maintenance operations, the same for every engine.

use crate::Revision;

/// The content of a store that was verified and is not damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifyReport {
    /// Number of entries that have not expired.
    pub entries: u64,
    /// The last committed revision.
    pub revision: Revision,
    /// Number of entries, expired or not, written by a version that stored no checksums.
    pub without_checksum: u64,
}

/// The size of a database before and after compaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompactReport {
    /// Bytes before compaction.
    pub bytes_before: u64,
    /// Bytes after compaction.
    pub bytes_after: u64,
}
