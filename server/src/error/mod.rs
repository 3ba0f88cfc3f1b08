//! Errors: the situations in which an operation fails.
//!
//! [`Error`] names the situation, [`table`] maps it to status and code, [`ApiError`] is the
//! response.

mod reason;
mod response;
pub(crate) mod side_channel;
pub(crate) mod table;

use std::any::Any;

use dropshot::Body;
use http::Response;
use sensu_decode::DecodeError;
use sensu_store::{CommitError, StoreError};
use sensu_types::namespace::Namespace;
use sensu_types::{Invalid, Resource};

use reason::Reason;
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
    NotFound(Reason),
    /// The object already exists, or another object prevents the operation.
    Exists(Reason),
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
    Invalid(Reason),
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
        let message = format!("{NOT_FOUND}: {}", object::<T>(namespace, name));
        Self::NotFound(Reason::about(message, T::PLURAL, shortened(name)))
    }

    /// [`Error::Exists`] for an object; see [`Error::object_not_found`].
    pub(crate) fn object_exists<T: Resource>(namespace: &str, name: &str) -> Self {
        let message = format!("resource already exists: {}", object::<T>(namespace, name));
        Self::Exists(Reason::about(message, T::PLURAL, shortened(name)))
    }

    /// [`Error::NotFound`] for the namespace of a request.
    pub(crate) fn namespace_not_found(namespace: &str) -> Self {
        let message = format!("namespace {:?} not found", shortened(namespace));
        Self::NotFound(Reason::about(message, Namespace::PLURAL, shortened(namespace)))
    }

    /// [`Error::Invalid`] with a message.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid(message.into().into())
    }

    /// [`Error::Invalid`] for the value at a JSON pointer; other errors as they are.
    #[must_use]
    pub(crate) fn at(self, pointer: &str) -> Self {
        match self {
            Self::Invalid(reason) => {
                Self::Invalid(Reason { field: Some(pointer.to_owned()), ..reason })
            }
            other => other,
        }
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
            Self::NotFound(reason) | Self::Exists(reason) | Self::Invalid(reason) => {
                reason.message.clone()
            }
            Self::PreconditionFailed(text)
            | Self::Unauthenticated(text)
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

    /// What the error is about; its message is [`Error::message`].
    fn reason(self) -> Reason {
        match self {
            Self::NotFound(reason) | Self::Exists(reason) | Self::Invalid(reason) => reason,
            other => other.message().into(),
        }
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
        Self::Invalid(why.into())
    }
}

impl From<DecodeError> for Error {
    fn from(why: DecodeError) -> Self {
        Self::Invalid(Reason { message: why.message, field: why.field, ..Reason::default() })
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
    let (noun, name) = (T::NOUN, shortened(name));
    match namespace {
        "" => format!("{noun} {name:?}"),
        _ => format!("{noun} {name:?} in namespace {:?}", shortened(namespace)),
    }
}

/// The beginning of a name. Names in URLs have any length.
fn shortened(name: &str) -> &str {
    let end = name.char_indices().nth(MAX_NAME).map_or(name.len(), |(end, _)| end);
    name.get(..end).unwrap_or_default()
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
        let body = ApiError::from(Error::object_exists::<ClusterRole>("", "admin"));
        let (resource, name) = (body.resource.as_deref(), body.name.as_deref());
        assert_eq!((resource, name, body.field), (Some("clusterroles"), Some("admin"), None));
        let long = Error::object_not_found::<ClusterRole>("", &"x".repeat(60_000)).message();
        assert!(long.len() < 600);
    }

    #[test]
    fn internal_detail_is_not_sent() {
        let error = ApiError::from(Error::Internal("disk /dev/sda1 on fire".into()));
        assert_eq!(error.message, "internal error occurred");
    }
}
