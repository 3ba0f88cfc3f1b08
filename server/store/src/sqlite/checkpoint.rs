//! Checkpoints: what the log holds is moved into the database file, in small steps, by a thread
//! of its own, so that no write waits for more than a little of it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::{Connection, DEFAULT_NAME, ErrorCode};

use super::Durability;
use super::failure::fatal;
use super::file::{Role, connect};
use super::shared::Shared;

pub(super) use rusqlite::wal::CheckpointMode;

/// Pages written between two steps: 4 MB.
const STEP: u32 = 1024;

/// Pages in the log from which on the writer tries to begin it anew: 32 MB.
///
/// SQLite begins the log anew only when all of it has been moved. Under constant load the thread
/// never gets there, for while it moves a step the next is written. So now and then the writer,
/// between two groups, moves the little that the thread left.
const ANEW: u32 = 8192;

/// The writer's side.
pub(super) struct Checkpointer {
    wake: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    at_work: Arc<AtomicBool>,
    /// Pages in the log after the last commit.
    pages: Arc<AtomicU32>,
    last_pages: u32,
    unmoved: u32,
    next_try: u32,
}

impl Checkpointer {
    /// Starts the thread and counts the pages of the log that `writer` fills.
    pub(super) fn start(
        writer: &mut Connection,
        shared: &Arc<Shared>,
        durability: Durability,
    ) -> Result<Self, super::OpenError> {
        let pages = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&pages);
        writer.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages: i32| {
            count.store(pages.unsigned_abs(), Ordering::Relaxed);
            Ok(())
        }))?;
        let db = connect(&shared.path, Role::Checkpointer(durability))?;
        // One wake-up may wait while a step runs; more would say the same.
        let (wake, woken) = sync_channel(1);
        let at_work = Arc::new(AtomicBool::new(false));
        let (shared, busy) = (Arc::clone(shared), Arc::clone(&at_work));
        let path = shared.path.clone();
        let thread = std::thread::Builder::new()
            .name("store-checkpoint".to_owned())
            .spawn(move || run(&db, &woken, &busy, &shared))
            .map_err(super::file::at(Path::new(&path)))?;
        let (wake, thread) = (Some(wake), Some(thread));
        Ok(Self { wake, thread, at_work, pages, last_pages: 0, unmoved: 0, next_try: ANEW })
    }

    /// To be called after each commit.
    pub(super) fn committed(&mut self) {
        let pages = self.pages.load(Ordering::Relaxed);
        let begun_anew = pages < self.last_pages;
        self.unmoved += if begun_anew { pages } else { pages - self.last_pages };
        self.last_pages = pages;
        if begun_anew {
            self.next_try = ANEW;
        }
        if self.unmoved >= STEP {
            self.unmoved = 0;
            self.at_work.store(true, Ordering::Release);
            if let Some(wake) = &self.wake {
                // Full means that a wake-up is waiting already.
                let _ = wake.try_send(());
            }
        }
    }

    /// To be called before each group: moves the rest when the log has become long.
    pub(super) fn before_group(&mut self, writer: &Connection) -> rusqlite::Result<()> {
        if self.last_pages < self.next_try || self.at_work.load(Ordering::Acquire) {
            return Ok(());
        }
        // A reader may still need the log. Then it is tried again, but not with every group.
        self.next_try = self.last_pages + STEP;
        self.unmoved = 0;
        step(writer, CheckpointMode::PASSIVE)
    }

    /// Ends the thread.
    pub(super) fn stop(&mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            // It has told of its failure, if it had one.
            let _ = thread.join();
        }
    }
}

fn run(db: &Connection, woken: &Receiver<()>, at_work: &AtomicBool, shared: &Shared) {
    while woken.recv().is_ok() {
        // The failed sync may have been this file's or the log's: no further one is to be trusted.
        if shared.failed().is_some() {
            return;
        }
        if let Err(error) = step(db, CheckpointMode::PASSIVE) {
            if fatal(&error) {
                shared.fail(format!("a checkpoint failed: {error}"));
                return;
            }
            shared.trouble(format!("a checkpoint failed: {error}"));
        }
        at_work.store(false, Ordering::Release);
    }
}

/// Moves what can be moved. That someone else is at it is no failure.
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
