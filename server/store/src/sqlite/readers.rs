//! Reads: on separate connections and blocking threads; short reads inline if possible.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::connection::{Role, connect};
use super::failure::store_error;
use super::inline_reads::InlineReadPermits;
use super::shared::Shared;
use crate::StoreError;

/// A pool of connections, opened when first needed.
pub(super) struct Readers {
    shared: Arc<Shared>,
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
    count: u32,
    inline: InlineReadPermits,
}

impl Readers {
    pub(super) fn new(shared: Arc<Shared>, count: usize) -> Self {
        let count = u32::try_from(count.clamp(1, 1024)).unwrap_or(1);
        let permits = Arc::new(Semaphore::new(count as usize));
        let inline = InlineReadPermits::default();
        Self { shared, idle: Mutex::default(), permits, count, inline }
    }

    /// Runs `work` on a blocking thread, with a connection whose snapshot starts no earlier than
    /// now.
    pub(super) async fn read_blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| closed())?;
        let readers = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || {
            let done = readers.with_connection(work);
            // The permit stands for the thread, so it is held even if the caller is dropped.
            drop(permit);
            done
        });
        match done.await {
            Ok(done) => self.store_result(done),
            Err(stopped) => Err(StoreError::Stopped(stopped.to_string())),
        }
    }

    /// Runs `work` that takes a few microseconds unless it waits for the disk: on the current
    /// thread, if it gets [permission](InlineReadPermits) and a connection is idle, otherwise like
    /// [`read_blocking`](Self::read_blocking).
    pub(super) async fn read_inline<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        if let Some(_inline) = self.inline.try_acquire()
            && let Ok(_permit) = self.permits.try_acquire()
            && let Some(db) = self.take_idle()
        {
            return self.store_result(self.read(db, work));
        }
        self.read_blocking(work).await
    }

    fn with_connection<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let db = match self.take_idle() {
            Some(db) => db,
            None => connect(&self.shared.path, Role::Reader)?,
        };
        self.read(db, work)
    }

    fn take_idle(&self) -> Option<Connection> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn read<T>(
        &self,
        mut db: Connection,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let value = work(&mut db)?;
        // After an error the connection is closed instead, because its state is unknown.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(db);
        Ok(value)
    }

    fn store_result<T>(&self, done: rusqlite::Result<T>) -> Result<T, StoreError> {
        match done {
            Ok(value) => Ok(value),
            Err(_) if self.shared.closing.load(Ordering::Relaxed) => Err(closed()),
            Err(error) => Err(store_error(&error)),
        }
    }

    /// Waits for the current reads, rejects further ones, and closes the connections.
    pub(super) async fn close(&self) {
        // Fails if the pool is already closed.
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

    /// The thread that runs a short read.
    async fn reading_thread(readers: &Arc<Readers>) -> ThreadId {
        readers.read_inline(|_| Ok(thread::current().id())).await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn short_reads_are_inline_while_a_connection_is_idle() {
        let dir = tempfile::tempdir().unwrap();
        let readers = readers(&dir, 1);
        let here = thread::current().id();
        assert_ne!(reading_thread(&readers).await, here, "a connection must be opened");
        assert_eq!(reading_thread(&readers).await, here);
        let permit = readers.inline.try_acquire().unwrap();
        assert_ne!(reading_thread(&readers).await, here, "another thread reads inline");
        drop(permit);
        assert_eq!(reading_thread(&readers).await, here);
        readers.close().await;
        assert!(readers.read_inline(|_| Ok(())).await.is_err());
    }

    #[tokio::test]
    async fn the_only_thread_never_reads_inline() {
        let dir = tempfile::tempdir().unwrap();
        let readers = readers(&dir, 1);
        for _ in 0..2 {
            assert_ne!(reading_thread(&readers).await, thread::current().id());
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_failed_inline_read_closes_its_connection() {
        let dir = tempfile::tempdir().unwrap();
        let readers = readers(&dir, 1);
        readers.read_blocking(|_| Ok(())).await.unwrap();
        let failed = readers.read_inline(|db| db.execute_batch("SELECT * FROM others")).await;
        assert!(matches!(failed, Err(StoreError::Failed(_))), "{failed:?}");
        assert!(readers.take_idle().is_none());
        assert!(readers.read_inline(|_| Ok(())).await.is_ok(), "the next read opens a connection");
    }
}
