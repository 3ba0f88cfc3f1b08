//! Errors: the situations in which an operation fails.
//!
//! [`Error`] names the situation, [`table`] maps it to status and code, [`ApiError`] is the
//! response.

mod response;
pub(crate) mod side_channel;
pub(crate) mod table;

use std::any::Any;

use dropshot::Body;
use http::Response;
use sensu_store::{CommitError, StoreError};
use sensu_types::{Invalid, Resource};

pub use response::ApiError;
pub(crate) use response::StreamAborted;

const NOT_FOUND: &str = "not found";

/// Maximum length of a name in a message, in characters.
const MAX_NAME: usize = 500;

/// `WWW-Authenticate` of operations that require a token.
pub(crate) const BEARER: &str = "Bearer realm=\"sensu\"";

/// A situation in which an operation fails. Texts are messages for clients, unless stated
/// otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The object, the namespace or the path does not exist.
    NotFound(String),
    /// The object already exists, or another object prevents the operation.
    Exists(String),
    /// `If-Match` or `If-None-Match` does not hold (D36).
    PreconditionFailed(String),
    /// No role of the caller allows the operation.
    Denied,
    /// The credentials are missing, wrong or expired.
    Unauthenticated(String),
    /// User name and password are missing or wrong.
    BadLogin,
    /// Too many failed or concurrent logins. Contains the seconds until the next attempt (D17).
    Throttled(u64),
    /// The request breaks a rule, which the message names.
    Invalid(String),
    /// The path does not support the method.
    MethodNotAllowed,
    /// The request body did not arrive in time.
    TooSlow,
    /// The request body, or the object that it describes, is too large.
    TooLarge(String),
    /// The media type of the request body is not JSON.
    UnsupportedMediaType(String),
    /// The server temporarily cannot process the request: the store is busy or stopped, or time ran
    /// out.
    Unavailable(String),
    /// The server failed. The text is for the log and is not sent.
    Internal(String),
}

impl Error {
    /// [`Error::NotFound`] for a path.
    pub fn not_found() -> Self {
        Self::NotFound(NOT_FOUND.into())
    }

    /// [`Error::NotFound`] for an object. The message is that of Sensu Go, and the object (D4). `namespace` is
    /// empty for cluster-wide kinds.
    pub(crate) fn object_not_found<T: Resource>(namespace: &str, name: &str) -> Self {
        Self::NotFound(format!("{NOT_FOUND}: {}", object::<T>(namespace, name)))
    }

    /// [`Error::Exists`] for an object; see [`Error::object_not_found`].
    pub(crate) fn object_exists<T: Resource>(namespace: &str, name: &str) -> Self {
        Self::Exists(format!("resource already exists: {}", object::<T>(namespace, name)))
    }

    /// [`Error::Unauthenticated`] for an access token after its expiry.
    pub(crate) fn access_token_expired() -> Self {
        Self::Unauthenticated("the access token has expired".into())
    }

    /// [`Error::PreconditionFailed`] for an `If-Match` that does not name the stored state.
    pub(crate) fn if_match_failed() -> Self {
        let message = "the object is not in the state that If-Match names; fetch it again";
        Self::PreconditionFailed(message.into())
    }

    /// [`Error::TooLarge`] for a request body of more than `limit` bytes.
    pub(crate) fn body_too_large(limit: usize) -> Self {
        Self::TooLarge(format!("the request body is larger than {limit} bytes"))
    }

    /// [`Error::UnsupportedMediaType`] for the media type of a request body.
    pub(crate) fn unsupported_media_type(media_type: &str) -> Self {
        Self::UnsupportedMediaType(format!(
            "content type {media_type:?} is not supported; send application/json"
        ))
    }

    /// [`Error::UnsupportedMediaType`] for a compressed request body.
    pub(crate) fn unsupported_encoding(encoding: &str) -> Self {
        Self::UnsupportedMediaType(format!(
            "content encoding {encoding:?} is not supported; send the body uncompressed"
        ))
    }

    /// [`Error::Internal`] for a panic of an operation.
    pub(crate) fn panicked(panic: &(dyn Any + Send)) -> Self {
        let message = panic.downcast_ref::<&str>().copied();
        let message = message.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        Self::Internal(format!("an operation panicked: {}", message.unwrap_or("no message")))
    }

