//! Limits the number of connections whose request is incomplete.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

/// The connections whose request is incomplete, in the order in which they were accepted.
#[derive(Debug)]
pub(crate) struct Incomplete {
    limit: usize,
    connections: Mutex<Connections>,
}

#[derive(Debug, Default)]
struct Connections {
    next: u64,
    open: BTreeMap<u64, Arc<Notify>>,
}

/// A connection in [`Incomplete`], until it is dropped.
#[derive(Debug)]
pub(crate) struct Ticket {
    incomplete: Arc<Incomplete>,
    number: u64,
    evicted: Arc<Notify>,
}

impl Incomplete {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit: limit.max(1), connections: Mutex::default() })
    }

    /// Adds a connection. If there are too many, the oldest is evicted: a client that completes its request in time
    /// is not among them.
    pub(crate) fn add(self: &Arc<Self>) -> Ticket {
        let evicted = Arc::new(Notify::new());
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        let number = connections.next;
        connections.next += 1;
        connections.open.insert(number, Arc::clone(&evicted));
        if connections.open.len() > self.limit
            && let Some((_, oldest)) = connections.open.pop_first()
        {
            oldest.notify_one();
        }
        Ticket { incomplete: Arc::clone(self), number, evicted }
    }
}

impl Ticket {
    /// Waits until the connection is to be closed. Can complete only until the ticket is dropped.
    pub(crate) fn evicted(&self) -> impl Future<Output = ()> + Send + use<> {
        let evicted = Arc::clone(&self.evicted);
        async move { evicted.notified().await }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let connections = &self.incomplete.connections;
        connections.lock().unwrap_or_else(PoisonError::into_inner).open.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[test]
    fn the_oldest_connection_is_evicted() {
        let incomplete = Incomplete::new(2);
        let tickets = [incomplete.add(), incomplete.add(), incomplete.add()];
        let is_evicted = tickets.each_ref().map(|ticket| ticket.evicted().now_or_never().is_some());
        assert_eq!(is_evicted, [true, false, false]);
    }

    #[test]
    fn completed_requests_do_not_count() {
        let incomplete = Incomplete::new(1);
        let ticket = incomplete.add();
        let evicted = ticket.evicted();
        drop(ticket);
        let other = incomplete.add();
        assert!(evicted.now_or_never().is_none());
        assert!(other.evicted().now_or_never().is_none());
    }
}
