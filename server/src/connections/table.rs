//! The table of connections, by the address of the client.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::Thread;
use std::time::{Duration, Instant};

use super::Limits;
use super::budget::{Budget, Charge};
use super::policy::{self, Reason, Snapshot, Usage};

/// Number of locks that requests are spread over.
const SHARDS: usize = 16;

/// Number of descriptors below which the server is not ready.
const MIN_DESCRIPTORS: usize = 32;

type Shard = Mutex<HashMap<SocketAddr, Arc<Connection>>>;

/// All connections of a server.
pub(crate) struct Connections {
    limits: Limits,
    started: Instant,
    shards: [Shard; SHARDS],
    count: AtomicUsize,
    /// Number of connections beyond which the watchdog is woken.
    limit: AtomicUsize,
    open_requests: AtomicUsize,
    /// Bytes of response bodies that clients have not read.
    pub(crate) responses: Arc<Budget>,
    /// Bytes of request bodies in memory.
    pub(crate) requests: Arc<Budget>,
    /// Whether new connections are refused.
    refusing: AtomicBool,
    /// Number of descriptors that the process may still open.
    descriptors_left: AtomicUsize,
    /// The thread that closes connections; absent where it is not supported.
    watchdog: OnceLock<Thread>,
}

/// One connection.
struct Connection {
    recorded_at: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    has_sent_request: bool,
    in_progress: u32,
    /// Number of unwritten responses by the time of their completion, in seconds since the start.
    unwritten: BTreeMap<u64, u32>,
    last_activity: Duration,
    last_progress: Duration,
}

/// A request whose handler is in progress, until dropped.
pub(crate) struct RequestInProgress {
    owner: Arc<Connections>,
    connection: Arc<Connection>,
    is_responded: bool,
}

/// A response that the client has not read completely, until dropped.
pub(crate) struct Unwritten {
    owner: Arc<Connections>,
    connection: Arc<Connection>,
    since: u64,
    _charge: Option<Charge>,
}

impl Connections {
    /// An empty table.
    pub(crate) fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            responses: Budget::new(limits.response_bytes),
            requests: Budget::new(limits.request_bytes),
            limit: AtomicUsize::new(limits.connections),
            limits,
            started: Instant::now(),
            shards: Default::default(),
            count: AtomicUsize::new(0),
            open_requests: AtomicUsize::new(0),
            refusing: AtomicBool::new(false),
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
        if count > self.limit.load(Ordering::Relaxed) {
            self.wake_watchdog();
        }
    }

    /// Records a request of a connection.
    pub(crate) fn start_request(self: &Arc<Self>, peer: SocketAddr) -> RequestInProgress {
        let connection = self.find(peer);
        let mut state = connection.lock();
        state.has_sent_request = true;
        state.in_progress += 1;
        state.last_activity = self.now();
        drop(state);
        if self.open_requests.fetch_add(1, Ordering::Relaxed) >= self.limits.open_requests {
            self.wake_watchdog();
        }
        RequestInProgress { owner: Arc::clone(self), connection, is_responded: false }
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
        self.open_requests.load(Ordering::Relaxed)
    }

    /// Records that new connections are refused.
    pub(crate) fn set_refusing(&self) {
        self.refusing.store(true, Ordering::Relaxed);
    }

    /// Whether new connections are refused.
    pub(crate) fn is_refusing(&self) -> bool {
        self.refusing.load(Ordering::Relaxed)
    }

    /// Records how many descriptors the process may still open.
    pub(crate) fn set_descriptors_left(&self, number: usize) {
        self.descriptors_left.store(number, Ordering::Relaxed);
    }

    /// Whether the process may still open enough descriptors for its work.
    pub(crate) fn has_descriptors(&self) -> bool {
        self.descriptors_left.load(Ordering::Relaxed) >= MIN_DESCRIPTORS
    }

    /// Aligns the table with the connections that were open at a time, and selects those to be closed.
    ///
    /// `limit` is the maximum number of connections, if it is lower than the configured one.
    pub(crate) fn select(
        &self,
        open: &HashSet<SocketAddr>,
        at: Duration,
        limit: usize,
    ) -> HashMap<SocketAddr, Reason> {
        for peer in open {
            drop(self.find(*peer));
        }
        let mut snapshots = Vec::with_capacity(open.len());
        for shard in &self.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            // Connections accepted in the meantime are kept.
            shard.retain(|peer, entry| open.contains(peer) || entry.recorded_at >= at);
            snapshots.extend(shard.iter().map(|(peer, entry)| entry.lock().snapshot(*peer)));
        }
        self.count.store(snapshots.len(), Ordering::Relaxed);
        let limit = limit.min(self.limits.connections);
        self.limit.store(limit, Ordering::Relaxed);
        let usage = Usage {
            now: self.now(),
            connections: limit,
            open_requests: self.open_requests(),
            is_scarce: self.responses.is_scarce()
                || self.open_requests() > self.limits.open_requests / 2,
        };
        policy::select(&self.limits, &usage, snapshots)
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
        let now = self.now();
        let state = State { last_activity: now, ..State::default() };
        Arc::new(Connection { recorded_at: now, state: Mutex::new(state) })
    }

    fn shard(&self, peer: SocketAddr) -> MutexGuard<'_, HashMap<SocketAddr, Arc<Connection>>> {
        let index = usize::from(peer.port()) % SHARDS;
        #[expect(clippy::indexing_slicing, reason = "a remainder is within the array")]
        self.shards[index].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Time since the start of the server.
    pub(crate) fn now(&self) -> Duration {
        self.started.elapsed()
    }
}

