//! Which failures an engine survives.

use rusqlite::{Error, ErrorCode};

use crate::StoreError;

/// Whether the engine must stop after this error.
///
/// Everything is fatal that leaves doubt about what is on the disk, above all a failed sync: the
/// kernel may have dropped the pages it could not write, so a second sync that succeeds proves
/// nothing. Survivable are errors after which a rollback leaves what was there before, for sure:
/// nothing more fits on the disk or into memory, someone else holds the database's lock.
pub(super) fn fatal(error: &Error) -> bool {
    !matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DiskFull
                | ErrorCode::OutOfMemory
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::OperationInterrupted
                | ErrorCode::TooBig
        )
    )
}

/// The error as callers see it.
pub(super) fn failed(error: &Error) -> StoreError {
    match error {
        error if error.sqlite_error_code() == Some(ErrorCode::DiskFull) => {
            StoreError::Full(error.to_string())
        }
        // Our own finding: the wrapping says nothing.
        Error::FromSqlConversionFailure(_, _, found) => StoreError::Failed(found.to_string()),
        _ => StoreError::Failed(error.to_string()),
    }
}

/// The database holds something that none of our writes can have put there.
pub(super) fn malformed(what: impl Into<String>) -> Error {
    Error::FromSqlConversionFailure(0, rusqlite::types::Type::Blob, what.into().into())
}
