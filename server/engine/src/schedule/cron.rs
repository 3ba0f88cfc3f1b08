//! Cron schedules: next and last run.
//!
//! Fields are compared with the wall clock of the time zone of the schedule, by default UTC. Where the clock is
//! set forward, a schedule with a fixed hour and minute runs at the first moment after the gap, and one with
//! wildcards skips the times that do not exist. Where the clock is set back, a schedule with a fixed hour and
//! minute runs once, and one with wildcards runs in both repetitions of the hour.
//!
//! `@every` counts from 1970-01-01 UTC, so that all servers compute the same times; in Sensu Go it counts from
//! the start of the server.

use chrono::{DateTime, Utc};
use sensu_types::cron::CronSchedule;

use super::{NANOS_PER_SECOND, from_nanos, nanos};

/// The first run strictly after a time. `None` if there is none within the calendar.
pub(super) fn next_run_after(
    schedule: &CronSchedule,
    after: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    match schedule {
        CronSchedule::Every(interval) => {
            let interval = i128::from(interval.as_secs()).max(1) * NANOS_PER_SECOND;
            from_nanos((nanos(after).div_euclid(interval) + 1) * interval)
        }
        CronSchedule::Calendar { fields, zone } => {
            let local = local(after, *zone)?;
            Some(fields.find_next_occurrence(&local, false).ok()?.with_timezone(&Utc))
                .filter(|next| *next > after)
        }
    }
}

/// The last run at or before a time. `None` if there is none within the calendar.
pub(super) fn last_run_until(
    schedule: &CronSchedule,
    until: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    match schedule {
        CronSchedule::Every(interval) => {
            let interval = i128::from(interval.as_secs()).max(1) * NANOS_PER_SECOND;
            from_nanos(nanos(until).div_euclid(interval) * interval)
        }
        CronSchedule::Calendar { fields, zone } => {
            let local = local(until, *zone)?;
            Some(fields.find_previous_occurrence(&local, true).ok()?.with_timezone(&Utc))
                .filter(|last| *last <= until)
        }
    }
}

