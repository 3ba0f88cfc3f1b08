//! Transactions: preconditions and operations.

use bytes::Bytes;

use crate::{Key, Prefix, Revision, StoreError};

/// Maximum size of a value: 64 MiB.
///
/// Far above every request limit of the server. It keeps an engine from reaching a limit of its
/// medium in the middle of a commit.
pub const MAX_VALUE_BYTES: usize = 64 << 20;

/// A condition for committing a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// No entry exists under the key.
    Absent(Key),
    /// An entry exists under the key.
    Present(Key),
    /// The entry under the key exists and was written by this revision.
    At(Key, Revision),
    /// No entry exists below the prefix.
    Empty(Prefix),
}

/// One write of a transaction.
#[derive(Clone, Debug)]
pub enum Operation {
    /// Stores the value, replacing the present entry.
    Put {
        /// The key.
        key: Key,
        /// The value, at most [`MAX_VALUE_BYTES`].
        value: Bytes,
        /// Application-defined flags, stored beside the value.
        flags: u32,
        /// Expiry time in seconds since 1970-01-01 UTC; `None` for never.
        expires_at: Option<i64>,
    },
    /// Deletes the key. Does nothing if there is no entry.
    Delete(Key),
    /// Deletes all keys below the prefix.
    DeletePrefix(Prefix),
}

/// A transaction: if all preconditions hold, all operations are applied atomically and in order.
#[derive(Clone, Debug, Default)]
pub struct Txn {
    /// Evaluated in order, before the first operation.
    pub preconditions: Vec<Precondition>,
    /// Applied in order.
    pub operations: Vec<Operation>,
}

impl Precondition {
    /// The collection of its key or prefix; empty for [`Prefix::all`].
    #[must_use]
    pub fn collection(&self) -> &str {
        match self {
            Self::Absent(key) | Self::Present(key) | Self::At(key, _) => key.collection(),
            Self::Empty(prefix) => prefix.collection(),
        }
    }
}

impl Txn {
    /// Approximate memory use while it waits in a queue, in bytes.
    pub(crate) fn weight(&self) -> usize {
        let preconditions = self.preconditions.iter().map(|precondition| match precondition {
            Precondition::Absent(key) | Precondition::Present(key) | Precondition::At(key, _) => {
                key.as_bytes().len()
            }
            Precondition::Empty(prefix) => prefix.as_bytes().len(),
        });
        let operations = self.operations.iter().map(|operation| match operation {
            Operation::Put { key, value, .. } => key.as_bytes().len() + value.len(),
            Operation::Delete(key) => key.as_bytes().len(),
            Operation::DeletePrefix(prefix) => prefix.as_bytes().len(),
        });
        preconditions.chain(operations).map(|bytes| bytes + 64).sum::<usize>() + 64
    }

    /// Rejects values above [`MAX_VALUE_BYTES`].
    pub(crate) fn check_limits(&self) -> Result<(), StoreError> {
        let too_large = |operation: &Operation| matches!(operation, Operation::Put { value, .. } if value.len() > MAX_VALUE_BYTES);
        if self.operations.iter().any(too_large) {
            return Err(StoreError::Failed(format!(
                "a value is larger than {MAX_VALUE_BYTES} bytes"
            )));
        }
        Ok(())
    }
}
