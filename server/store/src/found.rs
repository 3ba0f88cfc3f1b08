//! What operators are told of a store, whatever the engine.

use crate::Revision;

/// What a verification that found no damage has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Entries that have not expired.
    pub entries: u64,
    /// The last committed transaction.
    pub revision: Revision,
    /// Entries, expired or not, that a version without checksums wrote.
    pub unsummed: u64,
}

/// Sizes of the database, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compacted {
    /// Before.
    pub before: u64,
    /// After.
    pub after: u64,
}
