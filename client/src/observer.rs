//! [`Observer`]: a callback for every response, for logging and contract tests.

use std::sync::Arc;

use bytes::Bytes;
use reqwest::header::HeaderMap;
use reqwest::{Response, StatusCode};

use crate::error_response::build_response;

/// A response as an [`Observer`] receives it.
#[derive(Clone)]
pub struct ObservedResponse {
    /// Operation ID of the OpenAPI document; `raw` for requests of [`Client::raw`](crate::Client::raw).
    pub operation: &'static str,
    /// HTTP status.
    pub status: StatusCode,
    /// Response headers.
    pub headers: HeaderMap,
    /// The whole body, not decoded.
    pub body: Bytes,
}

impl std::fmt::Debug for ObservedResponse {
    // Headers and bodies can contain tokens and keys.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ObservedResponse")
            .field("operation", &self.operation)
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Callback that receives every response before it is decoded. A client with an observer buffers
/// whole bodies, including those of streaming operations.
pub type Observer = Arc<dyn Fn(ObservedResponse) + Send + Sync>;

/// Passes a response to the observer, if there is one.
pub(crate) async fn observe(
    response: Response,
    operation: &'static str,
    observer: Option<&Observer>,
) -> reqwest::Result<Response> {
    let Some(observer) = observer else { return Ok(response) };
    let (version, status) = (response.version(), response.status());
    let headers = response.headers().clone();
    let body = response.bytes().await?;
    observer(ObservedResponse { operation, status, headers: headers.clone(), body: body.clone() });
    Ok(build_response(version, status, headers, body))
}
