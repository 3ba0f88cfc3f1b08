//! Error responses: parsing of their bodies, and the form that generated operations decode.

use bytes::Bytes;
use reqwest::header::HeaderMap;
use reqwest::{Response, StatusCode, Version};
use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, ErrorCode, ErrorDetails, request_id};

impl Error {
    pub(crate) fn from_response(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let ErrorBody { message, code, resource, name, field } = ErrorBody::parse(status, body);
        let (code, request_id) = (code.map(ErrorCode::from), request_id(headers));
        let details = Box::new(ErrorDetails { resource, name, field });
        Self::Api { status, code, message, details, request_id }
    }
}

/// The body of an error response.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct ErrorBody {
    message: String,
    code: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
}

impl ErrorBody {
    /// Reads a body. Released Sensu backends capitalize the field names of some errors, and send others
    /// as plain text.
    fn parse(status: StatusCode, body: &[u8]) -> Self {
        if let Ok(Value::Object(fields)) = serde_json::from_slice(body) {
            let field = |name| fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            let text = |name| field(name).and_then(|(_, value)| value.as_str()).map(str::to_owned);
            if let Some(message) = text("message") {
                return Self {
                    message,
                    code: field("code").and_then(|(_, value)| value.as_i64()),
                    resource: text("resource"),
                    name: text("name"),
                    field: text("field"),
                };
            }
        }
        let text = String::from_utf8_lossy(body).trim().to_owned();
        let message = match text.is_empty() {
            true => status.canonical_reason().unwrap_or("no reason given").to_lowercase(),
            false => text,
        };
        Self { message, ..Self::default() }
    }

    /// The body in the documented form, which has a code.
    fn write(self, status: StatusCode) -> Bytes {
        let code = self.code.unwrap_or_else(|| ErrorCode::for_status(status).number());
        let body = Self { code: Some(code), ..self };
        serde_json::to_vec(&body).unwrap_or_default().into()
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
    let body = ErrorBody::parse(status, &response.bytes().await?);
    Ok(build_response(version, status, headers, body.write(status)))
}

/// An error response that does not come from the server.
pub(crate) fn error_response(
    status: StatusCode,
    message: &str,
    code: Option<ErrorCode>,
) -> Response {
    let code = code.map(ErrorCode::number);
    let body = ErrorBody { message: message.to_owned(), code, ..ErrorBody::default() };
    build_response(Version::HTTP_11, status, HeaderMap::new(), body.write(status))
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
        let parse = |body: &str| {
            let body = ErrorBody::parse(StatusCode::UNAUTHORIZED, body.as_bytes());
            (body.message, body.code)
        };
        assert_eq!(parse(r#"{"message":"no","code":5}"#), ("no".into(), Some(5)));
        assert_eq!(parse(r#"{"Code":5,"Message":"bad credentials"}"#).0, "bad credentials");
        assert_eq!(parse("Request unauthorized\n"), ("Request unauthorized".into(), None));
        assert_eq!(parse(""), ("unauthorized".into(), None));
        assert_eq!(parse("[1]"), ("[1]".into(), None));
    }

    #[test]
    fn the_object_and_the_field_are_kept() {
        let text = r#"{"message":"not found","code":2,"resource":"checks","name":"a"}"#;
        let body = ErrorBody::parse(StatusCode::NOT_FOUND, text.as_bytes());
        assert_eq!(body.write(StatusCode::NOT_FOUND), text);
        let text = r#"{"message":"invalid","code":1,"field":"/interval"}"#;
        let body = ErrorBody::parse(StatusCode::BAD_REQUEST, text.as_bytes());
        assert_eq!(body.field.as_deref(), Some("/interval"));
    }
}
