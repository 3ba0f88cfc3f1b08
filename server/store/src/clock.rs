//! The current time, from the machine or from a test.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A source of the current time. Injected everywhere, so that tests control the time.
pub trait Clock: Send + Sync + 'static {
    /// Milliseconds since 1970-01-01 UTC.
    fn now_millis(&self) -> i64;

    /// Seconds since 1970-01-01 UTC.
    fn now(&self) -> i64 {
        self.now_millis().div_euclid(1000)
    }
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the only place that reads the machine's clock")]
    fn now_millis(&self) -> i64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// A clock for tests that stands still until it is set.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// Creates a clock that shows this second.
    #[must_use]
    pub fn at(seconds: i64) -> Self {
        Self(AtomicI64::new(seconds.saturating_mul(1000)))
    }

    /// Sets the clock to this second, forwards or backwards.
    pub fn set(&self, seconds: i64) {
        self.set_millis(seconds.saturating_mul(1000));
    }

    /// Sets the clock to this millisecond, forwards or backwards.
    pub fn set_millis(&self, millis: i64) {
        self.0.store(millis, Ordering::SeqCst);
    }

    /// Advances the clock by this number of seconds.
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds.saturating_mul(1000), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now_millis(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// The clock of the machine, shifted or stopped: for tests that use a running server.
#[derive(Debug, Default)]
pub struct AdjustableClock(Mutex<ClockSetting>);

/// How an [`AdjustableClock`] differs from the clock of the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClockSetting {
    /// Milliseconds that the clock is ahead of the clock of the machine, or was when it was stopped. Negative if it
    /// is behind.
    pub offset_millis: i64,
    /// The time at which the clock is stopped, in milliseconds since 1970-01-01 UTC. `None` if it runs.
    pub frozen_at: Option<i64>,
}

impl AdjustableClock {
    /// The current setting.
    #[must_use]
    pub fn setting(&self) -> ClockSetting {
        *self.lock()
    }

    /// Changes the setting, for example back to an earlier one or to the default: the clock of the machine.
    pub fn restore(&self, setting: ClockSetting) {
        *self.lock() = setting;
    }

    /// Sets the time, in milliseconds since 1970-01-01 UTC, and whether the clock is stopped.
    pub fn set(&self, millis: i64, is_frozen: bool) {
        let offset_millis = millis.saturating_sub(SystemClock.now_millis());
        self.restore(ClockSetting { offset_millis, frozen_at: is_frozen.then_some(millis) });
    }

    fn lock(&self) -> MutexGuard<'_, ClockSetting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for AdjustableClock {
    fn now_millis(&self) -> i64 {
        let setting = self.setting();
        let running = || SystemClock.now_millis().saturating_add(setting.offset_millis);
        setting.frozen_at.unwrap_or_else(running)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_adjustable_clock_runs_from_the_time_that_was_set_or_stands_still() {
        let clock = AdjustableClock::default();
        let before = clock.now_millis();
        clock.set(before + 3_600_000, false);
        assert!(clock.now_millis() >= before + 3_600_000);
        clock.set(1_000, true);
        assert_eq!((clock.now_millis(), clock.now()), (1_000, 1));
        clock.restore(ClockSetting::default());
        assert!((before..before + 3_600_000).contains(&clock.now_millis()));
    }
}
