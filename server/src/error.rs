//! What can go wrong, and what the caller is told: the one table from situations to HTTP.

use std::cell::RefCell;
use std::fmt::{Display, Formatter};

use dropshot::{Body, ErrorStatusCode, HttpError, HttpResponseError};
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Response, StatusCode};
use schemars::JsonSchema;
use sensu_store::{CommitError, StoreError};
use sensu_types::Invalid;
use serde::{Deserialize, Serialize};

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

/// The body of every answer that is not a success.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "Error")]
pub struct ApiError {
    /// What went wrong, and where possible what to change.
    pub message: String,
    /// What kind of error it is: 0 internal, 1 invalid argument, 2 not found, 3 already exists,
    /// 4 permission denied, 5 unauthenticated, 6 precondition failed.
    #[serde(default)]
    pub code: u32,
    #[serde(skip, default)]
    #[schemars(skip)]
    pub(crate) status: u16,
    #[serde(skip, default)]
    #[schemars(skip)]
    pub(crate) retry_after: Option<u64>,
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        if let Error::Internal(detail) = &error {
            // The request id is part of the span this is logged in.
            tracing::error!(detail, "internal error");
        }
        let (status, code) = error.answer();
        Self {
            message: error.message(),
            code,
            status: status.as_u16(),
            retry_after: error.retry_after(),
        }
    }
}

/// Failures that Dropshot finds by itself: a path or body it cannot extract.
impl From<HttpError> for ApiError {
    fn from(error: HttpError) -> Self {
        let status = error.status_code.as_status();
        let situation = match status {
            StatusCode::NOT_FOUND => Error::not_found(),
            StatusCode::METHOD_NOT_ALLOWED => Error::MethodNotAllowed,
            status if status.is_client_error() => Error::Invalid(error.external_message),
            _ => Error::Internal(error.internal_message),
        };
        situation.into()
    }
}

impl ApiError {
    /// The error response, with the headers that belong to its status.
    pub(crate) fn into_response(self) -> Response<Body> {
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status_code().as_status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"sensu\""));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl Display for ApiError {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (status {}, code {})", self.message, self.status, self.code)
    }
}

tokio::task_local! {
    /// The error that the operation under way failed with. Dropshot hands the front door an opaque
    /// failure; it asks the error for its status on the way, and that is when a copy is left here.
    pub(crate) static FAILED: RefCell<Option<ApiError>>;
}

impl HttpResponseError for ApiError {
    fn status_code(&self) -> ErrorStatusCode {
        let _ = FAILED.try_with(|failed| *failed.borrow_mut() = Some(self.clone()));
        ErrorStatusCode::from_u16(self.status).unwrap_or(ErrorStatusCode::INTERNAL_SERVER_ERROR)
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
