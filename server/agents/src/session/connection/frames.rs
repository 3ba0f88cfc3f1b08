//! Frames of a connection: progress of the socket, messages in parts, and the close frame.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use futures::{Sink, Stream};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::Message as Frame;

use super::Connection;
use crate::message::Message;
use crate::service::Closed;
use crate::session::ending::{Ending, Farewell};
use crate::session::fragments::Fragments;

/// What the socket has done.
#[derive(Default)]
pub(super) struct Progress {
    /// The write buffer is empty, or writing failed.
    pub(super) written: Option<Result<(), Error>>,
    /// A frame was read, or the end of the connection.
    pub(super) read: Option<Option<Result<Frame, Error>>>,
}

impl<I: AsyncRead + AsyncWrite + Unpin> Connection<'_, I> {
    /// Writes the write buffer, and reads a frame if `reads`. Returns when either is complete.
    pub(super) async fn progress(&mut self, reads: bool) -> Progress {
        poll_fn(|context| {
            let mut progress = Progress::default();
            if self.write_deadline.is_some()
                && let Poll::Ready(result) = Pin::new(&mut self.socket).poll_flush(context)
            {
                self.write_deadline = None;
                progress.written = Some(result);
            }
            if reads && let Poll::Ready(frame) = Pin::new(&mut self.socket).poll_next(context) {
                progress.read = Some(frame);
            }
            match progress {
                Progress { written: None, read: None } => Poll::Pending,
                progress => Poll::Ready(progress),
            }
        })
        .await
    }

    /// Starts writing a message.
    pub(super) fn start(&mut self, message: &Message) -> Result<(), Ending> {
        match message.encoded(self.encoding) {
            Some(bytes) => {
                self.message = Some((message.kind(), Fragments::new(bytes)));
                self.write_next()
            }
            None => {
                self.counters.add_dropped();
                Ok(())
            }
        }
    }

    /// Writes the next frame of the message that is being written.
    pub(super) fn write_next(&mut self) -> Result<(), Ending> {
        let Some((kind, fragments)) = &mut self.message else { return Ok(()) };
        match fragments.next() {
            Some(frame) => self.write(frame),
            None => {
                self.counters.add_sent(*kind);
                self.message = None;
                Ok(())
            }
        }
    }

    /// Puts a frame into the write buffer.
    pub(super) fn write(&mut self, frame: Frame) -> Result<(), Ending> {
        self.limit_write();
        let result = Pin::new(&mut self.socket).start_send(frame);
        result.map_err(|_| Ending::without_frame(Closed::Lost))
    }

    /// Starts the time limit of the write buffer, unless it runs.
    pub(super) fn limit_write(&mut self) {
        let deadline = || Instant::now() + self.settings.write_timeout;
        self.write_deadline.get_or_insert_with(deadline);
    }

    /// Ends the connection: sends a close frame, and waits until the agent ends it too. If the server ended it first,
    /// with unread data, TCP would discard the close frame.
    pub(super) async fn close(&mut self, farewell: Farewell) -> Result<(), Error> {
        let waits = match farewell {
            Farewell::Nothing => return Ok(()),
            Farewell::Reply => false,
            Farewell::Close(frame) => {
                Pin::new(&mut self.socket).start_send(Frame::Close(Some(frame)))?;
                true
            }
        };
        poll_fn(|context| Pin::new(&mut self.socket).poll_flush(context)).await?;
        let stream = self.socket.get_mut();
        stream.shutdown().await?;
        let mut ignored = [0; 1024];
        while waits && stream.read(&mut ignored).await? > 0 {}
        Ok(())
    }
}
