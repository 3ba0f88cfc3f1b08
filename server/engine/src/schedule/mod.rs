//! When checks run: schedules, subdue windows, the distribution of proxy requests, round robin.
//!
//! Times are `DateTime<Utc>`: phases have nanoseconds, cron and subdue windows need the calendar anyway, and
//! arithmetic that leaves the calendar returns `None` instead of wrapping. Every next run is computed from the
//! clock, not from the previous run, so that schedules do not drift and all servers compute the same times (D49).

mod cron;
mod interval;
mod issued;
mod round_robin;
mod splay;
mod subdue;
mod timetable;
#[cfg(test)]
mod timetable_tests;

use chrono::{DateTime, TimeDelta, Utc};
use sensu_types::check::CheckConfig;
use sensu_types::cron::CronSchedule;

pub use interval::Interval;
pub use issued::Issued;
pub use round_robin::{members, next_agents};
pub use splay::due_times;
pub use subdue::is_subdued;
pub use timetable::{Due, DueKind, Timetable};

const NANOS_PER_SECOND: i128 = 1_000_000_000;

/// When a check runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// Every `interval` seconds, at the phase of the name of the check.
    Interval(Interval),
    /// At the times of a cron schedule.
    Cron(CronSchedule),
}

impl Schedule {
    /// The schedule of a check. `None` if it has neither a valid `cron` nor an `interval`. Does not depend on
    /// `publish`.
    #[must_use]
    pub fn of(check: &CheckConfig) -> Option<Self> {
        if check.cron.is_empty() {
            return Interval::new(&check.metadata.name, check.interval).map(Self::Interval);
        }
        CronSchedule::parse(&check.cron).map(Self::Cron)
    }

    /// The first run strictly after a time. `None` if there is none within the calendar, for example for
    /// February 31.
    #[must_use]
    pub fn next_run_after(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Interval(interval) => interval.next_run_after(after),
            Self::Cron(schedule) => cron::next_run_after(schedule, after),
        }
    }

    /// The last run at or before a time. `None` if there is none within the calendar.
    #[must_use]
    pub fn last_run_until(&self, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Interval(interval) => interval.last_run_until(until),
            Self::Cron(schedule) => cron::last_run_until(schedule, until),
        }
    }

    /// The period over which the proxy requests of a run are distributed: the interval, or the time to the next
    /// run of the cron schedule and, if that is less than 5 seconds, to the run after it (Sensu Go 5.14).
    #[must_use]
    pub fn period_at(&self, run: DateTime<Utc>) -> Option<TimeDelta> {
        match self {
            Self::Interval(interval) => Some(interval.period()),
            Self::Cron(schedule) => {
                let next = cron::next_run_after(schedule, run)?;
                let period = next.signed_duration_since(run);
                if period >= TimeDelta::seconds(5) {
                    return Some(period);
                }
                Some(cron::next_run_after(schedule, next)?.signed_duration_since(run))
            }
        }
    }
}

/// Nanoseconds since 1970-01-01 UTC.
fn nanos(time: DateTime<Utc>) -> i128 {
    i128::from(time.timestamp()) * NANOS_PER_SECOND + i128::from(time.timestamp_subsec_nanos())
}

/// The time at a number of nanoseconds since 1970-01-01 UTC. `None` outside of the calendar.
fn from_nanos(nanos: i128) -> Option<DateTime<Utc>> {
    let seconds = i64::try_from(nanos.div_euclid(NANOS_PER_SECOND)).ok()?;
    let rest = u32::try_from(nanos.rem_euclid(NANOS_PER_SECOND)).ok()?;
    DateTime::from_timestamp(seconds, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(interval: u32, cron: &str) -> CheckConfig {
        let mut check = CheckConfig { interval, cron: cron.into(), ..CheckConfig::default() };
        check.metadata.name = "cpu".into();
        check
    }

    #[test]
    fn a_check_has_an_interval_or_a_cron_schedule() {
        assert!(matches!(Schedule::of(&check(60, "")), Some(Schedule::Interval(_))));
        assert!(matches!(Schedule::of(&check(0, "@daily")), Some(Schedule::Cron(_))));
        assert_eq!(Schedule::of(&check(0, "")), None);
        assert_eq!(Schedule::of(&check(0, "x")), None);
    }

    #[test]
    fn the_period_of_a_cron_schedule_has_at_least_5_seconds() {
        let period = |check: CheckConfig, run| {
            let run = DateTime::from_timestamp(run, 0).unwrap();
            Schedule::of(&check).unwrap().period_at(run).unwrap().num_seconds()
        };
        assert_eq!(period(check(60, ""), 7), 60);
        assert_eq!(period(check(3, ""), 7), 3);
        assert_eq!(period(check(0, "* * * * *"), 120), 60);
        assert_eq!(period(check(0, "* * * * *"), 115), 5);
        assert_eq!(period(check(0, "* * * * *"), 116), 64);
    }

    #[test]
    fn times_at_the_ends_of_the_calendar_have_no_next_or_no_last_run() {
        for check in [check(u32::MAX, ""), check(0, "@daily"), check(0, "@every 999999h")] {
            let schedule = Schedule::of(&check).unwrap();
            assert_eq!(schedule.next_run_after(DateTime::<Utc>::MAX_UTC), None);
            assert_eq!(schedule.last_run_until(DateTime::<Utc>::MIN_UTC), None);
        }
    }
}
