//! What can go wrong, in one type for every call.

use bytes::Bytes;
use futures::FutureExt as _;
use reqwest::header::HeaderMap;
use reqwest::{Response, StatusCode, Version};
use serde_json::Value;

use crate::config::ConfigError;
use crate::generated::types;

/// Why a call failed.
///
/// The generated operations have an error type of their own, [`Error`](crate::Error); `?` turns it
/// into this one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// The server said no.
    #[error("{message}")]
    Refused {
        /// The status of the answer.
        status: StatusCode,
        /// What kind of error it is, if the server said so.
        code: Option<Code>,
        /// The server's message.
        message: String,
        /// What the server's log calls the request, if it said so.
        request_id: Option<String>,
    },
    /// The server could not be reached, or did not answer in time.
    #[error("cannot reach the server: {}", cause(.0))]
    Unreachable(#[from] reqwest::Error),
    /// The answer is not what the API promises.
    #[error("cannot read the server's answer: {0}")]
    Unreadable(String),
    /// The request cannot be made from what was given.
    #[error("{0}")]
    Invalid(String),
    /// There are no tokens to renew or give up.
    #[error("not logged in")]
    NotLoggedIn,
    /// The configuration directory cannot be read or written.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// What kind of error an answer is: the number in its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Code {
    /// 0: the server failed.
    Internal,
    /// 1: the request breaks a rule.
    InvalidArgument,
    /// 2: there is no such object.
    NotFound,
    /// 3: the object exists already.
    AlreadyExists,
    /// 4: the caller may not do this.
    PermissionDenied,
    /// 5: the caller is not known.
    Unauthenticated,
    /// 6: the object is not as the caller thought.
    PreconditionFailed,
    /// A number that this library does not know.
    Other(i64),
}

impl From<i64> for Code {
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

impl Code {
    /// The number on the wire.
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
}

impl ApiError {
    /// The status of the answer, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// What kind of error the server called it, if it did.
    #[must_use]
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Refused { code, .. } => *code,
            _ => None,
        }
    }

    /// What an answer that is not a success says.
    pub(crate) fn refused(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let (message, code) = told(status, body);
        let request_id = headers.get("x-request-id").and_then(|id| id.to_str().ok());
        Self::Refused {
            status,
            code: code.map(Code::from),
            message,
            request_id: request_id.map(str::to_owned),
        }
    }
}

impl From<crate::Error<types::Error>> for ApiError {
    fn from(error: crate::Error<types::Error>) -> Self {
        use crate::Error;
        match error {
            Error::ErrorResponse(answer) => {
                let request_id = answer.headers().get("x-request-id");
                Self::Refused {
                    status: answer.status(),
                    code: Some(answer.code.into()),
                    message: answer.message.clone(),
                    request_id: request_id.and_then(|id| id.to_str().ok()).map(str::to_owned),
                }
            }
            Error::UnexpectedResponse(answer) => {
                let (status, headers) = (answer.status(), answer.headers().clone());
                // Bodies of errors have been read when they get here: nothing is waited for.
                let body = answer.bytes().now_or_never().and_then(Result::ok).unwrap_or_default();
                Self::refused(status, &headers, &body)
            }
            Error::CommunicationError(error)
            | Error::InvalidUpgrade(error)
            | Error::ResponseBodyError(error) => Self::Unreachable(error),
            Error::InvalidResponsePayload(_, error) => Self::Unreadable(error.to_string()),
            Error::InvalidRequest(text) | Error::Custom(text) => Self::Invalid(text),
        }
    }
}

/// The innermost reason: the outer ones say only that a request failed.
fn cause(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".into();
    }
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

/// The message and the code of an error's body. Released Sensu backends write some of theirs with
/// capitals, and some as text.
pub(crate) fn told(status: StatusCode, body: &[u8]) -> (String, Option<i64>) {
    if let Ok(Value::Object(fields)) = serde_json::from_slice(body) {
        let field = |name| fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        let message = field("message").and_then(|(_, value)| value.as_str());
        if let Some(message) = message {
            return (message.to_owned(), field("code").and_then(|(_, value)| value.as_i64()));
        }
    }
    let text = String::from_utf8_lossy(body).trim().to_owned();
    match text.is_empty() {
        true => (status.canonical_reason().unwrap_or("no reason given").to_lowercase(), None),
        false => (text, None),
    }
}

/// A body like those of the API, for an answer that has another.
pub(crate) fn body_of(message: &str, code: Option<i64>, status: StatusCode) -> Bytes {
    let code = code.unwrap_or(match status {
        StatusCode::BAD_REQUEST => 1,
        StatusCode::NOT_FOUND => 2,
        StatusCode::CONFLICT => 3,
        StatusCode::FORBIDDEN => 4,
        StatusCode::UNAUTHORIZED => 5,
        StatusCode::PRECONDITION_FAILED => 6,
        _ => 0,
    });
    serde_json::json!({ "message": message, "code": code }).to_string().into()
}

/// The same answer; if it is a refusal, with a body like those of the API: errors of released Sensu
/// backends come in several shapes, and generated operations know one.
pub(crate) async fn uniform(answer: Response) -> reqwest::Result<Response> {
    let status = answer.status();
    if !status.is_client_error() && !status.is_server_error() {
        return Ok(answer);
    }
    let (version, headers) = (answer.version(), answer.headers().clone());
    let (message, code) = told(status, &answer.bytes().await?);
    Ok(self::answer(version, status, headers, body_of(&message, code, status)))
}

/// An answer made of parts that have been read.
pub(crate) fn answer(
    version: Version,
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut answer = http::Response::new(body);
    *answer.version_mut() = version;
    (*answer.status_mut(), *answer.headers_mut()) = (status, headers);
    answer.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_found_in_every_shape_of_error() {
        let told = |body: &str| told(StatusCode::UNAUTHORIZED, body.as_bytes());
        assert_eq!(told(r#"{"message":"no","code":5}"#), ("no".into(), Some(5)));
        assert_eq!(told(r#"{"Code":5,"Message":"bad credentials"}"#).0, "bad credentials");
        assert_eq!(told("Request unauthorized\n"), ("Request unauthorized".into(), None));
        assert_eq!(told(""), ("unauthorized".into(), None));
        assert_eq!(told("[1]"), ("[1]".into(), None));
    }

    #[test]
    fn codes_keep_their_numbers() {
        for number in 0..9 {
            assert_eq!(Code::from(number).number(), number);
        }
        assert_eq!(Code::from(7), Code::Other(7));
    }
}