/// The time in a time zone. `None` at the ends of the calendar, where an offset would leave it.
fn local<Z: chrono::TimeZone>(time: DateTime<Utc>, zone: Z) -> Option<DateTime<Z>> {
    let margin = chrono::TimeDelta::days(2);
    time.checked_add_signed(margin)?;
    time.checked_sub_signed(margin)?;
    Some(time.with_timezone(&zone))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc)
    }

    /// The next runs after a time, in UTC.
    fn runs(schedule: &str, after: &str, count: usize) -> Vec<String> {
        let schedule = CronSchedule::parse(schedule).unwrap();
        let next = |time: &DateTime<Utc>| next_run_after(&schedule, *time);
        let runs: Vec<_> = std::iter::successors(next(&at(after)), next).take(count).collect();
        for run in &runs {
            assert_eq!(last_run_until(&schedule, *run), Some(*run), "{run}");
        }
        runs.iter().map(|run| run.format("%m-%d %H:%M:%S").to_string()).collect()
    }

    /// B7.
    #[test]
    fn runs_are_at_the_times_of_the_fields() {
        for (schedule, after, expected) in [
            ("*/1 * * * *", "2026-11-29T12:00:00Z", ["11-29 12:01:00", "11-29 12:02:00"]),
            ("* * * * *", "2026-11-29T12:00:59.999Z", ["11-29 12:01:00", "11-29 12:02:00"]),
            ("30 8 * * mon-fri", "2026-11-27T09:00:00Z", ["11-30 08:30:00", "12-01 08:30:00"]),
            // Both days are restricted: either one suffices.
            ("0 0 13 * fri", "2026-11-01T00:00:00Z", ["11-06 00:00:00", "11-13 00:00:00"]),
            ("@hourly", "2026-11-29T12:30:00Z", ["11-29 13:00:00", "11-29 14:00:00"]),
            ("@daily", "2026-11-29T12:30:00Z", ["11-30 00:00:00", "12-01 00:00:00"]),
            ("@weekly", "2026-11-28T12:30:00Z", ["11-29 00:00:00", "12-06 00:00:00"]),
            ("@monthly", "2026-10-29T12:30:00Z", ["11-01 00:00:00", "12-01 00:00:00"]),
            ("@yearly", "2026-10-29T12:30:00Z", ["01-01 00:00:00", "01-01 00:00:00"]),
            ("@every 90s", "1970-01-01T00:00:01Z", ["01-01 00:01:30", "01-01 00:03:00"]),
            ("@every 1h", "2026-11-29T12:00:00Z", ["11-29 13:00:00", "11-29 14:00:00"]),
            (
                "TZ=Asia/Tokyo 0 9 * * *",
                "2026-11-29T00:00:00Z",
                ["11-30 00:00:00", "12-01 00:00:00"],
            ),
            (
                "CRON_TZ=Asia/Kolkata @daily",
                "2026-11-29T00:00:00Z",
                ["11-29 18:30:00", "11-30 18:30:00"],
            ),
        ] {
            assert_eq!(runs(schedule, after, 2), expected, "{schedule}");
        }
    }

    #[test]
    fn a_time_that_the_clock_skips_is_run_after_the_gap() {
        // In Berlin, 02:00 to 03:00 does not exist on 2026-03-29.
        let fixed = runs("TZ=Europe/Berlin 30 2 * * *", "2026-03-28T00:00:00Z", 3);
        assert_eq!(fixed, ["03-28 01:30:00", "03-29 01:00:00", "03-30 00:30:00"]);
        let wildcard = runs("TZ=Europe/Berlin */30 * * * *", "2026-03-29T00:15:00Z", 3);
        assert_eq!(wildcard, ["03-29 00:30:00", "03-29 01:00:00", "03-29 01:30:00"]);
    }

    #[test]
    fn a_fixed_time_that_the_clock_repeats_is_run_once() {
        // In Berlin, 02:00 to 03:00 is repeated on 2026-10-25.
        let fixed = runs("TZ=Europe/Berlin 30 2 * * *", "2026-10-24T12:00:00Z", 2);
        assert_eq!(fixed, ["10-25 00:30:00", "10-26 01:30:00"]);
        let wildcard = runs("TZ=Europe/Berlin 30 * * * *", "2026-10-24T23:45:00Z", 3);
        assert_eq!(wildcard, ["10-25 00:30:00", "10-25 01:30:00", "10-25 02:30:00"]);
    }

    #[test]
    fn a_date_that_does_not_exist_is_never_run() {
        assert!(runs("0 0 31 2 *", "2026-11-29T00:00:00Z", 1).is_empty());
    }

    #[test]
    fn the_last_run_is_at_or_before_a_time() {
        let schedule = CronSchedule::parse("*/5 * * * *").unwrap();
        let last = |time| last_run_until(&schedule, at(time)).unwrap().to_rfc3339();
        assert_eq!(last("2026-11-29T12:04:59.5Z"), "2026-11-29T12:00:00+00:00");
        assert_eq!(last("2026-11-29T12:05:00.5Z"), "2026-11-29T12:05:00+00:00");
    }

    proptest! {
        #[test]
        fn any_schedule_has_runs_in_order(
            fields in prop::collection::vec("[*?]|[0-9]{1,2}|[0-9]{1,2}-[0-9]{1,2}|[*]/[1-9][0-9]?|[0-9],[0-9]{1,2}", 5),
            zone in prop::sample::select(vec!["", "TZ=Europe/Berlin ", "CRON_TZ=Pacific/Apia ", "TZ=Asia/Kathmandu "]),
            time in prop_oneof![0i64..4_000_000_000, any::<i64>()],
        ) {
            let schedule = CronSchedule::parse(&format!("{zone}{}", fields.join(" ")));
            let time = DateTime::from_timestamp(time, 999_999_999);
            if let (Some(schedule), Some(time)) = (schedule, time)
                && let Some(next) = next_run_after(&schedule, time)
            {
                prop_assert!(next > time);
                prop_assert_eq!(next.timestamp_subsec_nanos(), 0);
                prop_assert!(last_run_until(&schedule, next).is_some_and(|last| last <= next));
                let earlier = last_run_until(&schedule, time);
                prop_assert!(earlier.is_none_or(|last| last <= time));
            }
        }
    }
}
