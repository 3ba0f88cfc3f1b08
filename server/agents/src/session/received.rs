//! A stream that records when bytes were last received.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// A stream, and the time of the last received byte.
pub(super) struct Received<I> {
    stream: I,
    at: Instant,
}

impl<I> Received<I> {
    pub(super) fn new(stream: I) -> Self {
        Self { stream, at: Instant::now() }
    }

    /// Time of the last received byte, or of the last call of `touch`.
    pub(super) fn at(&self) -> Instant {
        self.at
    }

    /// Treats this moment as the last at which bytes were received: nothing was read before it.
    pub(super) fn touch(&mut self) {
        self.at = Instant::now();
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Received<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = ready!(Pin::new(&mut self.stream).poll_read(context, buffer));
        if buffer.filled().len() > before {
            self.touch();
        }
        Poll::Ready(result)
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Received<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
