//! Subdue windows: times of the week at which a check does not run.

use chrono::{DateTime, FixedOffset, NaiveTime};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Invalid;
use crate::grammar::schema;

/// Windows of time, by day of the week: when a check does not run, or when a filter applies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct TimeWindowWhen {
    /// Windows of time by day of the week. Days without windows are absent.
    pub days: TimeWindowDays,
}

/// Windows of time by day of the week. Days without windows are absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct TimeWindowDays {
    /// Windows of every day.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub all: Vec<TimeWindow>,
    /// Windows on Sundays.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sunday: Vec<TimeWindow>,
    /// Windows on Mondays.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub monday: Vec<TimeWindow>,
    /// Windows on Tuesdays.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tuesday: Vec<TimeWindow>,
    /// Windows on Wednesdays.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub wednesday: Vec<TimeWindow>,
    /// Windows on Thursdays.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub thursday: Vec<TimeWindow>,
    /// Windows on Fridays.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub friday: Vec<TimeWindow>,
    /// Windows on Saturdays.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub saturday: Vec<TimeWindow>,
}

/// A window of time within a day, in UTC.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct TimeWindow {
    /// When it begins, on a 12-hour clock: `5:00PM`.
    #[schemars(schema_with = "schema::time_of_day")]
    pub begin: String,
    /// When it ends, on a 12-hour clock. Before `begin` means on the next day.
    #[schemars(schema_with = "schema::time_of_day")]
    pub end: String,
}

/// A window of time with a date, which may come again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct TimeWindowRepeated {
    /// When it begins for the first time, with the offset from UTC: `2026-01-31T17:00:00+01:00`.
    #[schemars(schema_with = "schema::date_time")]
    pub begin: String,
    /// When it ends for the first time, in the same form. Not before `begin`.
    #[schemars(schema_with = "schema::date_time")]
    pub end: String,
    /// When it comes again: `daily`, `weekly`, `monthly`, `annually`, `weekdays`, `weekends`, or a
    /// day of the week (`mondays`). Empty for never.
    #[schemars(schema_with = "periods")]
    pub repeat: Vec<String>,
}

const PERIODS: [&str; 13] = [
    "annually",
    "monthly",
    "weekly",
    "weekdays",
    "weekends",
    "daily",
    "sundays",
    "mondays",
    "tuesdays",
    "wednesdays",
    "thursdays",
    "fridays",
    "saturdays",
];

fn periods(_: &mut schemars::r#gen::SchemaGenerator) -> schemars::schema::Schema {
    schema::list_of(schema::one_of(&PERIODS))
}

impl TimeWindowRepeated {
    /// Whether it begins, ends, and comes again at times that exist.
    ///
    /// # Errors
    /// [`Invalid`] with the first that does not.
    pub fn validate(&self) -> Result<(), Invalid> {
        let (begin, end) = (date("begin", &self.begin)?, date("end", &self.end)?);
        if end < begin {
            return Err(Invalid::new("end time must be after begin time"));
        }
        match self.repeat.iter().find(|period| !PERIODS.contains(&period.as_str())) {
            Some(period) => Err(Invalid::new(format!("invalid repeat period: {period}"))),
            None => Ok(()),
        }
    }
}

fn date(which: &str, text: &str) -> Result<DateTime<FixedOffset>, Invalid> {
    DateTime::parse_from_rfc3339(text).map_err(|why| {
        Invalid(format!("invalid {which} time format: {text:?}: {why}; write 2026-01-31T17:00:00Z"))
    })
}

impl TimeWindowWhen {
    /// Whether all times are times.
    ///
    /// # Errors
    /// [`Invalid`] with the first that is not.
    pub fn validate(&self) -> Result<(), Invalid> {
        let days = &self.days;
        let lists = [
            &days.all,
            &days.sunday,
            &days.monday,
            &days.tuesday,
            &days.wednesday,
            &days.thursday,
            &days.friday,
            &days.saturday,
        ];
        lists
            .into_iter()
            .flatten()
            .flat_map(|window| [&window.begin, &window.end])
            .try_for_each(clock)
    }
}

fn clock(text: &String) -> Result<(), Invalid> {
    let tight: String = text.split_whitespace().collect();
    match NaiveTime::parse_from_str(&tight, "%I:%M%p") {
        Ok(_) => Ok(()),
        Err(why) => Err(Invalid::new(format!(
            "parsing time {text:?}: {why}; write a time of a 12-hour clock, for example 3:04PM"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_with_dates_are_checked() {
        let window = |begin: &str, end: &str, repeat: &str| TimeWindowRepeated {
            begin: begin.into(),
            end: end.into(),
            repeat: vec![repeat.into()],
        };
        let (day, next) = ("2026-01-31T17:00:00+01:00", "2026-01-31T16:30:00Z");
        assert_eq!(window(day, next, "weekdays").validate(), Ok(()));
        let refused = |window: TimeWindowRepeated| window.validate().expect_err("is refused").0;
        assert_eq!(refused(window(next, day, "daily")), "end time must be after begin time");
        assert_eq!(refused(window(day, next, "never")), "invalid repeat period: never");
        assert!(refused(window("5:00PM", next, "daily")).starts_with("invalid begin time format"));
        assert!(refused(window(day, "", "daily")).starts_with("invalid end time format"));
    }

    #[test]
    fn times_are_those_of_a_twelve_hour_clock() {
        for good in ["3:04PM", "12:00AM", " 3:04 PM", "03:04pm"] {
            assert!(clock(&good.to_owned()).is_ok(), "{good}");
        }
        for bad in ["25:00", "15:00", "13:00PM", "3PM", "", "3:60PM"] {
            assert!(clock(&bad.to_owned()).is_err(), "{bad}");
        }
    }
}
