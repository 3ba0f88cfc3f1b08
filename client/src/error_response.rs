//! Error responses: parsing of their bodies, and the form that generated operations decode.

use bytes::Bytes;
use reqwest::header::HeaderMap;
use reqwest::{Response, StatusCode, Version};
use serde_json::Value;

use crate::error::{Error, ErrorCode, request_id};

impl Error {
    pub(crate) fn from_response(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let (message, code) = parse_error_body(status, body);
        Self::Api { status, code, message, request_id: request_id(headers) }
    }
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
}
