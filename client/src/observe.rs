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

/// Shows an answer to the observer, and gives one like those of the API to everybody else: errors
/// of released Sensu backends come in several shapes.
pub(crate) async fn observe(
    answer: Response,
    operation: &'static str,
    observer: Option<&Observer>,
) -> reqwest::Result<Response> {
    let status = answer.status();
    let failed = status.is_client_error() || status.is_server_error();
    if observer.is_none() && !failed {
        return Ok(answer);
    }
    let headers = answer.headers().clone();
    let body = answer.bytes().await?;
    if let Some(observer) = observer {
        observer(Seen { operation, status, headers: headers.clone(), body: body.clone() });
    }
    if !failed {
        return Ok(error::answer(status, headers, body));
    }
    let (message, code) = error::told(status, &body);
    Ok(error::answer(status, headers, error::body_of(&message, code, status)))
}
