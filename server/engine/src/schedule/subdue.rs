//! Times at which a check does not run: `subdue` (weekly) and `subdues` (dated).
//!
//! A window that begins before midnight, or on Saturday, also covers its part on the next day: the window that
//! began last decides. Sensu Go tests only windows that begin on the same day, or in the same week.

use chrono::{
    DateTime, Datelike as _, Days, FixedOffset, Months, NaiveDate, NaiveDateTime, Weekday,
};
use sensu_types::check::CheckConfig;
use sensu_types::time_window::TimeWindowRepeated;

use crate::time_window;

/// Number of months to search for the last start of a monthly or annual window. February 29 can be 8 years ago.
const MONTHS_BACK: u32 = 8 * 12;

/// Whether the check does not run at a time, in seconds since 1970-01-01 UTC.
///
/// Times of `subdue` are UTC. Windows of `subdues` have the fixed offset of their `begin`; the last second
/// belongs to the window, as in Sensu Go 6.8.1. Windows with invalid times are ignored.
#[must_use]
pub fn is_subdued(check: &CheckConfig, now: i64) -> bool {
    check.subdue.as_ref().is_some_and(|when| time_window::is_within(when, now))
        || check.subdues.iter().any(|window| contains(window, now).unwrap_or(false))
}

fn contains(window: &TimeWindowRepeated, now: i64) -> Option<bool> {
    let begin = DateTime::parse_from_rfc3339(&window.begin).ok()?;
    let end = DateTime::parse_from_rfc3339(&window.end).ok()?;
    let now = local(now, *begin.offset())?;
    let length = end.signed_duration_since(begin);
    let begin = begin.naive_local();
    if now < begin {
        return Some(false);
    }
    let in_window_from = |start: NaiveDateTime| {
        start >= begin && now.signed_duration_since(start).num_seconds() <= length.num_seconds()
    };
    if window.repeat.is_empty() {
        return Some(in_window_from(begin));
    }
    // A window cannot end after one of the same kind that begins later.
    Some(
        window
            .repeat
            .iter()
            .any(|period| last_start(period, begin, now).is_some_and(in_window_from)),
    )
}

fn local(time: i64, offset: FixedOffset) -> Option<NaiveDateTime> {
    let utc = DateTime::from_timestamp(time, 0)?.naive_utc();
    utc.checked_add_offset(offset)
}

/// When the last window of a period began, at or before `now`. `begin` is the start of the first window.
fn last_start(period: &str, begin: NaiveDateTime, now: NaiveDateTime) -> Option<NaiveDateTime> {
    let start_on = |day: NaiveDate| Some(day.and_time(begin.time())).filter(|start| *start <= now);
    if !matches!(period, "monthly" | "annually") {
        return (0..=7)
            .filter_map(|back| now.date().checked_sub_days(Days::new(back)))
            .filter(|day| begins_on(period, day.weekday(), begin.weekday()))
            .find_map(start_on);
    }
    (0..=MONTHS_BACK)
        .filter_map(|back| now.date().with_day(1)?.checked_sub_months(Months::new(back)))
        .filter(|month| period == "monthly" || month.month() == begin.month())
        .find_map(|month| month.with_day(begin.day()).and_then(start_on))
}

