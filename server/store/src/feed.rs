//! Limits of the change feed.

/// When the change feed drops a transaction: once `max_changes` newer changes are in the feed, or
/// `max_age` seconds after the transaction. An engine may keep slightly more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedLimits {
    /// Maximum number of changes. Default 200,000.
    pub max_changes: usize,
    /// Maximum age in seconds. Default 3,600.
    pub max_age: i64,
}

impl Default for FeedLimits {
    fn default() -> Self {
        Self { max_changes: 200_000, max_age: 3600 }
    }
}
