//! Error responses: the body, the status, and the headers that belong to it.

use std::fmt::{Display, Formatter};

use dropshot::{Body, ErrorStatusCode, HttpError, HttpResponseError};
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Error, side_channel, table};

/// Body of every error response.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "ErrorResponse")]
pub struct ApiError {
    /// Cause of the error, and where possible its remedy. For people; programs use the status and
    /// `code`.
    pub message: String,
    /// Kind of error.
    #[serde(default)]
    pub code: u32,
    /// Resource of the object that does not exist or already exists, as in the rules of roles: `checks`.
    /// Absent for other errors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// Name of that object. An event has the name `entity/check`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Invalid value in the request body, as a JSON pointer (RFC 6901): `/metadata/name`. Absent if the
    /// error is not about one value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    #[serde(skip, default)]
    #[schemars(skip)]
    pub(crate) status: u16,
    #[serde(skip, default)]
    #[schemars(skip)]
    pub(crate) retry_after: Option<u64>,
    #[serde(skip, default)]
    #[schemars(skip)]
    pub(crate) challenge: Option<&'static str>,
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        if let Error::Internal(detail) = &error {
            // The span of the request adds its ID.
            tracing::error!(detail, "internal error");
        }
        let row = table::row(&error);
        let (retry_after, challenge) = (error.retry_after(), error.challenge());
        let reason = error.reason();
        Self {
            message: reason.message,
            code: row.code,
            resource: reason.resource.map(str::to_owned),
            name: reason.name,
            field: reason.field,
            status: row.status.as_u16(),
            retry_after,
            challenge,
        }
    }
}

/// Errors that Dropshot raises before the handler runs: a path or body that it cannot extract.
impl From<HttpError> for ApiError {
    fn from(error: HttpError) -> Self {
        let status = error.status_code.as_status();
        let situation = match status {
            StatusCode::NOT_FOUND => Error::not_found(),
            StatusCode::METHOD_NOT_ALLOWED => Error::MethodNotAllowed,
            status if status.is_client_error() => Error::invalid(error.external_message),
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
        if let Some(challenge) = self.challenge {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// Why a response ends after its head was sent. The client sees it as incomplete.
#[derive(Debug, thiserror::Error)]
#[error("the response was aborted with status {0}")]
pub(crate) struct StreamAborted(pub(crate) StatusCode);

impl From<Error> for StreamAborted {
    fn from(error: Error) -> Self {
        let error = ApiError::from(error);
        tracing::warn!(reason = error.message, "a response was aborted");
        Self(error.status_code().as_status())
    }
}

impl Display for ApiError {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (status {}, code {})", self.message, self.status, self.code)
    }
}

impl HttpResponseError for ApiError {
    fn status_code(&self) -> ErrorStatusCode {
        side_channel::set_error(self);
        ErrorStatusCode::from_u16(self.status).unwrap_or(ErrorStatusCode::INTERNAL_SERVER_ERROR)
    }
}
