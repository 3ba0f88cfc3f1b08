//! What can go wrong, and what the caller is told: the one table from situations to HTTP.

mod response;
pub(crate) mod side_channel;

use dropshot::Body;
use http::{Response, StatusCode};
use sensu_store::{CommitError, StoreError};
use sensu_types::Invalid;

pub use response::ApiError;

/// A situation in which an operation cannot do what it was asked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// There is no such object, or no such route.
    NotFound(String),
    /// The object exists already, or something that stands in the way does.
    Exists(String),
    /// `If-Match` or `If-None-Match` does not hold (D36).
    PreconditionFailed(String),
    /// The caller is known but may not do this.
    Denied,
    /// The caller is not known: no credentials, or bad ones.
    Unauthenticated(String),
    /// Too many failed log-ins; seconds until the next may be tried (D17).
    Throttled(u64),
    /// The request breaks a rule; the message says which.
    Invalid(String),
    /// The route does not have this method.
    MethodNotAllowed,
    /// The request body did not arrive in time.
    TooSlow,
    /// The body, or the object it would become, is too large.
    TooLarge(String),
    /// The body is declared to be something other than JSON.
    UnsupportedMediaType(String),
    /// The server cannot do it now but will later: the store is busy or stopped, or time ran out.
    Unavailable(String),
    /// The server failed. The text is for the log only.
    Internal(String),
}

impl Error {
    /// The usual "not found".
    pub fn not_found() -> Self {
        Self::NotFound("not found".into())
    }

    /// The usual conflict.
    pub fn exists() -> Self {
        Self::Exists("resource already exists".into())
    }

    /// The status of the answer and Sensu's numeric code (D4). The whole table.
    pub fn answer(&self) -> (StatusCode, u32) {
        match self {
            Self::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, 0),
            Self::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, 0),
            Self::Invalid(_) => (StatusCode::BAD_REQUEST, 1),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, 1),
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, 1),
            Self::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, 1),
            Self::UnsupportedMediaType(_) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, 1),
            Self::NotFound(_) => (StatusCode::NOT_FOUND, 2),
            Self::Exists(_) => (StatusCode::CONFLICT, 3),
            Self::Denied => (StatusCode::FORBIDDEN, 4),
            Self::Unauthenticated(_) => (StatusCode::UNAUTHORIZED, 5),
            Self::Throttled(_) => (StatusCode::TOO_MANY_REQUESTS, 5),
            Self::PreconditionFailed(_) => (StatusCode::PRECONDITION_FAILED, 6),
        }
    }

    fn message(&self) -> String {
        match self {
            Self::NotFound(text)
            | Self::Exists(text)
            | Self::PreconditionFailed(text)
            | Self::Unauthenticated(text)
            | Self::Invalid(text)
            | Self::TooLarge(text)
            | Self::UnsupportedMediaType(text)
            | Self::Unavailable(text) => text.clone(),
            Self::Denied => "unauthorized to perform action".into(),
            Self::Throttled(seconds) => {
                format!("too many failed log-ins; try again in {seconds} seconds")
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

    /// Seconds after which the caller may try again, for `Retry-After`.
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
            StoreError::Overloaded | StoreError::Stopped(_) => Self::Unavailable(error.to_string()),
            StoreError::Unavailable(detail) => {
                // Names of hosts are nobody's business but the operator's.
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
            // Whoever sets a precondition translates its failure; one that nobody
            // translated is a defect of ours.
            CommitError::Precondition(failed) => {
                Self::Internal(format!("the precondition {failed:?} failed unexpectedly"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_statuses_and_codes() {
        let text = String::from("x");
        let table: Vec<(u16, u32)> = [
            Error::Internal(text.clone()),
            Error::Unavailable(text.clone()),
            Error::Invalid(text.clone()),
            Error::MethodNotAllowed,
            Error::TooSlow,
            Error::TooLarge(text.clone()),
            Error::UnsupportedMediaType(text.clone()),
            Error::NotFound(text.clone()),
            Error::Exists(text.clone()),
            Error::Denied,
            Error::Unauthenticated(text.clone()),
            Error::Throttled(1),
            Error::PreconditionFailed(text),
        ]
        .into_iter()
        .map(|error| (error.answer().0.as_u16(), error.answer().1))
        .collect();
        assert_eq!(
            table,
            [
                (500, 0),
                (503, 0),
                (400, 1),
                (405, 1),
                (408, 1),
                (413, 1),
                (415, 1),
                (404, 2),
                (409, 3),
                (403, 4),
                (401, 5),
                (429, 5),
                (412, 6)
            ]
        );
    }

    #[test]
    fn internal_detail_never_reaches_the_caller() {
        let error = ApiError::from(Error::Internal("disk /dev/sda1 on fire".into()));
        assert_eq!(error.message, "internal error occurred");
    }
}
