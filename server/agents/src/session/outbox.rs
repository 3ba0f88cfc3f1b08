//! The queue of messages to an agent.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::sync::{Notify, mpsc};

use crate::counters::Counters;
use crate::message::{Encoding, Message};
use crate::settings::Settings;

/// Sends messages to an agent, and closes its session. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sender {
    queue: mpsc::Sender<Queued>,
    /// Size of the queued messages, in bytes.
    queued: Arc<AtomicUsize>,
    max_queued: usize,
    close: Arc<Close>,
    counters: Arc<Counters>,
    encoding: Encoding,
}

/// A queued message, and its size in bytes.
#[derive(Debug)]
struct Queued {
    message: Arc<Message>,
    size: usize,
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
        // Encoded once for all sessions. A message that cannot be encoded is dropped later.
        let size = message.encoded(self.encoding).map_or(0, |bytes| bytes.len());
        let before = self.queued.fetch_add(size, Ordering::Relaxed);
        let is_too_large = before > 0 && before.saturating_add(size) > self.max_queued;
        let queued = match is_too_large {
            // Nothing is removed from the queue of a session that has ended.
            true if self.queue.is_closed() => Err(SendError::Closed),
            true => Err(SendError::Full),
            false => self.queue.try_send(Queued { message, size }).map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => SendError::Full,
                mpsc::error::TrySendError::Closed(_) => SendError::Closed,
            }),
        };
        if let Err(error) = queued {
            self.queued.fetch_sub(size, Ordering::Relaxed);
            if error == SendError::Full {
                self.counters.add_dropped();
            }
        }
        queued
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
pub(super) struct Queue {
    messages: mpsc::Receiver<Queued>,
    /// As [`Sender::queued`].
    queued: Arc<AtomicUsize>,
}

/// The request to close the session.
pub(super) struct Closing(Arc<Close>);

impl Queue {
    /// The next message. Pending if all senders are dropped.
    pub(super) async fn next(&mut self) -> Arc<Message> {
        match self.messages.recv().await {
            Some(Queued { message, size }) => {
                self.queued.fetch_sub(size, Ordering::Relaxed);
                message
            }
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

/// A queue with the limits of the settings.
pub(crate) fn outbox(
    settings: &Settings,
    encoding: Encoding,
    counters: &Arc<Counters>,
) -> (Sender, Outbox) {
    let (queue, messages) = mpsc::channel(settings.queue_length.max(1));
    let (close, counters) = (Arc::<Close>::default(), Arc::clone(counters));
    let (queued, max_queued) = (Arc::<AtomicUsize>::default(), settings.queue_size);
    let outbox = Outbox {
        queue: Queue { messages, queued: Arc::clone(&queued) },
        closing: Closing(Arc::clone(&close)),
    };
    (Sender { queue, queued, max_queued, close, counters, encoding }, outbox)
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
        let settings = Settings { queue_length: 2, ..Settings::default() };
        let (sender, mut outbox) = outbox(&settings, Encoding::Json, &counters);
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
    async fn messages_beyond_the_size_of_the_queue_are_dropped_except_the_first() {
        let counters = Arc::new(Counters::default());
        let size = message().encoded(Encoding::Json).unwrap().len();
        for (queue_size, accepted) in [(2 * size, 2), (2 * size - 1, 1), (1, 1)] {
            let settings = Settings { queue_size, ..Settings::default() };
            let (sender, mut outbox) = outbox(&settings, Encoding::Json, &counters);
            for _ in 0..2 {
                for _ in 0..accepted {
                    assert_eq!(sender.try_send(message()), Ok(()), "{queue_size}");
                }
                assert_eq!(sender.try_send(message()), Err(SendError::Full), "{queue_size}");
                for _ in 0..accepted {
                    outbox.queue.next().await;
                }
            }
            for _ in 0..accepted {
                assert_eq!(sender.try_send(message()), Ok(()), "{queue_size}");
            }
            drop(outbox);
            assert_eq!(sender.try_send(message()), Err(SendError::Closed), "{queue_size}");
        }
        assert_eq!(counters.dropped(), 6);
    }

    #[tokio::test]
    async fn the_first_request_to_close_counts() {
        let (sender, outbox) = outbox(&Settings::default(), Encoding::Json, &Arc::default());
        assert!(!sender.is_closed());
        sender.close(4000, "a");
        sender.clone().close(1001, "b");
        assert_eq!(outbox.closing.requested().await, (4000, "a".to_owned()));
        assert!(sender.is_closed());
        assert_eq!(sender.try_send(message()), Err(SendError::Closed));
    }
}
