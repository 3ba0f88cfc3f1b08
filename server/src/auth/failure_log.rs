//! Log of failed log-ins: at most a few lines per minute, because any client can cause failures.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// Seconds of an interval.
const INTERVAL: i64 = 60;
/// Lines per interval. Further failures are counted.
const LINES: u32 = 10;
/// Maximum number of characters of a user name in a line.
const NAME_CHARS: usize = 64;

/// Writes a line for each of the first failures in an interval, and one line with the number of the
/// others when the first failure of a later interval occurs.
#[derive(Debug, Default)]
pub(super) struct FailureLog(Mutex<Interval>);

#[derive(Clone, Copy, Debug, Default)]
struct Interval {
    start: i64,
    lines: u32,
    /// Failures and throttled attempts without a line.
    omitted: Omitted,
}

/// Numbers of attempts without a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Omitted {
    failed: u64,
    throttled: u64,
}

impl FailureLog {
    /// Records a wrong user name or password. `now` is in seconds.
    pub(super) fn failed(&self, user: &str, address: IpAddr, now: i64) {
        let (has_line, omitted) = self.update(now, Interval::fail);
        summarize(omitted);
        if has_line {
            tracing::warn!(user = shortened(user), %address, "log-in failed");
        }
    }

    /// Records an attempt that was rejected by the throttle.
    pub(super) fn throttled(&self, now: i64) {
        let ((), omitted) = self.update(now, |interval| interval.omitted.throttled += 1);
        summarize(omitted);
    }

    /// Changes the interval of this time. Also returns what the previous interval has omitted, once.
    fn update<T>(&self, now: i64, change: impl FnOnce(&mut Interval) -> T) -> (T, Omitted) {
        let mut interval = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut omitted = Omitted::default();
        // A clock that was set back starts an interval, too.
        if !(0..INTERVAL).contains(&now.saturating_sub(interval.start)) {
            omitted = interval.omitted;
            *interval = Interval { start: now, ..Interval::default() };
        }
        (change(&mut interval), omitted)
    }
}

impl Interval {
    /// Counts a failure. Returns whether it gets a line.
    fn fail(&mut self) -> bool {
        let has_line = self.lines < LINES;
        match has_line {
            true => self.lines += 1,
            false => self.omitted.failed += 1,
        }
        has_line
    }
}

fn summarize(omitted: Omitted) {
    if omitted != Omitted::default() {
        let Omitted { failed, throttled } = omitted;
        tracing::warn!(failed, throttled, "further log-ins failed or were throttled");
    }
}

/// The first characters of a name.
fn shortened(name: &str) -> &str {
    let end = name.char_indices().nth(NAME_CHARS).map(|(index, _)| index);
    end.and_then(|end| name.get(..end)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_has_a_limited_number_of_lines_and_one_summary() {
        let log = FailureLog::default();
        let mut lines = 0;
        for now in 0..INTERVAL {
            for _ in 0..100 {
                let (has_line, omitted) = log.update(1_000 + now, Interval::fail);
                lines += u32::from(has_line);
                assert_eq!(omitted, Omitted::default());
            }
            log.update(1_000 + now, |interval| interval.omitted.throttled += 1);
        }
        assert_eq!(lines, LINES);
        let expected = Omitted { failed: 5_990, throttled: 60 };
        assert_eq!(log.update(1_060, Interval::fail), (true, expected));
        assert_eq!(log.update(1_061, Interval::fail), (true, Omitted::default()));
        assert_eq!(log.update(900, Interval::fail), (true, Omitted::default()));
    }

    #[test]
    fn a_line_has_at_most_64_characters_of_a_name() {
        assert_eq!(shortened("bob"), "bob");
        assert_eq!(shortened(&"é".repeat(300_000)), "é".repeat(64));
    }
}
