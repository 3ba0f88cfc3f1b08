//! The table of connections, by the address of the client.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::Thread;
use std::time::Duration;

use super::Limits;
use super::budget::ByteBudget;
use super::closing::{self, CloseReason, Usage};
use super::connection::{Connection, OpenRequest, Totals};

/// Number of locks that requests are spread over.
const SHARDS: usize = 16;

/// Number of descriptors below which the server is not ready.
const MIN_DESCRIPTORS: usize = 32;

type ConnectionsByPeer = foldhash::HashMap<SocketAddr, Arc<Connection>>;

/// All connections of a server.
pub(crate) struct Connections {
    limits: Limits,
    totals: Arc<Totals>,
    shards: [Mutex<ConnectionsByPeer>; SHARDS],
    count: AtomicUsize,
    /// Number of connections beyond which the watchdog is woken.
    limit: AtomicUsize,
    /// Number of connections that were accepted since the last run of the watchdog.
    unexamined: AtomicUsize,
    /// Whether unfinished heads can exceed their limit until the next run of the watchdog.
    heads_can_exceed: AtomicBool,
    /// Bytes of response bodies that clients have not read.
    pub(crate) responses: Arc<ByteBudget>,
    /// Bytes of request bodies in memory.
    pub(crate) requests: Arc<ByteBudget>,
    /// Whether new connections are refused.
    refusing: AtomicBool,
    /// Whether idle connections are closed at once.
    stopping: AtomicBool,
    /// Number of descriptors that the process may still open.
    descriptors_left: AtomicUsize,
    /// The thread that closes connections; absent where it is not supported.
    watchdog: OnceLock<Thread>,
}

