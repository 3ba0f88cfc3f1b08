//! Permits for reading the database on a worker thread of the runtime.
//!
//! A read from the page cache takes a few microseconds, and handing it to another thread takes
//! several times as long. A read from disk may take a thousand times as long. The two cannot be
//! distinguished in advance, so at most half of the workers read inline: however slow the disk is, the
//! distinguished in advance, so at most half of the workers read inline: however slow the disk is,
//! the others keep serving.
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use tokio::runtime::{Handle, RuntimeFlavor};

/// Counts the workers that read inline at this moment.
#[derive(Default)]
pub(super) struct InlineReadPermits(AtomicUsize);

/// Permission for one inline read, until this is dropped.
pub(super) struct InlineReadPermit<'a>(&'a AtomicUsize);

impl InlineReadPermits {
    /// A permit for the current thread, unless half of the workers have one.
    pub(super) fn try_acquire(&self) -> Option<InlineReadPermit<'_>> {
        let max = workers() / 2;
        let one_more = |reading| (reading < max).then_some(reading + 1);
        self.0.fetch_update(Relaxed, Relaxed, one_more).ok().map(|_| InlineReadPermit(&self.0))
    }
}

impl Drop for InlineReadPermit<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

/// Number of worker threads of the current runtime.
fn workers() -> usize {
    match Handle::try_current() {
        Ok(handle) if handle.runtime_flavor() == RuntimeFlavor::MultiThread => {
            handle.metrics().num_workers()
        }
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Number of permits that are available at the same time.
    fn available() -> usize {
        let permits = InlineReadPermits::default();
        let acquired: Vec<_> = std::iter::from_fn(|| permits.try_acquire()).collect();
        let count = acquired.len();
        drop(acquired);
        assert_eq!(permits.try_acquire().is_some(), count > 0, "dropping releases permits");
        count
    }

    #[test]
    fn at_most_half_of_the_workers_read_inline() {
        for (workers, permits) in [(1, 0), (2, 1), (3, 1), (4, 2)] {
            let mut runtime = tokio::runtime::Builder::new_multi_thread();
            let runtime = runtime.worker_threads(workers).build().unwrap();
            assert_eq!(runtime.block_on(async { available() }), permits, "{workers} workers");
        }
    }

    #[test]
    fn the_only_thread_never_reads_inline() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert_eq!(runtime.block_on(async { available() }), 0);
        assert_eq!(available(), 0, "outside of a runtime");
    }
}
