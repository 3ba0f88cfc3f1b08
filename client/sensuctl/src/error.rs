//! What goes wrong: in words, and what commands can do about it.

use percent_encoding::percent_decode_str;
use sensu_client::{Error, ErrorCode, StatusCode};

/// Says what is not there, where the server says only that something is not.
pub(crate) fn at(path: &str, error: anyhow::Error) -> anyhow::Error {
    let says_nothing = error.to_string() == "not found";
    let path = percent_decode_str(path.trim_start_matches('/')).decode_utf8_lossy();
    let inside = path.strip_prefix("namespaces/").and_then(|rest| rest.split_once('/'));
    match inside {
        _ if !says_nothing => error,
        Some((namespace, thing)) => error.context(format!("{thing} in namespace {namespace:?}")),
        None => error.context(path.into_owned()),
    }
}

/// An error in words: what was tried, and why it failed. What a library says below that adds nothing.
pub(crate) fn told(error: &anyhow::Error) -> String {
    let mut words = Vec::new();
    for cause in error.chain() {
        words.push(cause.to_string());
        match cause.downcast_ref::<Error>() {
            Some(Error::Transport(failed)) => {
                let place = failed.url().map(|url| url.origin().ascii_serialization());
                words.extend(place.map(|place| format!("at {place}")));
                break;
            }
            Some(_) => break,
            None => {}
        }
    }
    words.join(": ")
}

/// Whether what was asked for is not there.
pub(crate) fn is_missing(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<Error>();
    error.and_then(Error::code) == Some(ErrorCode::NotFound)
}

/// Whether the object was not the one that was read.
pub(crate) fn is_stale(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<Error>();
    error.and_then(Error::status) == Some(StatusCode::PRECONDITION_FAILED)
}
