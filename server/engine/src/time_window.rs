//! Whether a time is within the weekly windows of a filter (`when`).
//!
//! Times are UTC. A window that ends before it begins lasts until the next day, so the windows of the
//! previous day count, too. Sensu Go tests only those of the same day.

use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveDateTime, NaiveTime, Weekday};
use sensu_types::time_window::{TimeWindow, TimeWindowDays, TimeWindowWhen};

/// Whether a time, in seconds since 1970-01-01 UTC, is within one of the windows. `begin` and `end` belong
/// to a window. No window contains a time that the calendar cannot represent.
#[must_use]
pub fn is_within(when: &TimeWindowWhen, now: i64) -> bool {
    let Some(now) = DateTime::from_timestamp(now, 0).map(|time| time.naive_utc()) else {
        return false;
    };
    let today = now.date();
    let yesterday = today.checked_sub_days(Days::new(1));
    [Some(today), yesterday]
        .into_iter()
        .flatten()
        .any(|day| of_day(&when.days, day.weekday()).any(|window| contains(window, day, now)))
}

/// The windows that begin on a day of the week.
fn of_day(days: &TimeWindowDays, day: Weekday) -> impl Iterator<Item = &TimeWindow> {
    let own = match day {
        Weekday::Sun => &days.sunday,
        Weekday::Mon => &days.monday,
        Weekday::Tue => &days.tuesday,
        Weekday::Wed => &days.wednesday,
        Weekday::Thu => &days.thursday,
        Weekday::Fri => &days.friday,
        Weekday::Sat => &days.saturday,
    };
    days.all.iter().chain(own)
}

/// Whether the window that begins on `day` contains a time.
fn contains(window: &TimeWindow, day: NaiveDate, now: NaiveDateTime) -> bool {
    // Windows are validated when they are stored.
    let times = (TimeWindow::time_of_day(&window.begin), TimeWindow::time_of_day(&window.end));
    let (Ok(begin), Ok(end)) = times else { return false };
    let Some(last_day) = last_day(day, begin, end) else { return false };
    day.and_time(begin) <= now && now <= last_day.and_time(end)
}

fn last_day(day: NaiveDate, begin: NaiveTime, end: NaiveTime) -> Option<NaiveDate> {
    if end < begin { day.checked_add_days(Days::new(1)) } else { Some(day) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(begin: &str, end: &str) -> Vec<TimeWindow> {
        vec![TimeWindow { begin: begin.into(), end: end.into() }]
    }

    /// 2026-11-27, a Friday, or the day after.
    fn at(day: i64, time: &str) -> i64 {
        let date = NaiveDate::from_ymd_opt(2026, 11, 27).unwrap();
        let time = NaiveTime::parse_from_str(time, "%H:%M:%S").unwrap();
        date.and_time(time).and_utc().timestamp() + day * 86_400
    }

    #[test]
    fn a_window_contains_its_begin_and_end() {
        let days = TimeWindowDays { friday: window("9:00AM", "5:00 PM"), ..Default::default() };
        let when = TimeWindowWhen { days };
        let within = |day, time| is_within(&when, at(day, time));
        assert!(within(0, "09:00:00") && within(0, "17:00:00"));
        assert!(!within(0, "08:59:59") && !within(0, "17:00:01"));
        assert!(!within(1, "12:00:00") && !within(-1, "12:00:00"));
    }

    #[test]
    fn an_overnight_window_lasts_until_the_next_day() {
        let days = TimeWindowDays { friday: window("10:00PM", "6:00AM"), ..Default::default() };
        let when = TimeWindowWhen { days };
        let within = |day, time| is_within(&when, at(day, time));
        assert!(within(0, "22:00:00") && within(1, "06:00:00"));
        assert!(!within(0, "05:00:00") && !within(1, "06:00:01") && !within(1, "23:00:00"));
    }

    #[test]
    fn windows_of_all_days_and_of_the_day_count() {
        let days = TimeWindowDays {
            all: window("1:00AM", "2:00AM"),
            saturday: window("3:00AM", "4:00AM"),
            ..Default::default()
        };
        let when = TimeWindowWhen { days };
        let within = |day, time| is_within(&when, at(day, time));
        assert!(within(0, "01:30:00") && within(1, "01:30:00") && within(1, "03:30:00"));
        assert!(!within(0, "03:30:00"));
        assert!(!is_within(&TimeWindowWhen::default(), at(0, "01:30:00")), "no windows");
    }

    #[test]
    fn times_beyond_the_calendar_are_in_no_window() {
        let days = TimeWindowDays { all: window("12:00AM", "11:59PM"), ..Default::default() };
        assert!(!is_within(&TimeWindowWhen { days }, i64::MAX));
    }
}
