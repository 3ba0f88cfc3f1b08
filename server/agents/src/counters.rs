//! Counters of the transport, for metrics.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use http::StatusCode;

use crate::message::{Encoding, MessageType};

/// Numbers of sessions and messages since the start of the process, except for `sessions`.
#[derive(Debug, Default)]
pub struct Counters {
    sessions: [AtomicU64; Encoding::ALL.len()],
    opened: AtomicU64,
    received: [AtomicU64; MessageType::ALL.len()],
    sent: [AtomicU64; MessageType::ALL.len()],
    dropped: AtomicU64,
    invalid: AtomicU64,
    evicted: AtomicU64,
    timed_out: AtomicU64,
    rejected: Mutex<BTreeMap<u16, u64>>,
}

impl Counters {
    /// Open sessions with this encoding.
    pub fn sessions(&self, encoding: Encoding) -> u64 {
        self.sessions.get(encoding_index(encoding)).map_or(0, load)
    }

    /// Sessions that were opened.
    pub fn opened(&self) -> u64 {
        load(&self.opened)
    }

    /// Valid messages of this type that were received.
    pub fn received(&self, kind: MessageType) -> u64 {
        self.received.get(type_index(kind)).map_or(0, load)
    }

    /// Messages of this type that were written to sockets.
    pub fn sent(&self, kind: MessageType) -> u64 {
        self.sent.get(type_index(kind)).map_or(0, load)
    }

    /// Messages that were dropped because the queue of the session was full.
    pub fn dropped(&self) -> u64 {
        load(&self.dropped)
    }

    /// Received messages that were ignored because they are invalid.
    pub fn invalid(&self) -> u64 {
        load(&self.invalid)
    }

    /// Connections that were closed because too many requests were incomplete.
    pub fn evicted(&self) -> u64 {
        load(&self.evicted)
    }

    /// Connections that were closed because their request was not complete in time.
    pub fn timed_out(&self) -> u64 {
        load(&self.timed_out)
    }

    /// Rejected handshakes by status.
    pub fn rejected(&self) -> BTreeMap<u16, u64> {
        self.rejected.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn add_received(&self, kind: MessageType) {
        self.received.get(type_index(kind)).map(add);
    }

    pub(crate) fn add_sent(&self, kind: MessageType) {
        self.sent.get(type_index(kind)).map(add);
    }

    pub(crate) fn add_dropped(&self) {
        add(&self.dropped);
    }

    pub(crate) fn add_invalid(&self) {
        add(&self.invalid);
    }

    pub(crate) fn add_evicted(&self) {
        add(&self.evicted);
    }

    pub(crate) fn add_timed_out(&self) {
        add(&self.timed_out);
    }

    pub(crate) fn add_rejected(&self, status: StatusCode) {
        let mut rejected = self.rejected.lock().unwrap_or_else(PoisonError::into_inner);
        *rejected.entry(status.as_u16()).or_default() += 1;
    }

    /// Counts a session until the guard is dropped.
    pub(crate) fn open(&self, encoding: Encoding) -> OpenSession<'_> {
        add(&self.opened);
        let open = self.sessions.get(encoding_index(encoding));
        open.map(add);
        OpenSession(open)
    }
}

/// A session in [`Counters::sessions`].
pub(crate) struct OpenSession<'a>(Option<&'a AtomicU64>);

impl Drop for OpenSession<'_> {
    fn drop(&mut self) {
        if let Some(open) = self.0 {
            open.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

fn load(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

fn encoding_index(encoding: Encoding) -> usize {
    match encoding {
        Encoding::Json => 0,
        Encoding::Protobuf => 1,
    }
}

fn type_index(kind: MessageType) -> usize {
    match kind {
        MessageType::Keepalive => 0,
        MessageType::Event => 1,
        MessageType::CheckRequest => 2,
        MessageType::EntityConfig => 3,
    }
}
