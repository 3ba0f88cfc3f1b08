//! Interval schedules: runs at a fixed phase of the clock, which depends only on the name of the check.

use chrono::{DateTime, TimeDelta, Utc};
use md5::{Digest as _, Md5};

use super::{NANOS_PER_SECOND, from_nanos, nanos};

/// A schedule of runs every number of seconds.
///
/// The phase is that of Sensu Go: the first 8 bytes of the MD5 of the name, little-endian, minus the time in
/// nanoseconds, wrapped to 64 bits, modulo the interval. It is the same on all servers, after restarts and in
/// all namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    splay: u64,
    seconds: u32,
}

impl Interval {
    /// The schedule of a check. `None` for an interval of 0 seconds.
    #[must_use]
    pub fn new(check: &str, seconds: u32) -> Option<Self> {
        let hash: [u8; 16] = Md5::digest(check.as_bytes()).into();
        let [a, b, c, d, e, f, g, h, ..] = hash;
        let splay = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
        (seconds > 0).then_some(Self { splay, seconds })
    }

    /// Time between two runs.
    #[must_use]
    pub fn period(&self) -> TimeDelta {
        TimeDelta::seconds(self.seconds.into())
    }

    /// The first run strictly after a time. `None` if it is beyond the calendar.
    #[must_use]
    pub fn next_run_after(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let start = nanos(after) + 1;
        from_nanos(start + self.offset(start))
    }

    /// The last run at or before a time. `None` if it is before the calendar.
    #[must_use]
    pub fn last_run_until(&self, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let until = nanos(until);
        match self.offset(until) {
            0 => from_nanos(until),
            offset => from_nanos(until + offset - self.period_nanos()),
        }
    }

    /// Nanoseconds from a time to the first run at or after it.
    fn offset(&self, now: i128) -> i128 {
        // The wrap to 64 bits moves the phase, because 2^64 is not a multiple of the interval.
        (i128::from(self.splay) - now).rem_euclid(1 << 64) % self.period_nanos()
    }

    fn period_nanos(&self) -> i128 {
        i128::from(self.seconds) * NANOS_PER_SECOND
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64, nanos: u32) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, nanos).unwrap()
    }

    fn interval(name: &str, seconds: u32) -> Interval {
        Interval::new(name, seconds).unwrap()
    }

    #[test]
    fn the_phase_is_that_of_sensu_go() {
        let now = at(1_700_000_000, 0);
        assert_eq!(interval("check-cpu", 1).splay, 260_384_143_942_206_841);
        assert_eq!(interval("http", 1).splay, 13_270_983_195_066_333_568);
        for (name, seconds, offset) in [
            ("check-cpu", 60, 57_651_758_457),
            ("check-cpu", 10, 7_651_758_457),
            ("http", 60, 55_066_333_568),
            ("a", 60, 34_180_749_580),
        ] {
            let next = interval(name, seconds).next_run_after(now).unwrap();
            assert_eq!(next - now, TimeDelta::nanoseconds(offset), "{name} {seconds}");
        }
    }

    /// B1: also after a restart. B2: the namespace does not matter.
    #[test]
    fn runs_stay_at_the_phase() {
        let check = interval("check-cpu", 60);
        let mut run = at(1_700_000_000, 0);
        for _ in 0..10_000 {
            run = check.next_run_after(run).unwrap();
            assert_eq!((run.timestamp() % 60, run.timestamp_subsec_nanos()), (17, 651_758_457));
            let restart = run + TimeDelta::milliseconds(59_999);
            assert_eq!(check.next_run_after(restart), Some(run + check.period()));
            assert_eq!(check.last_run_until(restart), Some(run));
            assert_eq!(check.last_run_until(run), Some(run));
        }
    }

    /// B4: 1700000007.651758457 is a run.
    #[test]
    fn another_interval_has_its_own_phase() {
        let check = interval("check-cpu", 10);
        let next = check.next_run_after(at(1_800_000_000, 0)).unwrap();
        assert_eq!((next.timestamp() % 10, next.timestamp_subsec_nanos()), (7, 651_758_457));
    }

    #[test]
    fn extreme_values_do_not_overflow() {
        assert_eq!(Interval::new("a", 0), None);
        let check = interval("a", u32::MAX);
        for time in [DateTime::<Utc>::MIN_UTC, at(-1, 0), at(0, 0), at(1 << 40, 5)] {
            let next = check.next_run_after(time).unwrap();
            assert!(next > time && next - time <= check.period());
        }
        assert_eq!(check.next_run_after(DateTime::<Utc>::MAX_UTC), None);
        assert_eq!(check.last_run_until(DateTime::<Utc>::MIN_UTC), None);
    }
}
