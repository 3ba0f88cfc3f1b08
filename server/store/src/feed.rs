//! How much of the change feed an engine keeps.

/// When the change feed forgets a transaction: once `max_changes` changes newer than it are kept,
/// or `max_age` seconds after it happened. An engine may keep a little more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedLimits {
    /// A transaction followed by so many changes is forgotten.
    pub max_changes: usize,
    /// A transaction older than so many seconds is forgotten.
    pub max_age: i64,
}

impl Default for FeedLimits {
    fn default() -> Self {
        Self { max_changes: 200_000, max_age: 3600 }
    }
}
