//! Capture of request bodies while operations read them.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use dropshot::Body;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

/// Maximum number of bytes captured from one body.
const MAX_BYTES: usize = 16 * 1024;

/// The captured beginning of a body.
#[derive(Debug, Default)]
pub(super) struct BodyCapture {
    beginning: Vec<u8>,
    bytes: u64,
}

impl BodyCapture {
    pub(super) fn record(&mut self, data: &[u8]) {
        self.bytes = self.bytes.saturating_add(data.len() as u64);
        let missing = MAX_BYTES.saturating_sub(self.beginning.len());
        self.beginning.extend(data.iter().take(missing));
    }

    /// The number of bytes that were read, captured or not.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The captured bytes.
    pub(super) fn beginning(&self) -> &[u8] {
        &self.beginning
    }

    /// The whole body. `None` if only its beginning was captured.
    pub(super) fn whole(&self) -> Option<&[u8]> {
        (self.beginning.len() as u64 == self.bytes).then_some(&self.beginning)
    }
}

struct CapturedBody {
    body: Body,
    capture: Arc<Mutex<BodyCapture>>,
}

/// Wraps a body, so that what is read of it is captured.
pub(super) fn capture(body: Body) -> (Body, Arc<Mutex<BodyCapture>>) {
    let capture = Arc::<Mutex<BodyCapture>>::default();
    (Body::wrap(CapturedBody { body, capture: Arc::clone(&capture) }), capture)
}

impl HttpBody for CapturedBody {
    type Data = Bytes;
    type Error = <Body as HttpBody>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let Some(data) = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()) {
            self.capture.lock().unwrap_or_else(PoisonError::into_inner).record(data);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn the_whole_body_is_read_and_its_beginning_is_captured() {
        let sent = vec![b'x'; MAX_BYTES + 1];
        let (body, capture) = capture(Body::from(sent.clone()));
        assert_eq!(body.size_hint().exact(), Some(sent.len() as u64));
        assert_eq!(body.collect().await.unwrap().to_bytes(), sent);
        let capture = capture.lock().unwrap();
        assert_eq!((capture.beginning().len(), capture.bytes()), (MAX_BYTES, MAX_BYTES as u64 + 1));
        assert_eq!(capture.whole(), None);
    }
}
