//! Bodies of streamed responses: the next part is computed when the client has received the previous one.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use dropshot::Body;
use futures::task::AtomicWaker;
use http::StatusCode;
use hyper::body::{Body as HttpBody, Frame};

use super::access_log::RequestRecord;
use super::body::{Failure, PART};
use crate::connections::OpenRequest;
use crate::error::{Error, StreamAborted};
use crate::runtime::context::Limits;

/// The body of a streamed response.
///
/// While parts are written, its request counts as one whose client reads, and otherwise as one in progress: the
/// client is not responsible for the time that the server takes.
pub(super) struct StreamedBody {
    inner: Body,
    /// The rest of the last frame.
    rest: Bytes,
    request: Arc<OpenRequest>,
    /// Woken when a part has been written.
    written: Arc<AtomicWaker>,
    record: RequestRecord,
}

/// A part of a streamed response, until it has been written.
struct Part {
    bytes: Bytes,
    /// Always present until it is dropped.
    request: Option<Arc<OpenRequest>>,
    written: Arc<AtomicWaker>,
}

impl StreamedBody {
    /// Wraps the body of the response to a request, whose record is written at the end of the stream.
    pub(super) fn wrap(inner: Body, request: OpenRequest, record: RequestRecord) -> Body {
        let (request, written) = (Arc::new(request), Arc::default());
        Body::wrap(Self { inner, rest: Bytes::new(), request, written, record })
    }

    fn next_part(&mut self) -> Bytes {
        let bytes = self.rest.split_to(self.rest.len().min(PART));
        self.record.add_bytes(bytes.len());
        let request = Some(Arc::clone(&self.request));
        Bytes::from_owner(Part { bytes, request, written: Arc::clone(&self.written) })
    }

    fn end(&mut self, status: StatusCode) {
        self.inner = Body::empty();
        self.record.end_stream(status);
    }
}

impl HttpBody for StreamedBody {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        let this = &mut *self;
        loop {
            if !this.rest.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(this.next_part()))));
            }
            // Registered first: a part that is written in the meantime wakes the task.
            this.written.register(cx.waker());
            // Every part that is not written yet shares the request.
            let Some(request) = Arc::get_mut(&mut this.request) else { return Poll::Pending };
            request.resume();
            match ready!(Pin::new(&mut this.inner).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    let Ok(data) = frame.into_data() else { continue };
                    if !request.send_more(data.len(), Limits::STREAM_PAGE_BYTES) {
                        let why = "clients have not read too many responses";
                        let aborted = StreamAborted::from(Error::Unavailable(why.into()));
                        this.end(aborted.0);
                        return Poll::Ready(Some(Err(aborted.into())));
                    }
                    this.rest = data;
                }
                Some(Err(failure)) => {
                    let aborted = failure.downcast_ref::<StreamAborted>();
                    this.end(aborted.map_or(StatusCode::INTERNAL_SERVER_ERROR, |error| error.0));
                    return Poll::Ready(Some(Err(failure)));
                }
                None => {
                    this.end(StatusCode::OK);
                    return Poll::Ready(None);
                }
            }
        }
    }
}

impl AsRef<[u8]> for Part {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if let Some(request) = self.request.take() {
            request.record_progress();
        }
        self.written.wake();
    }
}
