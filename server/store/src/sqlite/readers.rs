//! Reads: connections of their own, on threads that may block.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::failure::failed;
use super::file::{Role, connect};
use super::shared::Shared;
use crate::StoreError;

/// A few connections, opened when first needed, shared by all reads.
pub(super) struct Readers {
    shared: Arc<Shared>,
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
    count: u32,
}

impl Readers {
    pub(super) fn new(shared: Arc<Shared>, count: usize) -> Self {
        let count = u32::try_from(count.clamp(1, 1024)).unwrap_or(1);
        let permits = Arc::new(Semaphore::new(count as usize));
        Self { shared, idle: Mutex::default(), permits, count }
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
            Ok(Ok(value)) => Ok(value),
            Ok(Err(_)) if self.shared.closing.load(Ordering::Relaxed) => Err(closed()),
            Ok(Err(error)) => Err(failed(&error)),
            Err(stopped) => Err(StoreError::Stopped(stopped.to_string())),
        }
    }

    fn with_connection<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut db = match idle {
            Some(db) => db,
            None => connect(&self.shared.path, Role::Reader)?,
        };
        let value = work(&mut db)?;
        // After an error the connection is closed instead, whatever state it was in.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(db);
        Ok(value)
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
