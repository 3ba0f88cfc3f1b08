//! The durability setting of the persistent engines.

/// Which failures an acknowledged write survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// The write is on disk: it survives a power loss immediately after the acknowledgement.
    #[default]
    Disk,
    /// The operating system (or PostgreSQL) has the write: it survives the end of the process. A
    /// power loss may undo the most recent transactions, whole ones and newest first.
    Relaxed,
}
