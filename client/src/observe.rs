//! Somebody who watches the answers: for logs, and for tests of contracts.

use std::sync::Arc;

use bytes::Bytes;
use reqwest::header::HeaderMap;
use reqwest::{Response, StatusCode};

use crate::error;

/// An answer, as an [`Observer`] sees it.
#[derive(Clone)]
pub struct Seen {
    /// The id of the operation, as the document has it; `raw` for a [raw](crate::Client::raw) call.
    pub operation: &'static str,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, complete.
    pub body: Bytes,
}

impl std::fmt::Debug for Seen {
    // Bodies may hold tokens and keys.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seen")
            .field("operation", &self.operation)
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Sees every answer before it is decoded. An observed client reads each body to its end before
/// anybody else gets it.
pub type Observer = Arc<dyn Fn(Seen) + Send + Sync>;

/// Shows an answer to the observer, if there is one.
pub(crate) async fn observe(
    answer: Response,
    operation: &'static str,
    observer: Option<&Observer>,
) -> reqwest::Result<Response> {
    let Some(observer) = observer else { return Ok(answer) };
    let (version, status, headers) = (answer.version(), answer.status(), answer.headers().clone());
    let body = answer.bytes().await?;
    observer(Seen { operation, status, headers: headers.clone(), body: body.clone() });
    Ok(error::answer(version, status, headers, body))
}
