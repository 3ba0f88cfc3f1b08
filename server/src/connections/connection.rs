//! One connection, and its requests that are open: in progress, or with a response that the client has not
//! read completely.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::budget::Charge;
use super::closing::Snapshot;

/// What all connections have in common. Each refers to it, so that a request does not have to.
pub(super) struct Totals {
    started: Instant,
    /// Number of requests in progress and of unwritten responses.
    pub(super) open_requests: AtomicUsize,
}

/// State of one connection. Times are durations since the start of the server.
pub(super) struct Connection {
    totals: Arc<Totals>,
    recorded_at: Duration,
    is_authenticated: AtomicBool,
    is_closing: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    has_sent_request: bool,
    in_progress: u32,
    /// Time at which responses were complete that are not written yet, in seconds, and their number; in
    /// order.
    unwritten: VecDeque<(u64, u32)>,
    last_activity: Duration,
    last_progress: Duration,
}

/// A request that is in progress or whose response the client has not read completely, until dropped.
pub(crate) struct OpenRequest {
    connection: Arc<Connection>,
    /// The time at which the response was complete. `None` while the request is in progress.
    responded_at: Option<u64>,
    charge: Option<Charge>,
}

impl Totals {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { started: Instant::now(), open_requests: AtomicUsize::new(0) })
    }

    /// Time since the start of the server.
    pub(super) fn now(&self) -> Duration {
        self.started.elapsed()
    }
}

impl Connection {
    pub(super) fn new(totals: Arc<Totals>) -> Self {
        let now = totals.now();
        let state = State { last_activity: now, ..State::default() };
        Self {
            totals,
            recorded_at: now,
            is_authenticated: AtomicBool::new(false),
            is_closing: AtomicBool::new(false),
            state: Mutex::new(state),
        }
    }

    /// Whether it was added to the table at this time or later.
    pub(super) fn is_recorded_since(&self, time: Duration) -> bool {
        self.recorded_at >= time
    }

    /// Records a request.
    pub(super) fn start_request(&self) {
        let now = self.totals.now();
        let mut state = self.lock();
        state.has_sent_request = true;
        state.in_progress += 1;
        state.last_activity = now;
    }

    /// Records that a request of it was authenticated.
    pub(super) fn authenticate(&self) {
        self.is_authenticated.store(true, Ordering::Relaxed);
    }

    /// Records that the server closes it. Returns whether this is new.
    pub(super) fn record_closing(&self) -> bool {
        !self.is_closing.swap(true, Ordering::Relaxed)
    }

    /// The state at present.
    pub(super) fn snapshot(&self, peer: SocketAddr, received: u64) -> Snapshot {
        let state = self.lock();
        Snapshot {
            peer,
            received,
            is_authenticated: self.is_authenticated.load(Ordering::Relaxed),
            has_sent_request: state.has_sent_request,
            in_progress: state.in_progress,
            unwritten: state.unwritten.iter().map(|(_, count)| count).sum(),
            unwritten_since: state.unwritten.front().map(|(time, _)| Duration::from_secs(*time)),
            last_activity: state.last_activity,
            last_progress: state.last_progress,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Records a response that is complete now. Returns the time under which it is recorded.
    fn add_unwritten(&mut self, now: Duration) -> u64 {
        if self.unwritten.is_empty() {
            self.last_progress = now;
        }
        let time = now.as_secs();
        match self.unwritten.back_mut() {
            Some((last, count)) if *last == time => *count += 1,
            _ => self.unwritten.push_back((time, 1)),
        }
        time
    }

    /// Records that a response has been written or dropped.
    fn remove_unwritten(&mut self, time: u64) {
        let Some(index) = self.unwritten.iter().position(|(at, _)| *at == time) else { return };
        match self.unwritten.get_mut(index) {
            Some((_, count)) if *count > 1 => *count -= 1,
            _ => drop(self.unwritten.remove(index)),
        }
    }
}

impl OpenRequest {
    /// A request that [`Connection::start_request`] has recorded.
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        Self { connection, responded_at: None, charge: None }
    }

    /// The handler has returned a response, whose body holds the charged bytes.
    pub(crate) fn responded(&mut self, charge: Option<Charge>) {
        let mut state = self.connection.lock();
        let now = self.connection.totals.now();
        state.in_progress = state.in_progress.saturating_sub(1);
        state.last_activity = now;
        self.responded_at = Some(state.add_unwritten(now));
        drop(state);
        self.charge = charge;
    }

    /// More of the response is being computed: the client has read what was sent.
    pub(crate) fn resume(&mut self) {
        let Some(time) = self.responded_at.take() else { return };
        let mut state = self.connection.lock();
        let now = self.connection.totals.now();
        state.last_progress = now;
        state.remove_unwritten(time);
        state.in_progress += 1;
    }

    /// More of the response is there, of this size. Returns whether the budget of unread bytes has enough; if
    /// not, the response must be aborted. Never less than `min_bytes` are charged.
    pub(crate) fn send_more(&mut self, bytes: usize, min_bytes: usize) -> bool {
        let charged = self.charge.as_mut().is_none_or(|charge| charge.resize(bytes.max(min_bytes)));
        let charge = self.charge.take();
        self.responded(charge);
        charged
    }

    /// Records that a part of the response has been written.
    pub(crate) fn record_progress(&self) {
        self.connection.lock().last_progress = self.connection.totals.now();
    }
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        let mut state = self.connection.lock();
        let now = self.connection.totals.now();
        state.last_activity = now;
        match self.responded_at {
            Some(time) => {
                state.last_progress = now;
                state.remove_unwritten(time);
            }
            None => state.in_progress = state.in_progress.saturating_sub(1),
        }
        drop(state);
        self.connection.totals.open_requests.fetch_sub(1, Ordering::Relaxed);
    }
}
