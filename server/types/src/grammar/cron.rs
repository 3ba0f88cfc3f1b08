//! Cron schedules as Sensu Go's parser accepts them: five fields, macros, and `@every`, each after an
//! optional time zone.

use std::time::Duration;

use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

/// A parsed cron schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CronSchedule {
    /// A fixed interval: whole seconds, at least 1, as Sensu Go rounds it.
    Every(Duration),
    /// Minutes of the calendar of a time zone.
    Calendar {
        /// The five fields.
        fields: Box<Cron>,
        /// The time zone of the prefix `TZ=` or `CRON_TZ=`, or UTC.
        zone: Tz,
    },
}

/// Whether the text is a valid schedule.
#[must_use]
pub fn is_schedule(text: &str) -> bool {
    CronSchedule::parse(text).is_some()
}

impl CronSchedule {
    /// Parses a schedule: `0 8 * * mon-fri`, `@daily`, `@every 5m`, or one of them after a time zone of the IANA
    /// database: `CRON_TZ=Europe/Berlin 0 8 * * *` (also `TZ=`). `None` if it is invalid.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (zone, schedule) = split_zone(text)?;
        if let Some(interval) = schedule.strip_prefix("@every ") {
            return parse_duration(interval).map(Self::Every);
        }
        if schedule.starts_with('@') {
            let (_, fields) = MACROS.iter().find(|(name, _)| *name == schedule)?;
            return Some(Self::Calendar { fields: parse_fields(fields)?, zone });
        }
        // Minute, hour, day of the month, month, day of the week.
        let fields: Vec<&str> = schedule.split_whitespace().collect();
        let [.., day] = fields.as_slice() else { return None };
        if fields.iter().any(|field| has_extension(field)) || has_seven(day) {
            return None;
        }
        Some(Self::Calendar { fields: parse_fields(&fields.join(" "))?, zone })
    }
}

/// The time zone and the rest of the text.
fn split_zone(text: &str) -> Option<(Tz, &str)> {
    let prefixed = text.strip_prefix("CRON_TZ=").or_else(|| text.strip_prefix("TZ="));
    let Some(prefixed) = prefixed else { return Some((Tz::UTC, text)) };
    let (zone, schedule) = prefixed.split_once(' ')?;
    Some((zone.parse().ok()?, schedule.trim_start()))
}

fn parse_fields(text: &str) -> Option<Box<Cron>> {
    let parser = CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        // Accept `5/15`: every 15 minutes from minute 5.
        .sloppy_ranges(true)
        .build();
    parser.parse(text).ok().map(Box::new)
}

const MACROS: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// Whether a field uses syntax that Sensu Go does not have: last day of the month, nearest weekday, nth day of
/// the week, or a step without a start.
fn has_extension(field: &str) -> bool {
    let starts = |item: &str| !item.starts_with('/');
    let letters = |c: char| c.is_ascii_alphabetic();
    let is_name = |word: &str| word.is_empty() || word.len() == 3;
    field.contains(['#', '+'])
        || !field.split(',').all(starts)
        || !field.split(|c| !letters(c)).all(is_name)
}

/// Whether the field for the day of the week contains 7 for Sunday.
fn has_seven(day: &str) -> bool {
    let values = day.split(',').filter_map(|item| item.split('/').next());
    values.flat_map(|range| range.split('-')).any(|value| value == "7")
}

/// Parses a duration in Go's format: numbers with units, such as `1h30m`.
fn parse_duration(text: &str) -> Option<Duration> {
    let is_legal = |c: char| c.is_ascii_digit() || ".hmsnu\u{b5}".contains(c);
    if text.is_empty() || !text.chars().all(is_legal) {
        return None;
    }
    let duration = humantime::parse_duration(text).ok()?;
    Some(Duration::from_secs(duration.as_secs().max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_schedules_of_sensu_go_are_accepted() {
        for good in [
            "* * * * *",
            "0 0 * * 1-5",
            "*/5 8-18 * jan-mar mon,wed",
            "0 0 * JAN MON",
            "*/5 1-3,7 * * *",
            "0 0 * * */7",
            "0 0 * * mon-fri",
            "5/15 * * * *",
            "1-30/5 * * * *",
            "0 0 ? * ?",
            "0 0 31 12 6",
            " 0  0 * * * ",
            "@daily",
            "@hourly",
            "@yearly",
            "@annually",
            "@midnight",
            "@weekly",
            "@monthly",
            "@every 5s",
            "@every 1h30m",
            "@every 1.5h",
            "@every 100ms",
            "TZ=Europe/Berlin 0 0 * * *",
            "CRON_TZ=UTC 0 0 * * *",
            "CRON_TZ=America/New_York  @daily",
            "TZ=UTC @every 1h",
        ] {
            assert!(is_schedule(good), "{good}");
        }
        for bad in [
            "",
            "x",
            "* * * *",
            "0 * * * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * 32 * *",
            "* * * 13 *",
            "* * * * 7",
            "* * * * sun-7",
            "5-1 * * * *",
            "*/0 * * * *",
            "-1 * * * *",
            "1-2-3 * * * *",
            "*/5/5 * * * *",
            "0 0 L * *",
            "0 0 15W * *",
            "0 0 * * MON#2",
            "0 0 * * 5L",
            "0 0 * foo *",
            "/5 * * * *",
            "0 0 L-3 * *",
            "0 0 LW * *",
            "0 0 * * +1",
            "TZ=Europe/Nowhere 0 0 * * *",
            "TZ=Europe/Berlin",
            "CRON_TZ= 0 0 * * *",
            "CRON_TZ=UTC TZ=UTC 0 0 * * *",
            "tz=UTC 0 0 * * *",
            "@never",
            "@DAILY",
            "@every",
            "@every x",
            "@every 5",
            "@every 1day",
            "@every 2weeks",
            "@every 1h 30m",
        ] {
            assert!(!is_schedule(bad), "{bad}");
        }
    }

    #[test]
    fn every_is_rounded_to_whole_seconds() {
        let every = |text| match CronSchedule::parse(text) {
            Some(CronSchedule::Every(interval)) => interval.as_secs(),
            other => panic!("{other:?}"),
        };
        let texts = ["@every 100ms", "@every 1.5h", "@every 90s", "@every 2999ms"];
        assert_eq!(texts.map(every), [1, 5400, 90, 2]);
    }
}