impl Connections {
    /// An empty table.
    pub(crate) fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            responses: ByteBudget::new(limits.response_bytes),
            requests: ByteBudget::new(limits.request_bytes),
            limit: AtomicUsize::new(limits.connections),
            limits,
            totals: Totals::new(),
            shards: Default::default(),
            count: AtomicUsize::new(0),
            unexamined: AtomicUsize::new(0),
            heads_can_exceed: AtomicBool::new(false),
            refusing: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            descriptors_left: AtomicUsize::new(usize::MAX),
            watchdog: OnceLock::new(),
        })
    }

    /// Records an accepted connection. It replaces an earlier one with the same address, which is closed.
    pub(crate) fn accepted(&self, peer: SocketAddr) {
        if self.watchdog.get().is_none() {
            return;
        }
        let previous = self.shard(peer).insert(peer, self.connection());
        let count = match previous {
            None => self.count.fetch_add(1, Ordering::Relaxed) + 1,
            Some(_) => self.count(),
        };
        let unexamined = self.unexamined.fetch_add(1, Ordering::Relaxed) + 1;
        if count > self.limit.load(Ordering::Relaxed)
            || unexamined > self.limits.full_size_heads() / 4
        {
            self.wake_watchdog();
        }
    }

    /// Records a request of a connection.
    pub(crate) fn start_request(&self, peer: SocketAddr) -> OpenRequest {
        let connection = self.find(peer);
        connection.start_request();
        if self.totals.open_requests.fetch_add(1, Ordering::Relaxed) >= self.limits.open_requests {
            self.wake_watchdog();
        }
        OpenRequest::new(connection)
    }

    /// Records that a request of a connection was authenticated.
    pub(crate) fn authenticated(&self, peer: SocketAddr) {
        if let Some(connection) = self.shard(peer).get(&peer) {
            connection.authenticate();
        }
    }

    /// Records that the server closes a connection. Returns whether this is new: it takes some time until the
    /// connection is closed.
    pub(crate) fn record_closing(&self, peer: SocketAddr) -> bool {
        self.shard(peer).get(&peer).is_none_or(|connection| connection.record_closing())
    }

    /// Wakes the watchdog, which otherwise runs in intervals.
    pub(crate) fn wake_watchdog(&self) {
        if let Some(thread) = self.watchdog.get() {
            thread.unpark();
        }
    }

    /// The thread that [`Connections::wake_watchdog`] wakes. From then on, the table is kept.
    pub(crate) fn set_watchdog(&self, thread: Thread) {
        // A server has one watchdog.
        let _ = self.watchdog.set(thread);
    }

    /// Number of connections, including some that have been closed since the last run of the watchdog.
    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Number of requests in progress and of unwritten responses.
    pub(crate) fn open_requests(&self) -> usize {
        self.totals.open_requests.load(Ordering::Relaxed)
    }

    /// Records that new connections are refused.
    pub(crate) fn set_refusing(&self) {
        self.refusing.store(true, Ordering::Relaxed);
    }

    /// Whether new connections are refused.
    pub(crate) fn is_refusing(&self) -> bool {
        self.refusing.load(Ordering::Relaxed)
    }

    /// Closes idle connections from now on, also those with an unfinished request head.
    pub(crate) fn close_idle(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.wake_watchdog();
    }

    /// Records how many descriptors the process may still open.
    pub(crate) fn set_descriptors_left(&self, number: usize) {
        self.descriptors_left.store(number, Ordering::Relaxed);
    }

    /// Whether the process may still open enough descriptors for its work.
    pub(crate) fn has_descriptors(&self) -> bool {
        self.descriptors_left.load(Ordering::Relaxed) >= MIN_DESCRIPTORS
    }

    /// Whether unfinished heads can exceed their limit until the next run of the watchdog.
    pub(crate) fn heads_can_exceed(&self) -> bool {
        self.heads_can_exceed.load(Ordering::Relaxed)
    }

    /// Aligns the table with the connections that were open at a time, and selects those to be closed. `open`
    /// holds the number of bytes that the client of each has sent.
    ///
    /// `limit` is the maximum number of connections, if it is lower than the configured one.
    pub(crate) fn select(
        &self,
        open: &HashMap<SocketAddr, u64>,
        at: Duration,
        limit: usize,
    ) -> HashMap<SocketAddr, CloseReason> {
        self.unexamined.store(0, Ordering::Relaxed);
        for peer in open.keys() {
            drop(self.find(*peer));
        }
        let mut snapshots = Vec::with_capacity(open.len());
        for shard in &self.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            // Connections accepted in the meantime are kept.
            shard.retain(|peer, entry| open.contains_key(peer) || entry.is_recorded_since(at));
            let received = |peer| open.get(peer).copied().unwrap_or_default();
            snapshots.extend(shard.iter().map(|(peer, one)| one.snapshot(*peer, received(peer))));
        }
        self.count.store(snapshots.len(), Ordering::Relaxed);
        let unfinished = snapshots.iter().filter(|one| one.head_bytes().is_some()).count();
        self.heads_can_exceed.store(unfinished > self.limits.full_size_heads(), Ordering::Relaxed);
        let limit = limit.min(self.limits.connections);
        self.limit.store(limit, Ordering::Relaxed);
        let usage = Usage {
            now: self.now(),
            connections: limit,
            open_requests: self.open_requests(),
            is_stopping: self.stopping.load(Ordering::Relaxed),
            is_scarce: self.responses.is_scarce()
                || self.open_requests() > self.limits.open_requests / 2,
        };
        closing::select(&self.limits, &usage, snapshots)
    }

    fn find(&self, peer: SocketAddr) -> Arc<Connection> {
        if self.watchdog.get().is_none() {
            // Nothing would remove the entry.
            return self.connection();
        }
        let mut shard = self.shard(peer);
        Arc::clone(shard.entry(peer).or_insert_with(|| {
            self.count.fetch_add(1, Ordering::Relaxed);
            self.connection()
        }))
    }

    fn connection(&self) -> Arc<Connection> {
        Arc::new(Connection::new(Arc::clone(&self.totals)))
    }

    fn shard(&self, peer: SocketAddr) -> MutexGuard<'_, ConnectionsByPeer> {
        let index = usize::from(peer.port()) % SHARDS;
        #[expect(clippy::indexing_slicing, reason = "a remainder is within the array")]
        self.shards[index].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Time since the start of the server.
    pub(crate) fn now(&self) -> Duration {
        self.totals.now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(limits: Limits) -> Arc<Connections> {
        let connections = Connections::new(limits);
        connections.set_watchdog(std::thread::current());
        connections
    }

    #[test]
    fn connections_that_are_not_open_any_more_are_removed() {
        let connections = table(Limits::default());
        let (a, b) = ("192.0.2.1:1".parse().unwrap(), "192.0.2.1:2".parse().unwrap());
        connections.accepted(a);
        drop(connections.start_request(b));
        assert_eq!(connections.count(), 2);
        assert!(
            connections.select(&HashMap::from([(b, 0)]), connections.now(), usize::MAX).is_empty()
        );
        assert_eq!(connections.count(), 1);
    }

    #[test]
    fn a_response_is_open_until_it_is_written() {
        let connections = table(Limits { stalled: Duration::ZERO, ..Limits::default() });
        let peer = "192.0.2.1:1".parse().unwrap();
        let open = HashMap::from([(peer, 0)]);
        let mut request = connections.start_request(peer);
        assert!(
            connections.select(&open, connections.now(), usize::MAX).is_empty(),
            "the handler is in progress"
        );
        request.responded(connections.responses.try_charge(10));
        assert_eq!((connections.open_requests(), connections.responses.used()), (1, 10));
        assert_eq!(
            connections.select(&open, connections.now(), usize::MAX),
            [(peer, CloseReason::Stalled)].into()
        );
        drop(request);
        assert_eq!((connections.open_requests(), connections.responses.used()), (0, 0));
        assert!(connections.select(&open, connections.now(), usize::MAX).is_empty());
    }

    #[test]
    fn the_closing_of_a_connection_is_new_once() {
        let connections = table(Limits::default());
        let peer = "192.0.2.1:1".parse().unwrap();
        connections.accepted(peer);
        assert!(connections.record_closing(peer) && !connections.record_closing(peer));
        connections.accepted(peer);
        assert!(connections.record_closing(peer), "another connection with the same address");
    }

    #[test]
    fn a_cancelled_request_is_not_open() {
        let connections = table(Limits::default());
        drop(connections.start_request("192.0.2.1:1".parse().unwrap()));
        assert_eq!(connections.open_requests(), 0);
    }
}
