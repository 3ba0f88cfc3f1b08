//! What the engine's threads and its callers know together.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use super::cache::Cache;
use crate::{Clock, Failure, Revision, StoreError};

/// What the engine's threads and its callers know together.
pub(super) struct Shared {
    pub(super) path: PathBuf,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) cache: Cache,
    /// The last committed transaction.
    pub(super) revision: AtomicU64,
    /// Set when the engine is to end; long work for callers stops early.
    pub(super) closing: AtomicBool,
    touched: RwLock<HashMap<String, Revision>>,
    failure: OnceLock<String>,
    trouble: Mutex<Option<String>>,
    troubled: AtomicBool,
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
            touched: RwLock::default(),
            failure: OnceLock::new(),
            trouble: Mutex::default(),
            troubled: AtomicBool::new(false),
            last_failure: Mutex::default(),
            commit_latency: AtomicU64::new(0),
        }
    }

    /// Stops the engine for good: nothing is acknowledged from now on. The first reason stays.
    pub(super) fn fail(&self, reason: String) {
        // A second failure is a consequence of the first, which is the one to tell.
        if self.failure.set(reason.clone()).is_ok() {
            self.remember(reason);
        }
    }

    /// The reason why the engine stopped for good.
    pub(super) fn failed(&self) -> Option<StoreError> {
        self.failure.get().map(|reason| StoreError::Stopped(reason.clone()))
    }

    /// The last group failed, but the next may not.
    pub(super) fn trouble(&self, reason: String) {
        self.remember(reason.clone());
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
        self.troubled.store(true, Ordering::Release);
    }

    /// A group succeeded.
    pub(super) fn recovered(&self) {
        if self.troubled.swap(false, Ordering::AcqRel) {
            *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    /// Whether the last group failed in a way that the next may not.
    pub(super) fn troubled(&self) -> bool {
        self.troubled.load(Ordering::Acquire) && self.failure.get().is_none()
    }

    /// Why writes fail at this time.
    pub(super) fn complaint(&self) -> Option<String> {
        let trouble = || self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.failure.get().cloned().or_else(trouble)
    }

    fn remember(&self, reason: String) {
        let failure = Failure { at: self.clock.now(), reason };
        *self.last_failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
    }

    /// The last failure of any kind, over or not.
    pub(super) fn last_failure(&self) -> Option<Failure> {
        self.last_failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A group took so long from its first statement to the end of its commit.
    pub(super) fn took(&self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.commit_latency.store(nanos, Ordering::Relaxed);
    }

    /// How long the last group took.
    pub(super) fn commit_latency(&self) -> Option<Duration> {
        let nanos = self.commit_latency.load(Ordering::Relaxed);
        (nanos > 0).then(|| Duration::from_nanos(nanos))
    }

    /// The last revision that touched any of the rooms.
    pub(super) fn last_modified(&self, rooms: &[&str]) -> Revision {
        let touched = self.touched.read().unwrap_or_else(PoisonError::into_inner);
        rooms.iter().filter_map(|room| touched.get(*room)).copied().max().unwrap_or(0)
    }

    /// Publishes what a group touched. After its commit: whoever learns of the new revision and
    /// then reads must see what it wrote. Before its acknowledgement: whoever was told of the write
    /// must see the new revision.
    pub(super) fn touch(&self, rooms: HashMap<String, Revision>) {
        let mut touched = self.touched.write().unwrap_or_else(PoisonError::into_inner);
        touched.extend(rooms);
    }
}
