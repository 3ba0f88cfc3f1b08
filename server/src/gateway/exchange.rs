//! What a request and its response hold while they are open: a place in the table of connections, bytes
//! of the response, and a request body that the operation has not read.

use std::time::Duration;

use dropshot::{Body, Method, RequestContext};
use http::header::{CONNECTION, EXPECT, HOST};
use http::{HeaderMap, HeaderValue, Response, Version};
use http_body_util::{BodyExt as _, Limited};
use hyper::Request;
use hyper::body::Body as _;

use super::access_log::RequestRecord;
use super::body::{ResponseBody, UnreadSlot};
use super::streamed_body::StreamedBody;
use crate::connections::{Charge, OpenRequest};
use crate::error::Error;
use crate::http::StaticContent;
use crate::runtime::context::{Context, Cx, Limits};

/// Maximum size of an unread request body that is received and discarded, in bytes, so that the connection
/// can be used for further requests.
const DISCARDED_BYTES: usize = 64 * 1024;

/// Maximum size of a response that is always sent: probes must work when memory is scarce.
const SMALL: usize = 32 * 1024;

/// Maximum size of a response that is not charged to the budget: the number of open requests limits them.
const UNCOUNTED: usize = 4 * 1024;

/// Maximum time for an unread request body to arrive.
const DISCARD_TIME: Duration = Duration::from_millis(500);

/// An open request and its response.
pub(super) struct Exchange {
    request: OpenRequest,
    unread: UnreadSlot,
    version: Version,
    method: Method,
    expects_continue: bool,
    charge: Option<Charge>,
}

impl Exchange {
    /// Records a request. Its body is handed back if the operation does not read it.
    pub(super) fn start(rqctx: &RequestContext<Cx>, request: &mut Request<Body>) -> Self {
        let mut unread = UnreadSlot::default();
        *request.body_mut() = unread.wrap(std::mem::take(request.body_mut()));
        Self {
            request: rqctx.context().connections.start_request(rqctx.request.remote_addr()),
            unread,
            version: request.version(),
            method: request.method().clone(),
            expects_continue: request.headers().contains_key(EXPECT),
            charge: None,
        }
    }

    /// The response, or 503 if clients have not read too many bytes of other responses. Small responses are
    /// always sent, and so are those to writes, which are acknowledgements.
    pub(super) fn charge(&mut self, cx: &Context, response: Response<Body>) -> Response<Body> {
        let bytes = match response.body().size_hint().exact() {
            Some(bytes) => usize::try_from(bytes).unwrap_or(usize::MAX),
            None => Limits::STREAM_PAGE_BYTES,
        };
        if self.method == Method::HEAD
            || bytes <= UNCOUNTED
            || response.extensions().get::<StaticContent>().is_some()
        {
            return response;
        }
        let responses = &cx.connections.responses;
        self.charge = match self.method {
            Method::GET if bytes > SMALL => responses.try_charge(bytes),
            _ => Some(responses.charge(bytes)),
        };
        if self.charge.is_none() {
            cx.connections.wake_watchdog();
            return too_many_unread_responses().into_response();
        }
        response
    }

    /// Completes the exchange: the response counts as open until its body has been written. The record of a
    /// streamed response is written then, that of others now.
    pub(super) async fn complete(
        mut self,
        mut response: Response<Body>,
        record: RequestRecord,
    ) -> Response<Body> {
        let is_streamed = response.body().size_hint().exact().is_none();
        let record = is_streamed.then_some(record);
        if self.version < Version::HTTP_2
            && let Some(body) = self.unread.take()
            && (self.expects_continue || !discard(body).await)
        {
            // The HTTP library closes the connection; the header announces it.
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if response.body().is_end_stream() {
            return response;
        }
        self.request.responded(self.charge);
        response.map(|body| match record {
            Some(record) => StreamedBody::wrap(body, self.request, record),
            None => ResponseBody::wrap(body, self.request),
        })
    }
}

/// 503 before a write if clients have not read too many bytes of other responses.
///
/// # Errors
/// [`Error::Unavailable`]
pub(super) fn admit(cx: &Context, method: &Method) -> Result<(), Error> {
    let is_read = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    if is_read || !cx.connections.responses.is_exhausted() {
        return Ok(());
    }
    cx.connections.wake_watchdog();
    Err(too_many_unread_responses())
}

fn too_many_unread_responses() -> Error {
    Error::Unavailable("clients have not read too many responses; try again".into())
}

/// Receives the rest of a request body. Returns whether it has ended.
async fn discard(body: Body) -> bool {
    if body.size_hint().lower() > DISCARDED_BYTES as u64 {
        return false;
    }
    let mut body = Limited::new(body, DISCARDED_BYTES);
    let end = async {
        loop {
            match body.frame().await {
                None => return true,
                Some(Ok(_)) => {}
                Some(Err(_)) => return false,
            }
        }
    };
    tokio::time::timeout(DISCARD_TIME, end).await.unwrap_or(false)
}

/// Whether the number of `Host` headers is valid: one in HTTP/1.1, at most one otherwise (RFC 9112, section
/// 3.2).
pub(super) fn has_valid_host(version: Version, headers: &HeaderMap) -> bool {
    let hosts = headers.get_all(HOST).iter().count();
    if version == Version::HTTP_11 { hosts == 1 } else { hosts <= 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_hosts_depends_on_the_version() {
        let host = HeaderValue::from_static("x");
        let mut headers = HeaderMap::new();
        let valid = |headers: &HeaderMap| {
            [Version::HTTP_10, Version::HTTP_11, Version::HTTP_2]
                .map(|version| has_valid_host(version, headers))
        };
        assert_eq!(valid(&headers), [true, false, true]);
        headers.append(HOST, host.clone());
        assert_eq!(valid(&headers), [true, true, true]);
        headers.append(HOST, host);
        assert_eq!(valid(&headers), [false, false, false]);
    }

    #[tokio::test]
    async fn short_bodies_are_discarded() {
        assert!(discard(Body::with_content(vec![0; DISCARDED_BYTES])).await);
        assert!(!discard(Body::with_content(vec![0; DISCARDED_BYTES + 1])).await);
    }
}