impl Connection {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn snapshot(&self, peer: SocketAddr) -> Snapshot {
        Snapshot {
            peer,
            has_sent_request: self.has_sent_request,
            in_progress: self.in_progress,
            unwritten: self.unwritten.values().sum(),
            unwritten_since: self.unwritten.keys().next().copied().map(Duration::from_secs),
            last_activity: self.last_activity,
            last_progress: self.last_progress,
        }
    }
}

impl RequestInProgress {
    /// The handler has returned a response, whose body holds the charged bytes.
    pub(crate) fn responded(mut self, charge: Option<Charge>) -> Unwritten {
        self.is_responded = true;
        let (owner, connection) = (Arc::clone(&self.owner), Arc::clone(&self.connection));
        let now = owner.now();
        let mut state = connection.lock();
        if state.unwritten.is_empty() {
            state.last_progress = now;
        }
        let since = now.as_secs();
        *state.unwritten.entry(since).or_default() += 1;
        drop(state);
        Unwritten { owner, connection, since, _charge: charge }
    }
}

impl Drop for RequestInProgress {
    fn drop(&mut self) {
        let mut state = self.connection.lock();
        state.in_progress = state.in_progress.saturating_sub(1);
        state.last_activity = self.owner.now();
        if !self.is_responded {
            self.owner.open_requests.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Unwritten {
    /// Records that a part of the response has been written.
    pub(crate) fn record_progress(&self) {
        self.connection.lock().last_progress = self.owner.now();
    }
}

impl Drop for Unwritten {
    fn drop(&mut self) {
        let now = self.owner.now();
        let mut state = self.connection.lock();
        state.last_activity = now;
        state.last_progress = now;
        if let Some(count) = state.unwritten.get_mut(&self.since) {
            *count -= 1;
            if *count == 0 {
                state.unwritten.remove(&self.since);
            }
        }
        self.owner.open_requests.fetch_sub(1, Ordering::Relaxed);
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
        assert!(connections.select(&HashSet::from([b]), connections.now(), usize::MAX).is_empty());
        assert_eq!(connections.count(), 1);
    }

    #[test]
    fn a_response_is_open_until_it_is_written() {
        let connections = table(Limits { stalled: Duration::ZERO, ..Limits::default() });
        let peer = "192.0.2.1:1".parse().unwrap();
        let open = HashSet::from([peer]);
        let request = connections.start_request(peer);
        assert!(
            connections.select(&open, connections.now(), usize::MAX).is_empty(),
            "the handler is in progress"
        );
        let unwritten = request.responded(connections.responses.try_charge(10));
        assert_eq!((connections.open_requests(), connections.responses.used()), (1, 10));
        assert_eq!(
            connections.select(&open, connections.now(), usize::MAX),
            [(peer, Reason::Stalled)].into()
        );
        drop(unwritten);
        assert_eq!((connections.open_requests(), connections.responses.used()), (0, 0));
        assert!(connections.select(&open, connections.now(), usize::MAX).is_empty());
    }

    #[test]
    fn a_cancelled_request_is_not_open() {
        let connections = table(Limits::default());
        drop(connections.start_request("192.0.2.1:1".parse().unwrap()));
        assert_eq!(connections.open_requests(), 0);
    }
}