    /// The message for the client.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::NotFound(text)
            | Self::Exists(text)
            | Self::PreconditionFailed(text)
            | Self::Unauthenticated(text)
            | Self::Invalid(text)
            | Self::TooLarge(text)
            | Self::UnsupportedMediaType(text)
            | Self::Unavailable(text) => text.clone(),
            Self::BadLogin => "bad credentials".into(),
            Self::Denied => "unauthorized to perform action".into(),
            Self::Throttled(seconds) => {
                format!("too many failed or concurrent logins; try again in {seconds} seconds")
            }
            Self::MethodNotAllowed => "method not allowed".into(),
            Self::TooSlow => "the request body did not arrive in time".into(),
            Self::Internal(_) => "internal error occurred".into(),
        }
    }

    /// The error response; see [`ApiError::into_response`].
    pub(crate) fn into_response(self) -> Response<Body> {
        ApiError::from(self).into_response()
    }

    /// The message for the operator of the server, with internal detail.
    pub(crate) fn operator_message(self) -> String {
        match self {
            Self::Internal(detail) => detail,
            other => other.message(),
        }
    }

    /// [`Error::operator_message`] as the error of a command.
    pub(crate) fn operator_error(self) -> anyhow::Error {
        anyhow::anyhow!(self.operator_message())
    }

    /// The value of `WWW-Authenticate`.
    fn challenge(&self) -> Option<&'static str> {
        match self {
            Self::Unauthenticated(_) => Some(BEARER),
            Self::BadLogin => Some("Basic realm=\"sensu\""),
            _ => None,
        }
    }

    /// The value of `Retry-After`, in seconds.
    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Throttled(seconds) => Some(*seconds),
            Self::Unavailable(_) => Some(1),
            _ => None,
        }
    }
}

impl From<Invalid> for Error {
    fn from(why: Invalid) -> Self {
        Self::Invalid(why.0)
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Overloaded => Self::Unavailable(error.to_string()),
            StoreError::Stopped(detail) => {
                // The detail is text of the database or the operating system, for the operator only.
                tracing::warn!(detail, "the store is stopped");
                Self::Unavailable("the store is stopped".to_owned())
            }
            StoreError::Unavailable(detail) => {
                // The detail has host names, which only the operator may see.
                tracing::warn!(detail, "the store cannot be reached");
                Self::Unavailable("the store cannot be reached; try again".to_owned())
            }
            StoreError::Full(detail) => {
                tracing::error!(detail, "the disk of the store is full");
                Self::Unavailable("the disk of the store is full: nothing was written".to_owned())
            }
            StoreError::Failed(detail) => Self::Internal(detail),
        }
    }
}

impl From<CommitError> for Error {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Store(error) => error.into(),
            // Code that sets a precondition maps its failure to an error; this one was not mapped.
            CommitError::Precondition(failed) => {
                Self::Internal(format!("the precondition {failed:?} failed unexpectedly"))
            }
        }
    }
}

/// Kind, name and namespace of an object, for messages.
fn object<T: Resource>(namespace: &str, name: &str) -> String {
    // Names in URLs have any length.
    let quoted = |text: &str| format!("{:?}", text.chars().take(MAX_NAME).collect::<String>());
    match namespace {
        "" => format!("{} {}", T::NOUN, quoted(name)),
        _ => format!("{} {} in namespace {}", T::NOUN, quoted(name), quoted(namespace)),
    }
}

#[cfg(test)]
mod tests {
    use sensu_types::event::Event;
    use sensu_types::role::ClusterRole;

    use super::*;

    #[test]
    fn messages_name_the_object() {
        assert_eq!(
            Error::object_not_found::<Event>("default", "web/c\"pu").message(),
            r#"not found: event "web/c\"pu" in namespace "default""#
        );
        assert_eq!(
            Error::object_exists::<ClusterRole>("", "admin").message(),
            r#"resource already exists: cluster role "admin""#
        );
        let long = Error::object_not_found::<ClusterRole>("", &"x".repeat(60_000)).message();
        assert!(long.len() < 600);
    }

    #[test]
    fn internal_detail_is_not_sent() {
        let error = ApiError::from(Error::Internal("disk /dev/sda1 on fire".into()));
        assert_eq!(error.message, "internal error occurred");
    }
}
