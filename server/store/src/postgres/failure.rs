//! What a failure of the database means for a caller.

use std::error::Error as _;
use std::io;

use deadpool_postgres::{HookError, PoolError};
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use crate::StoreError;

/// The error as callers see it.
pub(super) fn told(error: Error) -> StoreError {
    if passing(&error) {
        StoreError::Unavailable(text(&error))
    } else {
        StoreError::Failed(text(&error))
    }
}

/// The error in one line, with what caused it.
pub(super) fn text(error: &Error) -> String {
    match error.as_db_error() {
        Some(said) => format!("{} ({})", said.message(), said.code().code()),
        None => match error.source() {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        },
    }
}

/// Whether the same may well succeed later, without anybody changing what is asked: the
/// connection was lost or not made, the database starts, stops, is a standby or out of some
/// resource. Nothing is in doubt after any of these that was acknowledged: PostgreSQL itself
/// restarts from its log when it cannot sync.
fn passing(error: &Error) -> bool {
    let Some(said) = error.as_db_error() else {
        let cause = error.source();
        return error.is_closed() || cause.is_some_and(|cause| cause.is::<io::Error>());
    };
    // Classes: connection, authorization, catalog (the database is being restored), rollback
    // (deadlock, serialization), resources, operator intervention, system error.
    let classes = ["08", "28", "3D", "40", "53", "57", "58"];
    let code = said.code();
    classes.iter().any(|class| code.code().starts_with(class))
        || *code == SqlState::READ_ONLY_SQL_TRANSACTION
        || *code == SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
        || *code == SqlState::LOCK_NOT_AVAILABLE
}

/// No connection could be had.
pub(super) fn unpooled(error: PoolError) -> StoreError {
    match error {
        PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => {
            told(error)
        }
        PoolError::Closed => closed(),
        PoolError::Timeout(_) => {
            StoreError::Unavailable("no connection to the database in time".to_owned())
        }
        other => StoreError::Failed(other.to_string()),
    }
}

/// The store was closed.
pub(super) fn closed() -> StoreError {
    StoreError::Stopped("closed".to_owned())
}

/// The database holds something that none of our writes can have put there.
pub(super) fn malformed(what: impl Into<String>) -> StoreError {
    StoreError::Failed(what.into())
}
