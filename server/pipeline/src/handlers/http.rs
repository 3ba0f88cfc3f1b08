//! Handlers of type `http`.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Method, Response, StatusCode};
use url::Url;

use super::retry::{Failed, Retry};
use super::{OUTPUT, excerpt};
use crate::outbound::{OutboundError, OutboundPolicy, reason, rejection};

/// The request of a handler of type `http`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpRequest {
    /// URL, with the scheme `http` or `https`.
    pub url: String,
    /// Method. `POST` if empty.
    pub method: String,
    /// Names and values of headers. `Content-Type` is `application/json` unless it is one of them.
    pub headers: Vec<(String, String)>,
}

/// A request that was not successful.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HttpFailure {
    pub(crate) reason: String,
    /// The start of the body of the response.
    pub(crate) output: String,
}

/// Sends the payload. Success is a status of 200 to 299. Failed connections, 429 and 500 to 599 are retried, not before
/// the time in `Retry-After`. `limit` is the time for each attempt. Redirects with 307 and 308 are followed.
///
/// # Errors
/// The last failure. Its reason does not contain the URL, which can contain a secret.
pub(crate) async fn send(
    client: &Client,
    policy: &OutboundPolicy,
    retry: Retry,
    request: &HttpRequest,
    payload: Bytes,
    limit: Duration,
) -> Result<(), HttpFailure> {
    let failure = |failed: Failed| HttpFailure { reason: failed.reason, output: failed.output };
    let (method, url, headers) = parse(policy, request).map_err(Failed::new).map_err(failure)?;
    let attempt = || async {
        let request = client.request(method.clone(), url.clone()).headers(headers.clone());
        let response = request.body(payload.clone()).timeout(limit).send().await;
        check(response.map_err(describe)?).await
    };
    retry.run(usize::MAX, attempt).await.map_err(failure)
}

fn parse(
    policy: &OutboundPolicy,
    request: &HttpRequest,
) -> Result<(Method, Url, HeaderMap), String> {
    let url = Url::parse(&request.url).map_err(|error| format!("invalid URL: {error}"))?;
    policy.check_url(&url).map_err(|error| error.to_string())?;
    let method = match request.method.as_str() {
        "" => Method::POST,
        name => {
            Method::from_bytes(name.as_bytes()).map_err(|_| format!("invalid method: {name}"))?
        }
    };
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        let invalid = || format!("invalid header: {name}");
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid())?;
        headers.append(key, HeaderValue::from_str(value).map_err(|_| invalid())?);
    }
    let default = HeaderValue::from_static("application/json");
    headers.entry(CONTENT_TYPE).or_insert(default);
    Ok((method, url, headers))
}

/// A request without a response.
fn describe(error: reqwest::Error) -> Failed {
    if let Some(rejection) = rejection(&error) {
        let is_temporary = matches!(rejection, OutboundError::Resolution(..));
        return Failed { is_temporary, ..Failed::new(rejection.to_string()) };
    }
    if error.is_builder() || error.is_redirect() {
        return Failed::new(reason(error));
    }
    Failed::temporary(reason(error))
}

async fn check(mut response: Response) -> Result<(), Failed> {
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    let delay = retry_after(response.headers());
    let mut body = Vec::new();
    // The body only explains the failure, so an error in it does not matter.
    while body.len() < OUTPUT
        && let Ok(Some(chunk)) = response.chunk().await
    {
        body.extend_from_slice(&chunk);
    }
    Err(Failed {
        output: excerpt(&body),
        is_temporary: status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error(),
        delay,
        ..Failed::new(format!("HTTP status {status}"))
    })
}

/// The delay of the header `Retry-After`, which contains seconds or a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    #[expect(clippy::disallowed_methods, reason = "the date is one of another machine")]
    let now = std::time::SystemTime::now();
    Some(date.duration_since(now).unwrap_or_default())
}
