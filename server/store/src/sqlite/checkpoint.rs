//! Checkpoints: a separate thread copies the log into the database file in small steps, so that no
//! write waits for more than a small part of it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::{Connection, DEFAULT_NAME, ErrorCode};

use super::OpenError;
use super::connection::{Role, connect};
use super::failure::{is_disk_full, is_fatal};
use super::paths::with_path;
use super::shared::Shared;
use crate::Durability;

pub(super) use rusqlite::wal::CheckpointMode;

/// Number of pages written between two steps: 4 MiB.
const STEP_PAGES: u32 = 1024;

/// Number of pages in the log from which on the writer helps to restart it: 32 MiB.
///
/// SQLite restarts the log from its beginning only when all of it was copied. Under constant load
/// the thread never finishes, because more is written during each step. So from time to time the
/// writer, between two groups, copies the rest that the thread has left.
const RESTART_PAGES: u32 = 8192;

/// The checkpointer as the writer sees it.
pub(super) struct Checkpointer {
    wake: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    running: Arc<AtomicBool>,
    /// Number of pages in the log, set by SQLite with each commit.
    pages: Arc<AtomicU32>,
    /// Number of pages in the log after the last commit.
    last_pages: u32,
    /// Number of pages written since the thread was last woken.
    pending: u32,
    /// Number of pages in the log from which on [`before_group`](Self::before_group) acts.
    next_restart: u32,
}

impl Checkpointer {
    /// Starts the thread, and counts the pages that `writer` adds to the log.
    pub(super) fn start(
        writer: &mut Connection,
        shared: &Arc<Shared>,
        durability: Durability,
    ) -> Result<Self, OpenError> {
        let pages = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&pages);
        writer.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages: i32| {
            count.store(pages.unsigned_abs(), Ordering::Relaxed);
            Ok(())
        }))?;
        let db = connect(&shared.path, Role::Checkpointer(durability))?;
        // One wake-up may wait while a step runs; further ones would add nothing.
        let (wake, woken) = sync_channel(1);
        let running = Arc::new(AtomicBool::new(false));
        let (shared, busy) = (Arc::clone(shared), Arc::clone(&running));
        let path = shared.path.clone();
        let thread = std::thread::Builder::new()
            .name("store-checkpoint".to_owned())
            .spawn(move || run(&db, &woken, &busy, &shared))
            .map_err(with_path(Path::new(&path)))?;
        let (wake, thread) = (Some(wake), Some(thread));
        Ok(Self {
            wake,
            thread,
            running,
            pages,
            last_pages: 0,
            pending: 0,
            next_restart: RESTART_PAGES,
        })
    }

    /// Must be called after each commit.
    pub(super) fn after_commit(&mut self) {
        let pages = self.pages.load(Ordering::Relaxed);
        let restarted = pages < self.last_pages;
        self.pending += if restarted { pages } else { pages - self.last_pages };
        self.last_pages = pages;
        if restarted {
            self.next_restart = RESTART_PAGES;
        }
        if self.pending >= STEP_PAGES {
            self.pending = 0;
            self.running.store(true, Ordering::Release);
            if let Some(wake) = &self.wake {
                // A full channel means that a wake-up is already waiting.
                let _ = wake.try_send(());
            }
        }
    }

    /// Must be called before each group. Copies the rest of a long log.
    pub(super) fn before_group(&mut self, writer: &Connection) -> rusqlite::Result<()> {
        if self.last_pages < self.next_restart || self.running.load(Ordering::Acquire) {
            return Ok(());
        }
        // If a reader still needs the log, this is retried later, but not with every group.
        self.next_restart = self.last_pages + STEP_PAGES;
        self.pending = 0;
        step(writer, CheckpointMode::PASSIVE)
    }

    /// Ends the thread.
    pub(super) fn stop(&mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            // The thread has already reported its failure, if any.
            let _ = thread.join();
        }
    }
}

fn run(db: &Connection, woken: &Receiver<()>, running: &AtomicBool, shared: &Shared) {
    while woken.recv().is_ok() {
        // The failed sync may concern the database or the log: no further sync can be trusted.
        if shared.stopped().is_some() {
            return;
        }
        if let Err(error) = step(db, CheckpointMode::PASSIVE) {
            if is_fatal(&error) {
                shared.stop(format!("a checkpoint failed: {error}"));
                return;
            }
            shared.record_failure(format!("a checkpoint failed: {error}"));
        }
        running.store(false, Ordering::Release);
    }
}

/// Copies the whole log. Returns whether that was possible: not if the disk is full or a reader still
/// needs part of the log.
pub(super) fn copy_all(db: &Connection) -> rusqlite::Result<bool> {
    match db.wal_checkpoint_v2(DEFAULT_NAME, CheckpointMode::PASSIVE) {
        Ok((total, copied)) => Ok(copied == total),
        Err(error) if is_disk_full(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Copies as much of the log as possible. A concurrent checkpoint is not an error.
pub(super) fn step(db: &Connection, mode: CheckpointMode) -> rusqlite::Result<()> {
    match db.wal_checkpoint_v2(DEFAULT_NAME, mode) {
        Err(error)
            if matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
            ) =>
        {
            Ok(())
        }
        done => done.map(|_| ()),
    }
}
