//! Passes received messages to the service, in order.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::Registered;
use crate::counters::Counters;
use crate::message::{Encoding, Incoming, InvalidMessage};
use crate::service::Service;

/// Size in bytes from which messages are decoded on a thread that serves no connections.
const LARGE: usize = 256 * 1024;

/// Processes messages until the sender is dropped and the channel is empty.
pub(super) async fn process<S: Service>(
    registered: &Registered<S>,
    encoding: Encoding,
    mut messages: mpsc::Receiver<Bytes>,
    counters: &Arc<Counters>,
) {
    let (service, Some(session)) = (registered.service(), registered.session()) else { return };
    while let Some(message) = messages.recv().await {
        let decoded = decode(encoding, message).await;
        if let Ok(message) = &decoded {
            counters.add_received(message.kind());
        }
        match decoded {
            Ok(Incoming::Keepalive(event)) => service.keepalive(session, event).await,
            Ok(Incoming::Event(event)) => service.event(session, event).await,
            Err(reason) => {
                counters.add_invalid();
                service.invalid(session, reason).await;
            }
        }
    }
}

async fn decode(encoding: Encoding, message: Bytes) -> Result<Incoming, InvalidMessage> {
    if message.len() < LARGE {
        return Incoming::decode(encoding, message);
    }
    let decoding = tokio::task::spawn_blocking(move || Incoming::decode(encoding, message));
    // The task fails only if the decoder panics or the runtime is shut down.
    decoding.await.unwrap_or(Err(InvalidMessage::Aborted))
}
