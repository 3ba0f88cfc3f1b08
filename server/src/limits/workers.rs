//! A pool for work that occupies a processor: hashing, compiling, evaluating.
//!
//! Such work never runs on the threads that serve requests, few pieces of it run at once, and few
//! wait. Everything beyond is rejected at once, so that the cost of a burst is bounded.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::error::Error;

/// Runs blocking work with a fixed concurrency and a bounded queue.
#[derive(Debug)]
pub(crate) struct Workers {
    /// What the pool is for, as in messages: `hashing passwords`.
    purpose: &'static str,
    /// One permit for each piece of work that runs.
    running: Arc<Semaphore>,
    /// One permit for each piece of work that runs or waits.
    admitted: Arc<Semaphore>,
}

impl Workers {
    /// A pool in which `concurrency` pieces of work run and `queue` wait.
    pub(crate) fn new(purpose: &'static str, concurrency: usize, queue: usize) -> Self {
        Self {
            purpose,
            running: Arc::new(Semaphore::new(concurrency)),
            admitted: Arc::new(Semaphore::new(concurrency.saturating_add(queue))),
        }
    }

    /// Runs the work on a blocking thread and returns its result.
    ///
    /// Work that has started completes, and occupies its place until then, even if the future is
    /// dropped: a client that disconnects cannot start more work than one that waits.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the queue is full; [`Error::Internal`] if the work panics.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let full =
            |_| Error::Unavailable(format!("the server is busy {}; try again", self.purpose));
        let admitted = Arc::clone(&self.admitted).try_acquire_owned().map_err(full)?;
        let closed = |error: tokio::sync::AcquireError| Error::Internal(error.to_string());
        let running = Arc::clone(&self.running).acquire_owned().await.map_err(closed)?;
        tokio::task::spawn_blocking(move || {
            let _permits = (admitted, running);
            work()
        })
        .await
        .map_err(|error| Error::Internal(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use futures::FutureExt as _;

    use super::*;

    /// Work that runs until its sender is dropped.
    fn held() -> (Sender<()>, impl FnOnce() + Send + 'static) {
        let (sender, receiver) = channel::<()>();
        (sender, move || while receiver.recv().is_ok() {})
    }

    #[tokio::test]
    async fn work_beyond_the_queue_is_rejected() {
        let pool = Workers::new("testing", 1, 1);
        let ((release, first), (_, second)) = (held(), held());
        let mut running = Box::pin(pool.run(first));
        assert_eq!(running.as_mut().now_or_never(), None);
        let mut waiting = Box::pin(pool.run(second));
        assert_eq!(waiting.as_mut().now_or_never(), None);
        let rejected = pool.run(|| ()).await;
        let expected = "the server is busy testing; try again".to_owned();
        assert_eq!(rejected, Err(Error::Unavailable(expected)));
        drop(release);
        assert_eq!((running.await, waiting.await), (Ok(()), Ok(())));
        assert_eq!(pool.run(|| 7).await, Ok(7));
    }

    #[tokio::test]
    async fn abandoned_work_occupies_its_place_until_it_completes() {
        let pool = Workers::new("testing", 1, 0);
        let (release, work) = held();
        let mut abandoned = Box::pin(pool.run(work));
        assert_eq!(abandoned.as_mut().now_or_never(), None);
        drop(abandoned);
        assert!(pool.run(|| ()).await.is_err(), "the work still runs");
        drop(release);
        while pool.run(|| ()).await.is_err() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn abandoned_work_that_waits_never_runs() {
        let pool = Workers::new("testing", 1, 1);
        let (release, work) = held();
        let mut running = Box::pin(pool.run(work));
        assert_eq!(running.as_mut().now_or_never(), None);
        let (sender, receiver) = channel();
        let mut waiting = Box::pin(pool.run(move || sender.send(())));
        assert_eq!(waiting.as_mut().now_or_never(), None);
        drop(waiting);
        drop(release);
        assert_eq!(running.await, Ok(()));
        assert!(receiver.recv().is_err(), "the work was dropped without running");
    }
}
