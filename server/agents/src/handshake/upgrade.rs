//! The rules of RFC 6455 for the request of a WebSocket.

use data_encoding::BASE64;
use http::header::{CONNECTION, HOST, ORIGIN, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use http::{HeaderMap, HeaderName, StatusCode, Uri, Version};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::service::Rejection;

/// The value of `Sec-WebSocket-Accept` for a request.
pub(super) fn accept_key(version: Version, headers: &HeaderMap) -> Result<String, Rejection> {
    let bad = |message: &str| Rejection::new(StatusCode::BAD_REQUEST, message);
    if version < Version::HTTP_11 {
        return Err(bad("WebSocket needs HTTP/1.1"));
    }
    if !has_token(headers, &CONNECTION, "upgrade") || !has_token(headers, &UPGRADE, "websocket") {
        return Err(bad("not a WebSocket request"));
    }
    if headers.get(SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
        let message = "unsupported WebSocket version, expected 13";
        return Err(Rejection::new(StatusCode::UPGRADE_REQUIRED, message));
    }
    let is_valid = |key: &[u8]| BASE64.decode(key).is_ok_and(|key| key.len() == 16);
    match headers.get(SEC_WEBSOCKET_KEY) {
        Some(key) if is_valid(key.as_bytes()) => Ok(derive_accept_key(key.as_bytes())),
        _ => Err(bad("missing or invalid header Sec-WebSocket-Key")),
    }
}

/// Rejects requests of web pages from other hosts. Agents send no `Origin`.
pub(super) fn check_origin(headers: &HeaderMap) -> Result<(), Rejection> {
    let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
    let origin = origin.as_ref().and_then(Uri::authority).map(|authority| authority.as_str());
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    match (origin, host) {
        (Some(origin), Some(host)) if origin.eq_ignore_ascii_case(host) => Ok(()),
        _ => Err(Rejection::new(StatusCode::FORBIDDEN, "request origin not allowed")),
    }
}

/// Whether a list of tokens contains one, in any case.
fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    let mut tokens = values.flat_map(|value| value.split(','));
    tokens.any(|found| found.trim().eq_ignore_ascii_case(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        let pair =
            |(name, value): &(HeaderName, &'static str)| (name.clone(), value.parse().unwrap());
        pairs.iter().map(pair).collect()
    }

    fn valid() -> HeaderMap {
        headers(&[
            (CONNECTION, "keep-alive, Upgrade"),
            (UPGRADE, "WebSocket"),
            (SEC_WEBSOCKET_VERSION, "13"),
            (SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ=="),
        ])
    }

    #[test]
    fn the_key_of_the_rfc_is_accepted() {
        let key = accept_key(Version::HTTP_11, &valid()).unwrap();
        assert_eq!(key, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn other_requests_are_rejected() {
        let status =
            |version, headers: &HeaderMap| accept_key(version, headers).unwrap_err().status;
        assert_eq!(status(Version::HTTP_10, &valid()), StatusCode::BAD_REQUEST);
        for (name, value, expected) in [
            (CONNECTION, "close", StatusCode::BAD_REQUEST),
            (UPGRADE, "h2c", StatusCode::BAD_REQUEST),
            (SEC_WEBSOCKET_VERSION, "8", StatusCode::UPGRADE_REQUIRED),
            (SEC_WEBSOCKET_KEY, "c2hvcnQ=", StatusCode::BAD_REQUEST),
        ] {
            let mut headers = valid();
            headers.insert(&name, value.parse().unwrap());
            assert_eq!(status(Version::HTTP_11, &headers), expected, "{name}");
            headers.remove(&name);
            assert_eq!(status(Version::HTTP_11, &headers), expected, "{name}");
        }
    }

    #[test]
    fn the_host_of_the_origin_must_be_that_of_the_request() {
        let check = |origin, host| check_origin(&headers(&[(ORIGIN, origin), (HOST, host)]));
        assert_eq!(check("http://a:8081", "A:8081"), Ok(()));
        for (origin, host) in [("http://a", "a:8081"), ("http://b:8081", "a:8081"), ("null", "a")] {
            assert_eq!(check(origin, host).unwrap_err().status, StatusCode::FORBIDDEN, "{origin}");
        }
        assert_eq!(check_origin(&headers(&[(HOST, "a")])), Ok(()));
    }
}
