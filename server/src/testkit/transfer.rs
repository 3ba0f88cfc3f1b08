//! How the body of a response is sent: truncated, or slowly.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use dropshot::Body;
use http::Response;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Number of parts of a slow body.
const PARTS: u32 = 20;

/// Size of a part of a slow body whose size is not known, in bytes.
const PART_BYTES: usize = 1024;

/// Time before a truncated response ends, in which what was sent reaches the client.
const FLUSH: Duration = Duration::from_millis(20);

/// How the body of a response is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Transfer {
    /// Number of bytes after which the connection is closed. `None` to send the whole body.
    pub(super) truncate: Option<u64>,
    /// Time that sending the body takes.
    pub(super) duration: Duration,
}

impl Transfer {
    /// The response with its body sent this way.
    pub(crate) fn apply(self, response: Response<Body>) -> Response<Body> {
        if self == Self::default() {
            return response;
        }
        response.map(|inner| {
            let whole = inner.size_hint().exact().and_then(|bytes| usize::try_from(bytes).ok());
            let part = whole.map_or(PART_BYTES, |bytes| bytes.div_ceil(PARTS as usize).max(1));
            Body::wrap(ShapedBody {
                inner,
                rest: Bytes::new(),
                allowed: self.truncate,
                part: if self.duration.is_zero() { usize::MAX } else { part },
                pause: self.duration / PARTS,
                timer: None,
                is_due: false,
            })
        })
    }
}

struct ShapedBody {
    inner: Body,
    /// The rest of the last frame.
    rest: Bytes,
    /// Remaining bytes. `None` for no limit.
    allowed: Option<u64>,
    /// Maximum size of a part.
    part: usize,
    /// Time before each part.
    pause: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    /// Whether the pause before the next part has passed.
    is_due: bool,
}

/// Why a truncated response ends.
#[derive(Debug, thiserror::Error)]
#[error("the response is truncated by a fault")]
struct Truncated;

impl ShapedBody {
    /// Waits once, until [`ShapedBody::is_due`] is cleared.
    fn wait(&mut self, time: Duration, cx: &mut Context<'_>) -> Poll<()> {
        if !self.is_due && !time.is_zero() {
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(time)));
            ready!(timer.as_mut().poll(cx));
            self.timer = None;
        }
        self.is_due = true;
        Poll::Ready(())
    }
}

impl HttpBody for ShapedBody {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        loop {
            if self.allowed == Some(0) {
                // While this is pending, the HTTP library sends what it has buffered.
                ready!(self.wait(FLUSH, cx));
                return Poll::Ready(Some(Err(Truncated.into())));
            }
            if !self.rest.is_empty() {
                let pause = self.pause;
                ready!(self.wait(pause, cx));
                self.is_due = false;
                let allowed = self.allowed.and_then(|bytes| usize::try_from(bytes).ok());
                let bytes = self.rest.len().min(self.part).min(allowed.unwrap_or(usize::MAX));
                let part = self.rest.split_to(bytes);
                self.allowed = self.allowed.map(|rest| rest.saturating_sub(bytes as u64));
                return Poll::Ready(Some(Ok(Frame::data(part))));
            }
            match ready!(Pin::new(&mut self.inner).poll_frame(cx)) {
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

    /// That of the whole body, so that a truncated response has the `Content-Length` of the whole one.
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

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    fn shaped(truncate: Option<u64>, duration: Duration) -> Body {
        let transfer = Transfer { truncate, duration };
        transfer.apply(Response::new(Body::from(vec![b'x'; 100]))).into_body()
    }

    #[tokio::test]
    async fn a_slow_body_arrives_complete_after_its_duration() {
        let start = tokio::time::Instant::now();
        let body = shaped(None, Duration::from_millis(200)).collect().await.unwrap();
        assert_eq!(body.to_bytes().len(), 100);
        assert!(start.elapsed() >= Duration::from_millis(200));
    }

    #[tokio::test]
    async fn a_truncated_body_fails_after_its_bytes() {
        for truncate in [0_u64, 10] {
            let mut body = shaped(Some(truncate), Duration::ZERO);
            assert_eq!(body.size_hint().exact(), Some(100));
            let mut received = 0;
            let failure = loop {
                match body.frame().await.unwrap() {
                    Ok(frame) => received += frame.into_data().unwrap().len() as u64,
                    Err(failure) => break failure,
                }
            };
            assert_eq!(
                (received, failure.to_string().as_str()),
                (truncate, "the response is truncated by a fault")
            );
        }
        let body = shaped(Some(200), Duration::ZERO).collect().await.unwrap();
        assert_eq!(body.to_bytes().len(), 100, "a short body is complete");
    }
}
