//! [`Error`]: the error type of this crate, and the parsing of error responses.

use bytes::Bytes;
use futures::FutureExt as _;
use reqwest::header::HeaderMap;
use reqwest::{Response, StatusCode, Version};
use serde_json::Value;

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
    fn for_status(status: StatusCode) -> Self {
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

    pub(crate) fn from_response(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let (message, code) = parse_error_body(status, body);
        Self::Api { status, code, message, request_id: request_id(headers) }
    }
}

impl From<OperationError<types::Error>> for Error {
    fn from(error: OperationError<types::Error>) -> Self {
        match error {
            OperationError::ErrorResponse(response) => Self::Api {
                status: response.status(),
                code: Some(response.code.into()),
                message: response.message.clone(),
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

fn request_id(headers: &HeaderMap) -> Option<String> {
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

/// Message and code of an error body. Released Sensu backends capitalize the field names of some
/// errors, and send others as plain text.
fn parse_error_body(status: StatusCode, body: &[u8]) -> (String, Option<ErrorCode>) {
    if let Ok(Value::Object(fields)) = serde_json::from_slice(body) {
        let field = |name| fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        let message = field("message").and_then(|(_, value)| value.as_str());
        if let Some(message) = message {
            let code = field("code").and_then(|(_, value)| value.as_i64());
            return (message.to_owned(), code.map(ErrorCode::from));
        }
    }
    let text = String::from_utf8_lossy(body).trim().to_owned();
    match text.is_empty() {
        true => (status.canonical_reason().unwrap_or("no reason given").to_lowercase(), None),
        false => (text, None),
    }
}

/// Replaces the body of an error response by the documented form, because generated operations
/// decode no other one.
pub(crate) async fn normalize_error(response: Response) -> reqwest::Result<Response> {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return Ok(response);
    }
    let (version, headers) = (response.version(), response.headers().clone());
    let (message, code) = parse_error_body(status, &response.bytes().await?);
    Ok(build_response(version, status, headers, error_body(&message, code, status)))
}

/// An error response that does not come from the server.
pub(crate) fn error_response(
    status: StatusCode,
    message: &str,
    code: Option<ErrorCode>,
) -> Response {
    let body = error_body(message, code, status);
    build_response(Version::HTTP_11, status, HeaderMap::new(), body)
}

fn error_body(message: &str, code: Option<ErrorCode>, status: StatusCode) -> Bytes {
    let code = code.unwrap_or_else(|| ErrorCode::for_status(status)).number();
    serde_json::json!({ "message": message, "code": code }).to_string().into()
}

pub(crate) fn build_response(
    version: Version,
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut response = http::Response::new(body);
    *response.version_mut() = version;
    (*response.status_mut(), *response.headers_mut()) = (status, headers);
    response.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_bodies_of_every_form_have_a_message() {
        let parse = |body: &str| parse_error_body(StatusCode::UNAUTHORIZED, body.as_bytes());
        let unauthenticated = Some(ErrorCode::Unauthenticated);
        assert_eq!(parse(r#"{"message":"no","code":5}"#), ("no".into(), unauthenticated));
        assert_eq!(parse(r#"{"Code":5,"Message":"bad credentials"}"#).0, "bad credentials");
        assert_eq!(parse("Request unauthorized\n"), ("Request unauthorized".into(), None));
        assert_eq!(parse(""), ("unauthorized".into(), None));
        assert_eq!(parse("[1]"), ("[1]".into(), None));
    }

    #[test]
    fn error_codes_round_trip() {
        for number in 0..9 {
            assert_eq!(ErrorCode::from(number).number(), number);
        }
        assert_eq!(ErrorCode::from(7), ErrorCode::Other(7));
    }
}
