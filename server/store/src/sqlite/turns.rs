//! How many workers of the runtime may read from the file themselves, at the same time.
//!
//! What is in the system's memory is read in some microseconds; to hand that over to another thread
//! takes several times as long. What has to come from the disk may take a thousand times as long,
//! and nobody knows it before. So never more than half of the workers read: however slow the disk
//! is, the others go on with everything else.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use tokio::runtime::{Handle, RuntimeFlavor};

/// The workers that read at this moment.
#[derive(Default)]
pub(super) struct Turns(AtomicUsize);

/// One of them, until this is dropped.
pub(super) struct Turn<'a>(&'a AtomicUsize);

impl Turns {
    /// A turn for the thread that asks, unless too many have one or nobody else would be left.
    pub(super) fn take(&self) -> Option<Turn<'_>> {
        let most = workers() / 2;
        let one_more = |reading| (reading < most).then_some(reading + 1);
        self.0.fetch_update(Relaxed, Relaxed, one_more).ok().map(|_| Turn(&self.0))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

/// Threads that run the tasks of this runtime.
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

    /// How many turns there are at the same time.
    fn all() -> usize {
        let turns = Turns::default();
        let taken: Vec<_> = std::iter::from_fn(|| turns.take()).collect();
        let count = taken.len();
        drop(taken);
        assert_eq!(turns.take().is_some(), count > 0, "given back, they are there again");
        count
    }

    #[test]
    fn half_of_the_workers_are_left() {
        for (workers, turns) in [(1, 0), (2, 1), (3, 1), (4, 2)] {
            let mut runtime = tokio::runtime::Builder::new_multi_thread();
            let runtime = runtime.worker_threads(workers).build().unwrap();
            assert_eq!(runtime.block_on(async { all() }), turns, "{workers} workers");
        }
    }

    #[test]
    fn the_only_thread_reads_nothing() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert_eq!(runtime.block_on(async { all() }), 0);
        assert_eq!(all(), 0, "outside of a runtime");
    }
}
