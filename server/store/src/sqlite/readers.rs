//! Reads: connections of their own, on threads that may block; short ones at once, where they are
//! asked for.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::failure::failed;
use super::file::{Role, connect};
use super::shared::Shared;
use super::turns::Turns;
use crate::StoreError;

/// A few connections, opened when first needed, shared by all reads.
pub(super) struct Readers {
    shared: Arc<Shared>,
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
    count: u32,
    turns: Turns,
}

impl Readers {
    pub(super) fn new(shared: Arc<Shared>, count: usize) -> Self {
        let count = u32::try_from(count.clamp(1, 1024)).unwrap_or(1);
        let permits = Arc::new(Semaphore::new(count as usize));
        Self { shared, idle: Mutex::default(), permits, count, turns: Turns::default() }
    }

    /// Does the work on a thread that may block, with a connection whose snapshot begins no
    /// earlier than now.
    pub(super) async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| closed())?;
        let readers = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || {
            let done = readers.with_connection(work);
            // Given back only now, also when the caller has long gone: it stands for the thread.
            drop(permit);
            done
        });
        match done.await {
            Ok(done) => self.answer(done),
            Err(stopped) => Err(StoreError::Stopped(stopped.to_string())),
        }
    }

    /// Does work that takes some microseconds unless it has to wait for the disk: on the thread that
    /// asks, if it has a [turn](Turns) and a connection is at hand, otherwise like any other work.
    pub(super) async fn brief<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        if let Some(_turn) = self.turns.take()
            && let Ok(_permit) = self.permits.try_acquire()
            && let Some(db) = self.idle()
        {
            return self.answer(self.with(db, work));
        }
        self.run(work).await
    }

    fn with_connection<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let db = match self.idle() {
            Some(db) => db,
            None => connect(&self.shared.path, Role::Reader)?,
        };
        self.with(db, work)
    }

    fn idle(&self) -> Option<Connection> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn with<T>(
        &self,
        mut db: Connection,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let value = work(&mut db)?;
        // After an error the connection is closed instead, whatever state it was in.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(db);
        Ok(value)
    }

    fn answer<T>(&self, done: rusqlite::Result<T>) -> Result<T, StoreError> {
        match done {
            Ok(value) => Ok(value),
            Err(_) if self.shared.closing.load(Ordering::Relaxed) => Err(closed()),
            Err(error) => Err(failed(&error)),
        }
    }

    /// Waits for reads under way, refuses further ones, closes the connections.
    pub(super) async fn close(&self) {
        // Fails if it is closed already.
        let _all = self.permits.acquire_many(self.count).await;
        self.permits.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

pub(super) fn closed() -> StoreError {
    StoreError::Stopped("closed".to_owned())
}

#[cfg(test)]
mod tests {
    use std::thread::{self, ThreadId};

    use super::super::cache::Cache;
    use super::*;
    use crate::ManualClock;

    fn readers(dir: &tempfile::TempDir, count: usize) -> Arc<Readers> {
        let path = dir.path().join("file");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE things (name)").unwrap();
        let shared = Shared::new(path, Arc::new(ManualClock::at(0)), Cache::new(0), 0);
        Arc::new(Readers::new(Arc::new(shared), count))
    }

    /// Which thread does short work.
    async fn reader(readers: &Arc<Readers>) -> ThreadId {
        readers.brief(|_| Ok(thread::current().id())).await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn short_work_is_done_at_once_when_a_connection_is_at_hand() {
        let dir = tempfile::tempdir().unwrap();
        let readers = readers(&dir, 1);
        let here = thread::current().id();
        assert_ne!(reader(&readers).await, here, "a connection has to be opened");
        assert_eq!(reader(&readers).await, here);
        let turn = readers.turns.take().unwrap();
        assert_ne!(reader(&readers).await, here, "another one reads");
        drop(turn);
        assert_eq!(reader(&readers).await, here);
        readers.close().await;
        assert!(readers.brief(|_| Ok(())).await.is_err());
    }

    #[tokio::test]
    async fn the_only_thread_hands_all_work_over() {
        let dir = tempfile::tempdir().unwrap();
        let readers = readers(&dir, 1);
        for _ in 0..2 {
            assert_ne!(reader(&readers).await, thread::current().id());
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_fails_at_once_closes_its_connection() {
        let dir = tempfile::tempdir().unwrap();
        let readers = readers(&dir, 1);
        readers.run(|_| Ok(())).await.unwrap();
        let failed = readers.brief(|db| db.execute_batch("SELECT * FROM others")).await;
        assert!(matches!(failed, Err(StoreError::Failed(_))), "{failed:?}");
        assert!(readers.idle().is_none());
        assert!(readers.brief(|_| Ok(())).await.is_ok(), "the next one opens another");
    }
}
