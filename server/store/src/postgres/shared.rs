//! What the writer and its callers know together.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use crate::{Clock, Failure, Revision, StoreError};

/// What the writer and its callers know together.
pub(super) struct Shared {
    pub(super) clock: Arc<dyn Clock>,
    /// The last transaction this server heard of; other servers may have gone on.
    pub(super) revision: AtomicU64,
    /// Size of the tables when last measured.
    pub(super) size_bytes: AtomicU64,
    stopped: OnceLock<String>,
    troubled: AtomicBool,
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
            stopped: OnceLock::new(),
            troubled: AtomicBool::new(false),
            last_failure: Mutex::default(),
            commit_latency: AtomicU64::new(0),
        }
    }

    /// The store heard of this transaction.
    pub(super) fn heard_of(&self, revision: Revision) {
        self.revision.fetch_max(revision, Ordering::AcqRel);
    }

    /// Stops the engine for good. The first reason stays.
    pub(super) fn stop(&self, reason: &str) {
        // A second reason is a consequence of the first.
        let _ = self.stopped.set(reason.to_owned());
    }

    /// Why the engine stopped for good.
    pub(super) fn stopped(&self) -> Option<StoreError> {
        self.stopped.get().map(|reason| StoreError::Stopped(reason.clone()))
    }

    /// A group failed; the next may not.
    pub(super) fn trouble(&self, reason: &StoreError) {
        self.remember(reason);
        self.troubled.store(true, Ordering::Release);
    }

    /// A group succeeded after `time`.
    pub(super) fn succeeded(&self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.commit_latency.store(nanos, Ordering::Relaxed);
        self.troubled.store(false, Ordering::Release);
    }

    /// Whether the last group failed.
    pub(super) fn troubled(&self) -> bool {
        self.troubled.load(Ordering::Acquire)
    }

    /// Keeps a failure for those who ask later.
    pub(super) fn remember(&self, reason: &StoreError) {
        let failure = Failure { at: self.clock.now(), reason: reason.to_string() };
        *self.last_failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
    }

    /// The last failure of any kind, over or not.
    pub(super) fn last_failure(&self) -> Option<Failure> {
        self.last_failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How long the last group took.
    pub(super) fn commit_latency(&self) -> Option<Duration> {
        let nanos = self.commit_latency.load(Ordering::Relaxed);
        (nanos > 0).then(|| Duration::from_nanos(nanos))
    }
}
