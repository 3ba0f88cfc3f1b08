//! What the engine's threads and its callers know together.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use super::cache::Cache;
use crate::{Clock, Revision, StoreError};

/// What the engine's threads and its callers know together.
pub(super) struct Shared {
    pub(super) path: PathBuf,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) cache: Cache,
    /// The last committed transaction.
    pub(super) revision: AtomicU64,
    /// Bytes of transactions that wait.
    pub(super) queued_bytes: AtomicUsize,
    /// Set when the engine is to end; long work for callers stops early.
    pub(super) closing: AtomicBool,
    touched: RwLock<HashMap<String, Revision>>,
    failure: OnceLock<String>,
    trouble: Mutex<Option<String>>,
    troubled: AtomicBool,
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
            queued_bytes: AtomicUsize::new(0),
            closing: AtomicBool::new(false),
            touched: RwLock::default(),
            failure: OnceLock::new(),
            trouble: Mutex::default(),
            troubled: AtomicBool::new(false),
        }
    }

    /// Stops the engine for good: nothing is acknowledged from now on. The first reason stays.
    pub(super) fn fail(&self, reason: String) {
        // A second failure is a consequence of the first, which is the one to tell.
        let _ = self.failure.set(reason);
    }

    /// The reason why the engine stopped for good.
    pub(super) fn failed(&self) -> Option<StoreError> {
        self.failure.get().map(|reason| StoreError::Stopped(reason.clone()))
    }

    /// The last group failed, but the next may not.
    pub(super) fn trouble(&self, reason: String) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
        self.troubled.store(true, Ordering::Release);
    }

    /// A group succeeded.
    pub(super) fn recovered(&self) {
        if self.troubled.swap(false, Ordering::AcqRel) {
            *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    /// Why writes fail at this time.
    pub(super) fn complaint(&self) -> Option<String> {
        let trouble = || self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.failure.get().cloned().or_else(trouble)
    }

    /// The last revision that touched the room.
    pub(super) fn touched(&self, room: &str) -> Revision {
        let touched = self.touched.read().unwrap_or_else(PoisonError::into_inner);
        touched.get(room).copied().unwrap_or(0)
    }

    /// Publishes what a group touched. After its commit: whoever learns of the new revision and
    /// then reads must see what it wrote. Before its acknowledgement: whoever was told of the write
    /// must see the new revision.
    pub(super) fn touch(&self, rooms: HashMap<String, Revision>) {
        let mut touched = self.touched.write().unwrap_or_else(PoisonError::into_inner);
        touched.extend(rooms);
    }
}
