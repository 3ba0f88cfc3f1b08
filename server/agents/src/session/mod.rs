//! Sessions: an agent's connection after the handshake.

mod connection;
mod ending;
mod fragments;
mod incoming;
mod outbox;
mod received;
mod registered;

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, oneshot, watch};

use crate::counters::Counters;
use crate::message::Encoding;
use crate::service::{Closed, Service};
use crate::settings::Settings;

pub(crate) use outbox::{Outbox, outbox};
pub use outbox::{SendError, Sender};
pub(crate) use registered::Registered;

/// Maximum number of messages of a session that are read while the service processes one.
const READ_AHEAD: usize = 4;

/// An accepted handshake.
pub(crate) struct Accepted<S: Service> {
    pub(crate) session: Registered<S>,
    pub(crate) outbox: Outbox,
    pub(crate) encoding: Encoding,
}

/// Runs a session until it ends and all received messages are processed.
///
/// `buffered` are bytes that were received after the request.
pub(crate) async fn run<S, I>(
    accepted: Accepted<S>,
    stream: I,
    buffered: Vec<u8>,
    settings: &Settings,
    counters: &Arc<Counters>,
    shutdown: watch::Receiver<bool>,
) where
    S: Service,
    I: AsyncRead + AsyncWrite + Unpin,
{
    let Accepted { session, outbox, encoding } = accepted;
    let open = counters.open(encoding);
    let (sender, receiver) = mpsc::channel(READ_AHEAD);
    let (end, ended) = oneshot::channel();
    let connection =
        connection::Connection::new(stream, buffered, settings, counters, encoding).await;
    let exchange = connection.run(outbox, sender, end, shutdown);
    // The service need not wait for the closing handshake.
    let serve = async {
        incoming::process(&session, encoding, receiver, counters).await;
        let reason = ended.await.unwrap_or(Closed::Aborted);
        session.disconnect(reason).await;
        drop(open);
    };
    tokio::join!(exchange, serve);
}

#[cfg(test)]
mod tests;
