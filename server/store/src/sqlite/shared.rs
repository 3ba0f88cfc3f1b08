//! State that the threads of the engine and its callers share.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::cache::Cache;
use super::last_modified::LastModified;
use crate::{Clock, Failure, Revision, StoreError};

pub(super) struct Shared {
    pub(super) path: PathBuf,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) cache: Cache,
    /// The last committed transaction.
    pub(super) revision: AtomicU64,
    /// Set when the store is being closed: long operations end early.
    pub(super) closing: AtomicBool,
    pub(super) last_modified: LastModified,
    stop_reason: OnceLock<String>,
    write_failure: Mutex<Option<String>>,
    degraded: AtomicBool,
    last_failure: Mutex<Option<Failure>>,
    /// In nanoseconds; 0 before the first commit.
    commit_latency: AtomicU64,
}

impl Shared {
    pub(super) fn new(
        path: PathBuf,
        clock: Arc<dyn Clock>,
        cache: Cache,
        revision: Revision,
    ) -> Self {
        Self {
            path,
            clock,
            cache,
            revision: AtomicU64::new(revision),
            closing: AtomicBool::new(false),
            last_modified: LastModified::default(),
            stop_reason: OnceLock::new(),
            write_failure: Mutex::default(),
            degraded: AtomicBool::new(false),
            last_failure: Mutex::default(),
            commit_latency: AtomicU64::new(0),
        }
    }

    /// Stops the engine for good: nothing is acknowledged from now on. The first reason is kept.
    pub(super) fn stop(&self, reason: String) {
        // A second failure is a consequence of the first, which is the one to report.
        if self.stop_reason.set(reason.clone()).is_ok() {
            self.record_last_failure(reason);
        }
    }

    /// Why the engine has stopped for good; `None` while it runs.
    pub(super) fn stopped(&self) -> Option<StoreError> {
        self.stop_reason.get().map(|reason| StoreError::Stopped(reason.clone()))
    }

    /// Records that a group failed in a way from which the engine can recover.
    pub(super) fn record_failure(&self, reason: String) {
        self.record_last_failure(reason.clone());
        *self.write_failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
        self.degraded.store(true, Ordering::Release);
    }

    /// Records that a group was committed.
    pub(super) fn record_success(&self) {
        if self.degraded.swap(false, Ordering::AcqRel) {
            *self.write_failure.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    /// Whether the last group failed, and the engine can recover.
    pub(super) fn is_degraded(&self) -> bool {
        self.degraded.load(Ordering::Acquire) && self.stop_reason.get().is_none()
    }

    /// Why writes fail now.
    pub(super) fn write_failure(&self) -> Option<String> {
        let recoverable =
            || self.write_failure.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.stop_reason.get().cloned().or_else(recoverable)
    }

    fn record_last_failure(&self, reason: String) {
        let failure = Failure { at: self.clock.now(), reason };
        *self.last_failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
    }

    /// The most recent failure, resolved or not.
    pub(super) fn last_failure(&self) -> Option<Failure> {
        self.last_failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Records the duration of a group from its first statement to the end of its commit.
    pub(super) fn record_commit_latency(&self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.commit_latency.store(nanos, Ordering::Relaxed);
    }

    pub(super) fn commit_latency(&self) -> Option<Duration> {
        let nanos = self.commit_latency.load(Ordering::Relaxed);
        (nanos > 0).then(|| Duration::from_nanos(nanos))
    }
}
