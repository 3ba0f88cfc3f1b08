//! Maps failures of the database to the errors that callers get.

use std::error::Error as _;
use std::io;

use deadpool_postgres::{HookError, PoolError};
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use crate::StoreError;

/// The error that callers get.
pub(super) fn store_error(error: Error) -> StoreError {
    if is_transient(&error) {
        StoreError::Unavailable(message(&error))
    } else {
        StoreError::Failed(message(&error))
    }
}

/// The error for a database that accepts no connection or does not respond in time.
pub(super) fn no_response() -> StoreError {
    StoreError::Unavailable("the database does not respond".to_owned())
}

/// The error and its cause in one line.
pub(super) fn message(error: &Error) -> String {
    match error.as_db_error() {
        Some(database) => format!("{} ({})", database.message(), database.code().code()),
        None => match error.source() {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        },
    }
}

/// Whether the same call may succeed later: there is no connection, or the database is starting,
/// stopping, a standby, or out of some resource. None of these errors leaves acknowledged writes in
/// doubt: if PostgreSQL cannot sync, it restarts from its log.
fn is_transient(error: &Error) -> bool {
    let Some(database) = error.as_db_error() else {
        let cause = error.source();
        return error.is_closed() || cause.is_some_and(|cause| cause.is::<io::Error>());
    };
    // Classes: connection, authorization, catalog (the database is being restored), rollback
    // (deadlock, serialization), resources, operator intervention, system error.
    let classes = ["08", "28", "3D", "40", "53", "57", "58"];
    let code = database.code();
    classes.iter().any(|class| code.code().starts_with(class))
        || *code == SqlState::READ_ONLY_SQL_TRANSACTION
        || *code == SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
        || *code == SqlState::LOCK_NOT_AVAILABLE
}

/// The error for a connection that the pool could not provide.
pub(super) fn pool_error(error: PoolError) -> StoreError {
    match error {
        PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => {
            store_error(error)
        }
        PoolError::Closed => closed(),
        PoolError::Timeout(_) => {
            StoreError::Unavailable("timed out waiting for a database connection".to_owned())
        }
        other => StoreError::Failed(other.to_string()),
    }
}

/// The error after the store was closed.
pub(super) fn closed() -> StoreError {
    StoreError::Stopped("closed".to_owned())
}

/// The error for content that this program cannot have written.
pub(super) fn malformed(what: impl Into<String>) -> StoreError {
    StoreError::Failed(what.into())
}
