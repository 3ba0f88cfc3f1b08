//! Closes connections that are idle, whose clients do not read, or that exceed a limit, and counts
//! descriptors. A thread of its own, so that it works while the server is overloaded.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::context::Cx;
use super::sockets::{self, Listener, Sockets};
use crate::limits::log_limit::LogLimit;

/// Interval between two runs. A limit that is exceeded starts a run at once.
const INTERVAL: Duration = Duration::from_secs(1);

/// The same while unfinished request heads can exceed their limit.
const SHORT_INTERVAL: Duration = Duration::from_millis(100);

/// Minimum time between two runs.
const PAUSE: Duration = Duration::from_millis(20);

/// Descriptors that connections leave to files, to the database and to the watchdog itself.
const RESERVED_DESCRIPTORS: usize = 64;

const BEYOND_LIMIT: &str = "connections were closed because there are too many";

const NOT_EXAMINED: &str = "connections could not be examined";

/// The thread, and the listener whose connections it closes. Stops when dropped.
pub(super) struct Watchdog {
    listener: Listener,
    thread: Option<JoinHandle<()>>,
    stop: Arc<AtomicBool>,
}

impl Watchdog {
    /// Starts the thread for the listener with an address.
    ///
    /// # Errors
    /// If the system does not support it.
    pub(super) fn start(cx: &Cx, address: SocketAddr) -> anyhow::Result<Self> {
        let mut sockets = Sockets::new().context("descriptors cannot be duplicated")?;
        let listener = sockets.listener(address)?;
        listener.configure().context("options of the listener")?;
        let stop = Arc::new(AtomicBool::new(false));
        let connections = Arc::clone(&cx.connections);
        let (cx, stopped) = (Arc::clone(cx), Arc::clone(&stop));
        let thread = std::thread::Builder::new().name("watchdog".into()).spawn(move || {
            let mut limit = LogLimit::default();
            while !stopped.load(Ordering::Relaxed) {
                let closed = run(&cx, &mut sockets, address);
                if !matches!(closed, Ok(0))
                    && let Some(suppressed) = limit.admit(Instant::now())
                {
                    match closed {
                        Ok(closed) => tracing::warn!(closed, suppressed, "{BEYOND_LIMIT}"),
                        Err(error) => tracing::warn!(%error, suppressed, "{NOT_EXAMINED}"),
                    }
                }
                std::thread::sleep(PAUSE);
                let is_short = cx.connections.heads_can_exceed();
                std::thread::park_timeout(if is_short { SHORT_INTERVAL } else { INTERVAL });
            }
        })?;
        connections.set_watchdog(thread.thread().clone());
        Ok(Self { listener, thread: Some(thread), stop })
    }

    /// Refuses new connections from now on.
    pub(super) fn refuse(&self) {
        if let Err(error) = self.listener.refuse() {
            tracing::warn!(%error, "new connections are not refused");
        }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // It has not panicked; if it had, nothing would be left to stop.
            let _ = thread.join();
        }
    }
}

/// One run. Returns how many connections were closed because a limit is exceeded.
fn run(cx: &Cx, sockets: &mut Sockets, address: SocketAddr) -> std::io::Result<usize> {
    let connections = &cx.connections;
    let at = connections.now();
    let open = sockets.open(address)?;
    let limit = sockets::descriptor_limit().unwrap_or(usize::MAX);
    let others = open.descriptors.saturating_sub(open.peers.len());
    let available = limit.saturating_sub(others + RESERVED_DESCRIPTORS);
    connections.set_descriptors_left(limit.saturating_sub(open.descriptors));
    let selected = connections.select(&open.peers, at, available.max(1));
    let mut closed =
        if selected.is_empty() { Vec::new() } else { sockets.close(address, &selected)? };
    closed.retain(|(peer, _)| connections.record_closing(*peer));
    for (_, reason) in &closed {
        cx.metrics.record_closed_connection(reason.label());
    }
    Ok(closed.iter().filter(|(_, reason)| reason.is_limit()).count())
}
