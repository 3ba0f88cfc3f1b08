//! Bytes under keys, with revisions.

mod key;
mod store;

pub use key::{BadKey, Key, Prefix};
pub use store::{
    Change, ChangesError, Clock, CommitError, Entry, Health, Operation, Precondition, Revision,
    Scan, Store, StoreError, SystemClock, Txn,
};
