//! Exchanges WebSocket frames with an agent.
//!
//! One loop reads and writes, so that neither waits for the other: pings are answered while messages are written, and
//! while the service is busy. At most one frame is in the write buffer, besides control frames.

mod frames;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use frames::Progress;

use super::ending::Ending;
use super::fragments::{FRAGMENT, Fragments};
use super::outbox::Outbox;
use super::received::Received;
use crate::counters::Counters;
use crate::message::{Encoding, MessageType};
use crate::service::Closed;
use crate::settings::Settings;

/// Size of the read buffer, in bytes. Grows for larger frames; those of agents written in Go have at most 4 KiB.
const READ_BUFFER: usize = 4 * 1024;
/// Maximum size of the write buffer, in bytes: a frame of data, and control frames.
const WRITE_BUFFER: usize = 4 * FRAGMENT;

/// The connection of a session.
pub(super) struct Connection<'a, I> {
    socket: WebSocketStream<Received<I>>,
    settings: &'a Settings,
    counters: &'a Counters,
    encoding: Encoding,
    /// The rest of the message that is being written.
    message: Option<(MessageType, Fragments)>,
    /// Time limit for the content of the write buffer; `None` if it is empty.
    write_deadline: Option<Instant>,
}

impl<'a, I: AsyncRead + AsyncWrite + Unpin> Connection<'a, I> {
    pub(super) async fn new(
        stream: I,
        buffered: Vec<u8>,
        settings: &'a Settings,
        counters: &'a Arc<Counters>,
        encoding: Encoding,
    ) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            .max_write_buffer_size(WRITE_BUFFER)
            .max_message_size(Some(settings.message_size))
            .max_frame_size(Some(settings.message_size));
        let stream = Received::new(stream);
        let socket =
            WebSocketStream::from_partially_read(stream, buffered, Role::Server, Some(config));
        let socket = socket.await;
        Self { socket, settings, counters, encoding, message: None, write_deadline: None }
    }

    /// Exchanges messages until the session ends, reports the reason to `end`, and closes the connection.
    pub(super) async fn run(
        mut self,
        mut outbox: Outbox,
        received: mpsc::Sender<Bytes>,
        end: oneshot::Sender<Closed>,
        mut shutdown: watch::Receiver<bool>,
    ) {
        let Err(Ending { reason, frame }) =
            self.exchange(&mut outbox, &received, &mut shutdown).await;
        // Nothing can be sent anymore, and the service processes what was received.
        drop((outbox, received));
        // The receiver waits for the reason.
        _ = end.send(reason);
        // The time limit is for both sides: the agent must receive the close frame and end the connection.
        _ = timeout(self.settings.close_timeout, self.close(frame)).await;
    }

    async fn exchange(
        &mut self,
        outbox: &mut Outbox,
        received: &mpsc::Sender<Bytes>,
        shutdown: &mut watch::Receiver<bool>,
    ) -> Result<Infallible, Ending> {
        let Settings { ping_interval, idle_timeout, .. } = *self.settings;
        // An interval of 0 is not possible.
        let ping_interval = ping_interval.max(Duration::from_millis(1));
        let mut pings = interval_at(Instant::now() + ping_interval, ping_interval);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut timer = std::pin::pin!(sleep_until(Instant::now() + idle_timeout));
        // A place in the queue to the service: without one, nothing is read.
        let mut place = None;
        let Outbox { queue, closing } = outbox;
        loop {
            if let Some(deadline) = self.write_deadline.filter(|next| *next < timer.deadline()) {
                timer.as_mut().reset(deadline);
            }
            let can_write = self.write_deadline.is_none();
            tokio::select! {
                biased;
                (code, reason) = closing.requested() => {
                    return Err(Ending::by_server(code, reason));
                }
                _ = shutdown.wait_for(|requested| *requested) => return Err(Ending::shutdown()),
                () = timer.as_mut() => {
                    let next = self.check_deadlines(place.is_some())?;
                    timer.as_mut().reset(next);
                }
                free = received.reserve(), if place.is_none() => {
                    place = Some(free.map_err(|_| Ending::without_frame(Closed::Aborted))?);
                    self.socket.get_mut().touch();
                }
                _ = pings.tick(), if can_write => self.write(Frame::Ping(Bytes::new()))?,
                message = queue.next(), if can_write => self.start(&message)?,
                progress = self.progress(place.is_some()) => {
                    if let Some(message) = self.advance(progress)?
                        && let Some(place) = place.take()
                    {
                        place.send(message);
                    }
                }
            }
        }
    }

    /// Continues after the socket has done something. Returns a received message.
    fn advance(&mut self, progress: Progress) -> Result<Option<Bytes>, Ending> {
        if let Some(result) = progress.written {
            result.map_err(|_| Ending::without_frame(Closed::Lost))?;
            self.write_next()?;
        }
        match progress.read {
            Some(frame) => self.read(frame),
            None => Ok(None),
        }
    }

    /// The next time at which a deadline can pass.
    fn check_deadlines(&mut self, is_reading: bool) -> Result<Instant, Ending> {
        let now = Instant::now();
        if self.write_deadline.is_some_and(|deadline| deadline <= now) {
            return Err(Ending::without_frame(Closed::WriteTimeout));
        }
        if !is_reading {
            self.socket.get_mut().touch();
        }
        let idle = self.socket.get_ref().at() + self.settings.idle_timeout;
        if idle <= now {
            return Err(Ending::idle());
        }
        Ok(self.write_deadline.map_or(idle, |deadline| deadline.min(idle)))
    }

    /// The data of a received frame, if it has data.
    fn read(&mut self, frame: Option<Result<Frame, Error>>) -> Result<Option<Bytes>, Ending> {
        match frame {
            Some(Ok(Frame::Binary(data))) => Ok(Some(data)),
            Some(Ok(Frame::Text(text))) => Ok(Some(text.into())),
            Some(Ok(Frame::Ping(_))) => {
                // The pong is queued, and is written with the write buffer.
                self.limit_write();
                Ok(None)
            }
            Some(Ok(Frame::Pong(_) | Frame::Frame(_))) => Ok(None),
            Some(Ok(Frame::Close(frame))) => Err(Ending::by_agent(frame)),
            Some(Err(error)) => Err(Ending::after_error(&error)),
            None => Err(Ending::without_frame(Closed::Lost)),
        }
    }
}
