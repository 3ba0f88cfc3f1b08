//! Listening to a body: whoever reads it reads what was sent, and the kit keeps the beginning.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use dropshot::Body;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

/// Bytes of a body that are kept.
const KEPT: usize = 16 * 1024;

/// What was heard of a body.
#[derive(Debug, Default)]
pub(super) struct Heard {
    kept: Vec<u8>,
    bytes: u64,
}

impl Heard {
    pub(super) fn hear(&mut self, data: &[u8]) {
        self.bytes = self.bytes.saturating_add(data.len() as u64);
        let room = KEPT.saturating_sub(self.kept.len());
        self.kept.extend(data.iter().take(room));
    }

    /// How many bytes there were.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The beginning.
    pub(super) fn kept(&self) -> &[u8] {
        &self.kept
    }

    /// All of it, if all of it was kept.
    pub(super) fn whole(&self) -> Option<&[u8]> {
        (self.kept.len() as u64 == self.bytes).then_some(&self.kept)
    }
}

/// A body that is listened to.
struct Tapped {
    body: Body,
    heard: Arc<Mutex<Heard>>,
}

/// The body, and what will have been heard of it.
pub(super) fn tap(body: Body) -> (Body, Arc<Mutex<Heard>>) {
    let heard = Arc::<Mutex<Heard>>::default();
    (Body::wrap(Tapped { body, heard: Arc::clone(&heard) }), heard)
}

impl HttpBody for Tapped {
    type Data = Bytes;
    type Error = <Body as HttpBody>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let Some(data) = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()) {
            self.heard.lock().unwrap_or_else(PoisonError::into_inner).hear(data);
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
    async fn the_reader_reads_all_and_the_beginning_is_kept() {
        let sent = vec![b'x'; KEPT + 1];
        let (body, heard) = tap(Body::from(sent.clone()));
        assert_eq!(body.size_hint().exact(), Some(sent.len() as u64));
        assert_eq!(body.collect().await.expect("reads").to_bytes(), sent);
        let heard = heard.lock().expect("nobody panics");
        assert_eq!((heard.kept().len(), heard.bytes()), (KEPT, KEPT as u64 + 1));
        assert_eq!(heard.whole(), None);
    }
}
