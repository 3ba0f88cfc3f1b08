//! Errors: their messages, and the conditions that commands react to.

use std::fmt;

use anyhow::anyhow;
use percent_encoding::percent_decode_str;
use sensu_client::{Error, ErrorCode, StatusCode};

use crate::escape;

/// `diff` found differences and has printed them. Not a failure; the exit code is 1.
#[derive(Debug)]
pub(crate) struct Differences;

impl fmt::Display for Differences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there are differences")
    }
}

impl std::error::Error for Differences {}

/// Adds the object to an error that does not name it: Sensu responds only `not found`.
pub(crate) fn with_context(path: &str, error: anyhow::Error) -> anyhow::Error {
    if error.to_string() != "not found" {
        return error;
    }
    error.context(object_at(path))
}

/// Names the object in an error for creating one that exists already, if the error does not: released
/// Sensu backends respond only `resource already exists`, or only the name.
pub(crate) fn with_conflict(path: &str, name: &str, error: anyhow::Error) -> anyhow::Error {
    const MESSAGE: &str = "resource already exists";
    let is_conflict =
        error.downcast_ref::<Error>().and_then(Error::code) == Some(ErrorCode::AlreadyExists);
    match error.to_string() {
        text if is_conflict && text == name => anyhow!(MESSAGE).context(object_at(path)),
        text if text == MESSAGE => error.context(object_at(path)),
        _ => error,
    }
}

/// The object at a path: `checks/check-cpu in namespace "default"`.
fn object_at(path: &str) -> String {
    let path = percent_decode_str(path.trim_start_matches('/')).decode_utf8_lossy();
    match path.strip_prefix("namespaces/").and_then(|rest| rest.split_once('/')) {
        Some((namespace, object)) => format!("{object} in namespace {namespace:?}"),
        None => path.into_owned(),
    }
}

/// The message of an error and its causes, separated by colons, with control characters escaped. Causes
/// below an [`Error`] are left out: they repeat it.
pub(crate) fn message(error: &anyhow::Error) -> String {
    let mut parts = Vec::new();
    for cause in error.chain() {
        parts.push(cause.to_string());
        match cause.downcast_ref::<Error>() {
            Some(Error::Transport(failed)) => {
                let origin = failed.url().map(|url| url.origin().ascii_serialization());
                parts.extend(origin.map(|origin| format!("at {origin}")));
                break;
            }
            Some(_) => break,
            None => {}
        }
    }
    escape::for_terminal(&parts.join(": "))
}

/// Whether the object does not exist.
pub(crate) fn is_not_found(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<Error>();
    error.and_then(Error::code) == Some(ErrorCode::NotFound)
}

/// Whether another client has changed the object since it was read (412).
pub(crate) fn is_precondition_failed(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<Error>();
    error.and_then(Error::status) == Some(StatusCode::PRECONDITION_FAILED)
}
