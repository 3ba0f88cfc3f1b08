//! Classifies failures of SQLite: which ones stop the engine, and what callers get.

use rusqlite::{Error, ErrorCode};

use crate::StoreError;

/// Whether the engine must stop after this error.
///
/// Fatal is every error that leaves doubt about the content of the disk, above all a failed sync:
/// the kernel may have dropped the pages it could not write, so a second sync that succeeds proves
/// nothing. Not fatal are errors after which a rollback certainly restores the previous state: disk
/// or memory is full, or another connection holds the lock of the database.
pub(super) fn is_fatal(error: &Error) -> bool {
    let is_recoverable = matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::OutOfMemory
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::OperationInterrupted
                | ErrorCode::TooBig
        )
    );
    !is_recoverable && !is_disk_full(error)
}

/// Whether the disk has no space for the database, its log, or the index of the log, which is not part of
/// the data.
pub(super) fn is_disk_full(error: &Error) -> bool {
    let no_index = error
        .sqlite_error()
        .is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE);
    no_index || error.sqlite_error_code() == Some(ErrorCode::DiskFull)
}

/// The error that callers get.
pub(super) fn store_error(error: &Error) -> StoreError {
    match error {
        error if is_disk_full(error) => StoreError::Full(error.to_string()),
        // From `malformed`: only the message inside is of interest.
        Error::FromSqlConversionFailure(_, _, found) => StoreError::Failed(found.to_string()),
        _ => StoreError::Failed(error.to_string()),
    }
}

/// The error for content that this program cannot have written.
pub(super) fn malformed(what: impl Into<String>) -> Error {
    Error::FromSqlConversionFailure(0, rusqlite::types::Type::Blob, what.into().into())
}