/// Whether windows of a period begin on a day of the week. `first` is the day of the first window.
fn begins_on(period: &str, day: Weekday, first: Weekday) -> bool {
    let is_weekend = matches!(day, Weekday::Sat | Weekday::Sun);
    match period {
        "daily" => true,
        "weekly" => day == first,
        "weekdays" => !is_weekend,
        "weekends" => is_weekend,
        "sundays" => day == Weekday::Sun,
        "mondays" => day == Weekday::Mon,
        "tuesdays" => day == Weekday::Tue,
        "wednesdays" => day == Weekday::Wed,
        "thursdays" => day == Weekday::Thu,
        "fridays" => day == Weekday::Fri,
        "saturdays" => day == Weekday::Sat,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use sensu_types::time_window::{TimeWindow, TimeWindowDays, TimeWindowWhen};

    use super::*;

    fn at(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text).unwrap().timestamp()
    }

    fn is_subdued_by(begin: &str, end: &str, repeat: &str, now: &str) -> bool {
        let repeat = repeat.split_whitespace().map(str::to_owned).collect();
        let window = TimeWindowRepeated { begin: begin.into(), end: end.into(), repeat };
        let check = CheckConfig { subdues: vec![window], ..CheckConfig::default() };
        is_subdued(&check, at(now))
    }

    /// B20.
    #[test]
    fn windows_repeat_from_their_begin() {
        let (begin, end) = ("2026-11-25T22:00:00+02:00", "2026-11-26T06:00:00+02:00");
        for (repeat, now, expected) in [
            // A Wednesday, in UTC+2. 20:00 UTC is 22:00.
            ("", "2026-11-25T19:59:59Z", false),
            ("", "2026-11-25T20:00:00Z", true),
            ("", "2026-11-26T04:00:00Z", true),
            ("", "2026-11-26T04:00:01Z", false),
            ("", "2026-11-26T20:00:00Z", false),
            ("daily", "2026-11-25T04:00:00Z", false),
            ("daily", "2026-11-27T01:00:00Z", true),
            ("daily", "2026-11-27T19:59:59Z", false),
            ("daily", "2026-11-27T20:00:00Z", true),
            ("weekly", "2026-12-02T20:00:00Z", true),
            ("weekly", "2026-12-03T04:00:00Z", true),
            ("weekly", "2026-12-03T20:00:00Z", false),
            // From Saturday to Sunday, where the week changes.
            ("saturdays", "2026-11-28T21:00:00Z", true),
            ("saturdays", "2026-11-29T03:00:00Z", true),
            ("saturdays", "2026-11-29T21:00:00Z", false),
            ("weekdays", "2026-11-28T03:00:00Z", true),
            ("weekdays", "2026-11-28T21:00:00Z", false),
            ("weekends", "2026-11-30T03:00:00Z", true),
            ("weekends", "2026-11-30T21:00:00Z", false),
            ("mondays fridays", "2026-11-27T21:00:00Z", true),
            ("mondays fridays", "2026-11-24T21:00:00Z", false),
            ("monthly", "2026-12-26T03:00:00Z", true),
            ("monthly", "2026-12-27T03:00:00Z", false),
            ("annually", "2027-11-26T03:00:00Z", true),
            ("annually", "2027-12-26T03:00:00Z", false),
            ("never", "2026-11-25T21:00:00Z", false),
        ] {
            assert_eq!(is_subdued_by(begin, end, repeat, now), expected, "{repeat} {now}");
        }
    }

    #[test]
    fn a_window_on_a_day_that_a_month_or_year_lacks_is_skipped() {
        let day = |begin, end, repeat, now| is_subdued_by(begin, end, repeat, now);
        let (begin, end) = ("2026-01-31T23:00:00Z", "2026-02-01T01:00:00Z");
        assert!(day(begin, end, "monthly", "2026-04-01T00:30:00Z"));
        assert!(!day(begin, end, "monthly", "2026-03-01T00:30:00Z"));
        let (begin, end) = ("2024-02-29T00:00:00Z", "2024-02-29T12:00:00Z");
        assert!(day(begin, end, "annually", "2028-02-29T03:00:00Z"));
        assert!(!day(begin, end, "annually", "2027-02-28T03:00:00Z"));
    }

    #[test]
    fn a_window_longer_than_its_period_has_no_gaps() {
        let (begin, end) = ("2026-11-01T22:00:00Z", "2026-11-04T22:00:00Z");
        for now in ["2026-11-05T00:00:00Z", "2026-11-20T21:59:59Z", "2027-01-01T22:00:00Z"] {
            assert!(is_subdued_by(begin, end, "daily", now), "{now}");
        }
    }

    #[test]
    fn weekly_windows_are_in_utc_and_last_until_the_next_day() {
        let window = TimeWindow { begin: "10:00PM".into(), end: "6:00AM".into() };
        let days = TimeWindowDays { friday: vec![window], ..TimeWindowDays::default() };
        let subdue = Some(TimeWindowWhen { days });
        let check = CheckConfig { subdue, ..CheckConfig::default() };
        assert!(is_subdued(&check, at("2026-11-28T05:00:00Z")));
        assert!(!is_subdued(&check, at("2026-11-27T05:00:00Z")));
    }

    #[test]
    fn invalid_windows_and_times_are_ignored() {
        let check = |begin: &str| CheckConfig {
            subdues: vec![TimeWindowRepeated {
                begin: begin.into(),
                end: "9999-12-31T00:00:00Z".into(),
                repeat: vec!["monthly".into()],
            }],
            ..CheckConfig::default()
        };
        assert!(!is_subdued(&check("x"), 0));
        for now in [i64::MIN, i64::MAX, 8_210_266_876_799] {
            let _ = is_subdued(&check("0001-01-31T00:00:00+23:59"), now);
        }
    }
}
