//! Repeats attempts that failed for a reason that may pass.

use std::time::{Duration, Instant};

use backon::{BackoffBuilder as _, ExponentialBuilder};

/// Delays between attempts.
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    /// Delay after the first attempt. Doubled after each further one, plus a random part of itself. Default: 1 s.
    pub first_delay: Duration,
    /// Time after the first attempt in which further attempts begin. Default: 60 s.
    pub total: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self { first_delay: Duration::from_secs(1), total: Duration::from_mins(1) }
    }
}

/// A failed attempt.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) reason: String,
    /// The start of the response.
    pub(super) output: String,
    pub(super) is_temporary: bool,
    /// The least delay before the next attempt.
    pub(super) delay: Option<Duration>,
}

impl Failed {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), output: String::new(), is_temporary: false, delay: None }
    }

    pub(super) fn temporary(reason: impl Into<String>) -> Self {
        Self { is_temporary: true, ..Self::new(reason) }
    }
}

impl Retry {
    /// Attempts until one succeeds or fails permanently, there were `retries` retries, or the next attempt would begin too
    /// late.
    pub(super) async fn run<T, F: Future<Output = Result<T, Failed>>>(
        self,
        retries: usize,
        mut attempt: impl FnMut() -> F,
    ) -> Result<T, Failed> {
        let started = Instant::now();
        let delays = ExponentialBuilder::new()
            .with_jitter()
            .with_min_delay(self.first_delay)
            .with_max_delay(self.total)
            .with_max_times(retries)
            .build();
        for delay in delays {
            let failed = match attempt().await {
                Err(failed) if failed.is_temporary => failed,
                result => return result,
            };
            let delay = failed.delay.map_or(delay, |least| least.max(delay));
            if started.elapsed().saturating_add(delay) > self.total {
                return Err(failed);
            }
            tokio::time::sleep(delay).await;
        }
        attempt().await
    }
}
