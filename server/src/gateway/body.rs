//! Bodies that record how far the connection has read or written them.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use dropshot::Body;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use crate::connections::OpenRequest;

/// Maximum size of a part of a response body. The HTTP library copies parts of HTTP/1.1 responses over
/// TLS, up to a limit; and a client makes progress with each part that it reads.
pub(super) const PART: usize = 64 * 1024;

pub(super) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A response body in parts, whose request is open until the last part has been written to the connection or
/// dropped.
pub(super) struct ResponseBody {
    inner: Body,
    /// The rest of the last frame.
    rest: Bytes,
    request: Arc<OpenRequest>,
}

/// A part of a response body, until it has been written.
struct Part {
    bytes: Bytes,
    request: Arc<OpenRequest>,
}

impl ResponseBody {
    /// Wraps the body of the response to a request.
    pub(super) fn wrap(inner: Body, request: OpenRequest) -> Body {
        Body::wrap(Self { inner, rest: Bytes::new(), request: Arc::new(request) })
    }

    fn next_part(&mut self) -> Bytes {
        let bytes = self.rest.split_to(self.rest.len().min(PART));
        Bytes::from_owner(Part { bytes, request: Arc::clone(&self.request) })
    }
}

impl HttpBody for ResponseBody {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        loop {
            if !self.rest.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(self.next_part()))));
            }
            match std::task::ready!(Pin::new(&mut self.inner).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(other) => return Poll::Ready(Some(Ok(other))),
                },
                end => return Poll::Ready(end),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, inner) = (self.rest.len() as u64, self.inner.size_hint());
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower().saturating_add(rest));
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper.saturating_add(rest));
        }
        hint
    }
}

impl AsRef<[u8]> for Part {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // The end of the request records the progress of the last part.
        if Arc::get_mut(&mut self.request).is_none() {
            self.request.record_progress();
        }
    }
}

/// A request body that is handed back if the operation drops it before its end.
pub(super) struct ReturnedBody {
    inner: Body,
    slot: Arc<Slot>,
}

/// Where a [`ReturnedBody`] is handed back. Empty if the request has no body.
#[derive(Default)]
pub(super) struct UnreadSlot(Option<Arc<Slot>>);

type Slot = Mutex<Option<Body>>;

impl UnreadSlot {
    /// Wraps a request body. `None` in the slot means that it has been read to its end.
    pub(super) fn wrap(&mut self, inner: Body) -> Body {
        if inner.is_end_stream() {
            return inner;
        }
        let slot = Arc::clone(self.0.get_or_insert_default());
        Body::wrap(ReturnedBody { inner, slot })
    }

    /// The body, if the operation has dropped it before its end.
    pub(super) fn take(&self) -> Option<Body> {
        self.0.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl HttpBody for ReturnedBody {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        let frame = std::task::ready!(Pin::new(&mut self.inner).poll_frame(cx));
        if !matches!(frame, Some(Ok(_))) {
            // Nothing is left to hand back.
            self.inner = Body::empty();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for ReturnedBody {
    fn drop(&mut self) {
        if !self.inner.is_end_stream() {
            let inner = std::mem::take(&mut self.inner);
            *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;
    use crate::connections::{Connections, Limits};

    #[tokio::test]
    async fn a_response_body_is_split_and_counts_until_its_last_part_is_dropped() {
        let connections = Connections::new(Limits::default());
        let peer = "192.0.2.1:1000".parse().unwrap();
        let mut request = connections.start_request(peer);
        request.responded(None);
        let content = Bytes::from(vec![7; PART * 2 + 1]);
        let mut body = ResponseBody::wrap(Body::with_content(content), request);
        assert_eq!(body.size_hint().exact(), Some(PART as u64 * 2 + 1));
        let mut parts = Vec::new();
        while let Some(frame) = body.frame().await {
            parts.push(frame.unwrap().into_data().unwrap());
        }
        assert_eq!(parts.iter().map(Bytes::len).collect::<Vec<_>>(), [PART, PART, 1]);
        drop(body);
        assert_eq!(connections.open_requests(), 1, "parts are not written yet");
        drop(parts);
        assert_eq!(connections.open_requests(), 0);
    }

    #[tokio::test]
    async fn a_body_that_is_not_read_is_handed_back() {
        let mut slot = UnreadSlot::default();
        drop(slot.wrap(Body::with_content("unread")));
        assert!(slot.take().is_some());
        slot.wrap(Body::with_content("read")).collect().await.unwrap();
        assert!(slot.take().is_none());
        drop(slot.wrap(Body::empty()));
        assert!(slot.take().is_none());
    }
}
