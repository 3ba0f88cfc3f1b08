//! Bytes under keys, with revisions.

mod clock;
mod feed;
mod key;
mod memory;
pub mod sqlite;
mod store;

pub use clock::{Clock, ManualClock, SystemClock};
pub use feed::FeedLimits;
pub use key::{BadKey, Key, Prefix};
pub use memory::MemoryStore;
pub use store::{
    Change, ChangesError, CommitError, Entry, Health, MAX_VALUE_BYTES, Operation, Precondition,
    Revision, Scan, Store, StoreError, Txn,
};
