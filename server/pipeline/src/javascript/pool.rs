//! Threads for evaluations.
//!
//! Not those of Tokio: a native function of QuickJS that takes long cannot be interrupted, and the runtime waits
//! for its threads when it stops.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};

use super::ScriptError;

/// Stack of a thread, in bytes.
pub(super) const STACK: usize = 2 << 20;
/// Maximum number of threads that did not stop in time. Beyond it, nothing is evaluated until one stops.
const ABANDONED: usize = 4;
/// Time, after the limit, in which an evaluation should have noticed that its time is over.
const GRACE: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Pool {
    permits: Semaphore,
    concurrent: usize,
    threads: Arc<AtomicUsize>,
}

/// Cancels an evaluation when its caller no longer waits for it.
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Counts a thread until it ends, also if it panics.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Pool {
    pub(super) fn new(concurrent: usize) -> Self {
        let concurrent = concurrent.max(1);
        Self { permits: Semaphore::new(concurrent), concurrent, threads: Arc::default() }
    }

    /// Number of threads, including abandoned ones.
    #[cfg(test)]
    pub(super) fn threads(&self) -> usize {
        self.threads.load(Ordering::Relaxed)
    }

    /// Runs a job on a thread. It gets a flag that is set when it should stop. `time` is the limit that the job itself
    /// observes.
    ///
    /// # Errors
    /// [`ScriptError::Time`] if the job does not end soon after its time limit; its thread is abandoned then.
    /// [`ScriptError::Unavailable`] if there is no thread for it.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        time: Duration,
        job: impl FnOnce(&Arc<AtomicBool>) -> T + Send + 'static,
    ) -> Result<T, ScriptError> {
        let unavailable = |reason: &str| ScriptError::Unavailable(reason.to_owned());
        let permit = self.permits.acquire().await;
        let _permit = permit.map_err(|error| unavailable(&error.to_string()))?;
        if self.threads.load(Ordering::Relaxed) >= self.concurrent + ABANDONED {
            return Err(unavailable("too many scripts that exceeded their time limit do not stop"));
        }
        let is_cancelled = Arc::new(AtomicBool::new(false));
        let _cancel = CancelOnDrop(Arc::clone(&is_cancelled));
        let counted = Counted::new(&self.threads);
        let (sender, result) = oneshot::channel();
        let thread = std::thread::Builder::new().name("javascript".into()).stack_size(STACK);
        let body = move || {
            let _counted = counted;
            // The receiver is gone if the caller no longer waits for the result.
            let _ = sender.send(job(&is_cancelled));
        };
        thread
            .spawn(body)
            .map_err(|error| unavailable(&format!("cannot start a thread: {error}")))?;
        match tokio::time::timeout(time.saturating_add(GRACE), result).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(_)) => Err(unavailable("the evaluation ended unexpectedly")),
            Err(_) => Err(ScriptError::Time(time)),
        }
    }
}
