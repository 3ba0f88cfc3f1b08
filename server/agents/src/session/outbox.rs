//! The queue of messages to an agent.

use std::sync::{Arc, OnceLock};

use tokio::sync::{Notify, mpsc};

use crate::counters::Counters;
use crate::message::{Encoding, Message};

/// Sends messages to an agent, and closes its session. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sender {
    queue: mpsc::Sender<Arc<Message>>,
    close: Arc<Close>,
    counters: Arc<Counters>,
    encoding: Encoding,
}

/// The request to close a session. Only the first counts.
#[derive(Debug, Default)]
struct Close {
    request: OnceLock<(u16, String)>,
    requested: Notify,
}

/// Error of [`Sender::try_send`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The queue is full: the agent does not read. The message is dropped and counted.
    #[error("the queue of the session is full")]
    Full,
    /// The session has ended, or is about to.
    #[error("the session is closed")]
    Closed,
}

impl Sender {
    /// Queues a message. Never waits.
    ///
    /// # Errors
    /// [`SendError`], if the message is not queued.
    pub fn try_send(&self, message: Arc<Message>) -> Result<(), SendError> {
        if self.close.request.get().is_some() {
            return Err(SendError::Closed);
        }
        self.queue.try_send(message).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => {
                self.counters.add_dropped();
                SendError::Full
            }
            mpsc::error::TrySendError::Closed(_) => SendError::Closed,
        })
    }

    /// Closes the session: sends a close frame before all queued messages, and ignores what the agent sends afterwards.
    /// Only the first call of a session has an effect.
    ///
    /// `code` is one that applications can send: 1000 to 1003, 1007 to 1014 or 3000 to 4999; any other becomes 1011.
    /// The reason is truncated to 123 bytes.
    pub fn close(&self, code: u16, reason: impl Into<String>) {
        if self.close.request.set((code, reason.into())).is_ok() {
            self.close.requested.notify_one();
        }
    }

    /// Whether the session has ended, or is about to.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.close.request.get().is_some() || self.queue.is_closed()
    }

    /// Encoding of the session.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Whether both belong to the same session.
    #[must_use]
    pub fn same_session(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.close, &other.close)
    }
}

/// The receiving side of [`Sender`].
pub(crate) struct Outbox {
    pub(super) queue: Queue,
    pub(super) closing: Closing,
}

/// The queued messages.
pub(super) struct Queue(mpsc::Receiver<Arc<Message>>);

/// The request to close the session.
pub(super) struct Closing(Arc<Close>);

impl Queue {
    /// The next message. Pending if all senders are dropped.
    pub(super) async fn next(&mut self) -> Arc<Message> {
        match self.0.recv().await {
            Some(message) => message,
            None => std::future::pending().await,
        }
    }
}

impl Closing {
    /// Waits for the request: close code and reason.
    pub(super) async fn requested(&self) -> (u16, String) {
        loop {
            if let Some(request) = self.0.request.get() {
                return request.clone();
            }
            self.0.requested.notified().await;
        }
    }
}

/// A queue of `length` messages.
pub(crate) fn outbox(
    length: usize,
    encoding: Encoding,
    counters: &Arc<Counters>,
) -> (Sender, Outbox) {
    let (sender, queue) = mpsc::channel(length.max(1));
    let (close, counters) = (Arc::<Close>::default(), Arc::clone(counters));
    let outbox = Outbox { queue: Queue(queue), closing: Closing(Arc::clone(&close)) };
    (Sender { queue: sender, close, counters, encoding }, outbox)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::CheckRequest;

    fn message() -> Arc<Message> {
        Arc::new(Message::check_request(CheckRequest::default()))
    }

    #[tokio::test]
    async fn messages_beyond_the_length_of_the_queue_are_dropped_and_counted() {
        let counters = Arc::new(Counters::default());
        let (sender, mut outbox) = outbox(2, Encoding::Json, &counters);
        assert_eq!(sender.try_send(message()), Ok(()));
        assert_eq!(sender.clone().try_send(message()), Ok(()));
        assert_eq!(sender.try_send(message()), Err(SendError::Full));
        assert_eq!(counters.dropped(), 1);
        outbox.queue.next().await;
        assert_eq!(sender.try_send(message()), Ok(()));
        drop(outbox);
        assert_eq!(sender.try_send(message()), Err(SendError::Closed));
        assert_eq!(counters.dropped(), 1);
    }

    #[tokio::test]
    async fn the_first_request_to_close_counts() {
        let (sender, outbox) = outbox(1, Encoding::Json, &Arc::default());
        assert!(!sender.is_closed());
        sender.close(4000, "a");
        sender.clone().close(1001, "b");
        assert_eq!(outbox.closing.requested().await, (4000, "a".to_owned()));
        assert!(sender.is_closed());
        assert_eq!(sender.try_send(message()), Err(SendError::Closed));
    }
}
