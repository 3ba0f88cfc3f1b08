//! [`Error`]: the error type of this crate.

use futures::FutureExt as _;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use crate::OperationError;
use crate::config::ConfigError;
use crate::generated::types;

/// Error of any call.
///
/// Generated operations return [`OperationError`], which `?` converts to this type.
///
/// ```no_run
/// # async fn example(client: sensu_client::Client) -> Result<(), sensu_client::Error> {
/// use sensu_client::{Error, ErrorCode};
///
/// match client.check_get().name("check-cpu").send().await.map_err(Error::from) {
///     Ok(check) => println!("{:?}", check.command),
///     Err(error) if error.code() == Some(ErrorCode::NotFound) => println!("no such check"),
///     Err(error) => return Err(error),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server responded with an error status (400 to 599).
    #[error("{message}")]
    Api {
        /// HTTP status.
        status: StatusCode,
        /// Error code in the body, if there is one.
        code: Option<ErrorCode>,
        /// The server's message; the reason phrase of the status if the body is empty.
        message: String,
        /// What the error is about. Released Sensu backends do not send it.
        details: Box<ErrorDetails>,
        /// Value of the header `X-Request-Id`, which the server logs with the request.
        request_id: Option<String>,
    },
    /// There is no complete response: DNS, connection, TLS, timeout.
    #[error("cannot reach the server: {}", root_cause(.0))]
    Transport(#[from] reqwest::Error),
    /// The response body does not have the documented form.
    #[error("invalid response: {0}")]
    InvalidResponse(String),
    /// An argument or a setting of the builder is invalid.
    #[error("{0}")]
    InvalidInput(String),
    /// The client has no tokens and no credentials to fetch some.
    #[error("not logged in")]
    NotLoggedIn,
    /// The Tokio runtime stopped before the tokens were refreshed.
    #[error("the token refresh was interrupted: {0}")]
    Interrupted(#[source] tokio::task::JoinError),
    /// The configuration directory or a CA file cannot be read or written.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// What an error response is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorDetails {
    /// Resource of the object that does not exist or already exists: `checks`.
    pub resource: Option<String>,
    /// Name of that object.
    pub name: Option<String>,
    /// JSON pointer to the invalid value in the request body: `/metadata/name`.
    pub field: Option<String>,
}

/// Error code in the body of an error response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// 0: internal error of the server.
    Internal,
    /// 1: the request is invalid.
    InvalidArgument,
    /// 2: the object does not exist.
    NotFound,
    /// 3: the object already exists.
    AlreadyExists,
    /// 4: the caller's roles do not allow the request.
    PermissionDenied,
    /// 5: credentials are missing, wrong or expired.
    Unauthenticated,
    /// 6: a precondition (`If-Match`, `If-None-Match`) failed.
    PreconditionFailed,
    /// A code that this version of the crate does not know.
    Other(i64),
}

impl From<i64> for ErrorCode {
    fn from(number: i64) -> Self {
        match number {
            0 => Self::Internal,
            1 => Self::InvalidArgument,
            2 => Self::NotFound,
            3 => Self::AlreadyExists,
            4 => Self::PermissionDenied,
            5 => Self::Unauthenticated,
            6 => Self::PreconditionFailed,
            other => Self::Other(other),
        }
    }
}

impl ErrorCode {
    /// The number in the response body.
    #[must_use]
    pub fn number(self) -> i64 {
        match self {
            Self::Internal => 0,
            Self::InvalidArgument => 1,
            Self::NotFound => 2,
            Self::AlreadyExists => 3,
            Self::PermissionDenied => 4,
            Self::Unauthenticated => 5,
            Self::PreconditionFailed => 6,
            Self::Other(number) => number,
        }
    }

    /// The code for an error response whose body has none.
    pub(crate) fn for_status(status: StatusCode) -> Self {
        match status {
            StatusCode::BAD_REQUEST => Self::InvalidArgument,
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::CONFLICT => Self::AlreadyExists,
            StatusCode::FORBIDDEN => Self::PermissionDenied,
            StatusCode::UNAUTHORIZED => Self::Unauthenticated,
            StatusCode::PRECONDITION_FAILED => Self::PreconditionFailed,
            _ => Self::Internal,
        }
    }
}

impl Error {
    /// HTTP status of the response; `None` if the error is not [`Error::Api`].
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Api { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Error code in the response body; `None` if there is none.
    #[must_use]
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Api { code, .. } => *code,
            _ => None,
        }
    }
}

impl From<OperationError<types::ErrorResponse>> for Error {
    fn from(error: OperationError<types::ErrorResponse>) -> Self {
        match error {
            OperationError::ErrorResponse(response) => Self::Api {
                status: response.status(),
                code: Some(response.code.into()),
                message: response.message.clone(),
                details: Box::new(ErrorDetails {
                    resource: response.resource.clone(),
                    name: response.name.clone(),
                    field: response.field.clone(),
                }),
                request_id: request_id(response.headers()),
            },
            OperationError::UnexpectedResponse(response) => {
                let (status, headers) = (response.status(), response.headers().clone());
                // `normalize_error` has buffered the body, so the future is ready.
                let body = response.bytes().now_or_never().and_then(Result::ok).unwrap_or_default();
                Self::from_response(status, &headers, &body)
            }
            OperationError::CommunicationError(error)
            | OperationError::InvalidUpgrade(error)
            | OperationError::ResponseBodyError(error) => Self::Transport(error),
            OperationError::InvalidResponsePayload(_, error) => {
                Self::InvalidResponse(error.to_string())
            }
            OperationError::InvalidRequest(text) | OperationError::Custom(text) => {
                Self::InvalidInput(text)
            }
        }
    }
}

pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    headers.get("x-request-id")?.to_str().ok().map(str::to_owned)
}

/// The innermost source: the outer errors of reqwest only repeat that the request failed.
fn root_cause(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "timeout".into();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_codes_round_trip() {
        for number in 0..9 {
            assert_eq!(ErrorCode::from(number).number(), number);
        }
        assert_eq!(ErrorCode::from(7), ErrorCode::Other(7));
    }
}
