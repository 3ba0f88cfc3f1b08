//! State that the writer and its callers share.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use crate::{Clock, Failure, Revision, StoreError};

pub(super) struct Shared {
    pub(super) clock: Arc<dyn Clock>,
    /// The last transaction known to this server; other servers may have committed later ones.
    pub(super) revision: AtomicU64,
    /// Size of the tables when last measured.
    pub(super) size_bytes: AtomicU64,
    stop_reason: OnceLock<String>,
    degraded: AtomicBool,
    last_failure: Mutex<Option<Failure>>,
    /// In nanoseconds; 0 before the first commit.
    commit_latency: AtomicU64,
}

impl Shared {
    pub(super) fn new(clock: Arc<dyn Clock>, revision: Revision) -> Self {
        Self {
            clock,
            revision: AtomicU64::new(revision),
            size_bytes: AtomicU64::new(0),
            stop_reason: OnceLock::new(),
            degraded: AtomicBool::new(false),
            last_failure: Mutex::default(),
            commit_latency: AtomicU64::new(0),
        }
    }

    /// Updates the last known revision.
    pub(super) fn advance_revision(&self, revision: Revision) {
        self.revision.fetch_max(revision, Ordering::AcqRel);
    }

    /// Stops the engine for good. The first reason is kept.
    pub(super) fn stop(&self, reason: &str) {
        // A second reason is a consequence of the first.
        let _ = self.stop_reason.set(reason.to_owned());
    }

    /// Why the engine has stopped for good; `None` while it runs.
    pub(super) fn stopped(&self) -> Option<StoreError> {
        self.stop_reason.get().map(|reason| StoreError::Stopped(reason.clone()))
    }

    /// Records that a group failed. The next may succeed.
    pub(super) fn record_failure(&self, reason: &StoreError) {
        self.record_last_failure(reason);
        self.degraded.store(true, Ordering::Release);
    }

    /// Records that a group was committed, and how long it took.
    pub(super) fn record_success(&self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.commit_latency.store(nanos, Ordering::Relaxed);
        self.degraded.store(false, Ordering::Release);
    }

    /// Whether the last group failed.
    pub(super) fn is_degraded(&self) -> bool {
        self.degraded.load(Ordering::Acquire)
    }

    pub(super) fn record_last_failure(&self, reason: &StoreError) {
        let failure = Failure { at: self.clock.now(), reason: reason.to_string() };
        *self.last_failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
    }

    /// The most recent failure, resolved or not.
    pub(super) fn last_failure(&self) -> Option<Failure> {
        self.last_failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn commit_latency(&self) -> Option<Duration> {
        let nanos = self.commit_latency.load(Ordering::Relaxed);
        (nanos > 0).then(|| Duration::from_nanos(nanos))
    }
}
