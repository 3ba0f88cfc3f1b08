//! Time windows: when a check does not run, or when a filter applies.

use chrono::{DateTime, FixedOffset, NaiveTime};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Invalid;
use crate::grammar::enumeration::Enumeration;
use crate::grammar::schema;
use crate::invalid::Validated as _;

/// Weekly time windows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct TimeWindowWhen {
    /// Time windows by day of the week. Days without windows are omitted.
    pub days: TimeWindowDays,
}

/// Time windows by day of the week. Days without windows are omitted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct TimeWindowDays {
    /// Windows on every day. Omitted if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub all: Vec<TimeWindow>,
    /// Windows on Sundays. Omitted if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sunday: Vec<TimeWindow>,
    /// Windows on Mondays. Omitted if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub monday: Vec<TimeWindow>,
    /// Windows on Tuesdays. Omitted if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tuesday: Vec<TimeWindow>,
    /// Windows on Wednesdays. Omitted if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub wednesday: Vec<TimeWindow>,
    /// Windows on Thursdays. Omitted if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub thursday: Vec<TimeWindow>,
    /// Windows on Fridays. Omitted if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub friday: Vec<TimeWindow>,
    /// Windows on Saturdays. Omitted if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub saturday: Vec<TimeWindow>,
}

/// A daily time window, in UTC.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct TimeWindow {
    /// Start time on a 12-hour clock, for example `5:00PM`. Required.
    #[schemars(schema_with = "schema::time_of_day")]
    pub begin: String,
    /// End time on a 12-hour clock. If it is before `begin`, the window ends on the next day. Required.
    #[schemars(schema_with = "schema::time_of_day")]
    pub end: String,
}

/// A time window with a date, which can repeat.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct TimeWindowRepeated {
    /// Start of the first window, in RFC 3339 format with an offset from UTC:
    /// `2026-01-31T17:00:00+01:00`. Required.
    #[schemars(schema_with = "schema::date_time")]
    pub begin: String,
    /// End of the first window, in the same format. Not before `begin`. Required.
    #[schemars(schema_with = "schema::date_time")]
    pub end: String,
    /// Periods after which the window repeats: `daily`, `weekly`, `monthly`, `annually`, `weekdays`,
    /// `weekends`, or a day of the week (`mondays`). Empty for a window that does not repeat.
    #[schemars(schema_with = "periods")]
    pub repeat: Vec<String>,
}

const PERIOD: Enumeration = Enumeration {
    name: "RepeatPeriod",
    description: "Period after which a time window repeats.",
    values: &[
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
    ],
    identifiers: &[],
};

fn periods(generator: &mut schemars::r#gen::SchemaGenerator) -> schemars::schema::Schema {
    PERIOD.list(generator)
}

/// The schema of the field `subdue` of checks: [`TimeWindowWhen`] or `null`, as one named schema, because
/// generators do not support `null` beside a reference.
pub(crate) fn subdue(generator: &mut schemars::r#gen::SchemaGenerator) -> schemars::schema::Schema {
    let mut definition = schema::nullable::<TimeWindowWhen>(generator).into_object();
    definition.metadata().description =
        Some("Weekly times, in UTC, at which a check is not executed on its schedule. `null` if there are none.".to_owned());
    schema::define("Subdue", definition.into(), generator).into()
}

impl TimeWindowRepeated {
    /// Validates begin, end and periods.
    ///
    /// # Errors
    /// [`Invalid`] for the first invalid value, or if the window ends before it begins.
    pub fn validate(&self) -> Result<(), Invalid> {
        let (begin, end) = (date_time("begin", &self.begin)?, date_time("end", &self.end)?);
        if end < begin {
            return Err(Invalid::new("end time must be after begin time").at("/end"));
        }
        match self.repeat.iter().enumerate().find(|(_, period)| !PERIOD.contains(period)) {
            Some((index, period)) => {
                let message = format!("invalid repeat period: {period}");
                Err(Invalid::new(message).at(format!("/repeat/{index}")))
            }
            None => Ok(()),
        }
    }
}

fn date_time(which: &str, text: &str) -> Result<DateTime<FixedOffset>, Invalid> {
    DateTime::parse_from_rfc3339(text).map_err(|error| {
        let message = format!("invalid {which} time format: {text:?}: {error}; use RFC 3339, for example 2026-01-31T17:00:00Z");
        Invalid::new(message).at(format!("/{which}"))
    })
}

impl TimeWindowWhen {
    /// Validates the times of all windows.
    ///
    /// # Errors
    /// [`Invalid`] for the first invalid time.
    pub fn validate(&self) -> Result<(), Invalid> {
        let days = &self.days;
        let lists = [
            ("all", &days.all),
            ("sunday", &days.sunday),
            ("monday", &days.monday),
            ("tuesday", &days.tuesday),
            ("wednesday", &days.wednesday),
            ("thursday", &days.thursday),
            ("friday", &days.friday),
            ("saturday", &days.saturday),
        ];
        for (day, windows) in lists {
            for (index, window) in windows.iter().enumerate() {
                TimeWindow::time_of_day(&window.begin)
                    .at("/begin")
                    .and_then(|_| TimeWindow::time_of_day(&window.end).at("/end"))
                    .at(format!("/days/{day}/{index}"))?;
            }
        }
        Ok(())
    }
}

impl TimeWindow {
    /// The time that `begin` or `end` stands for.
    ///
    /// # Errors
    /// [`Invalid`] for a text that is not a time of a 12-hour clock.
    pub fn time_of_day(text: &str) -> Result<NaiveTime, Invalid> {
        let compact: String = text.split_whitespace().collect();
        NaiveTime::parse_from_str(&compact, "%I:%M%p").map_err(|error| {
            Invalid::new(format!(
                "parsing time {text:?}: {error}; use a time of a 12-hour clock, for example 3:04PM"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_window_needs_valid_dates_and_periods() {
        let window = |begin: &str, end: &str, repeat: &str| TimeWindowRepeated {
            begin: begin.into(),
            end: end.into(),
            repeat: vec![repeat.into()],
        };
        let (day, next) = ("2026-01-31T17:00:00+01:00", "2026-01-31T16:30:00Z");
        assert_eq!(window(day, next, "weekdays").validate(), Ok(()));
        let error = |window: TimeWindowRepeated| window.validate().expect_err("invalid").message;
        assert_eq!(error(window(next, day, "daily")), "end time must be after begin time");
        assert_eq!(error(window(day, next, "never")), "invalid repeat period: never");
        assert!(error(window("5:00PM", next, "daily")).starts_with("invalid begin time format"));
        assert!(error(window(day, "", "daily")).starts_with("invalid end time format"));
    }

    #[test]
    fn a_daily_window_needs_times_of_a_12_hour_clock() {
        for good in ["3:04PM", "12:00AM", " 3:04 PM", "03:04pm"] {
            assert!(TimeWindow::time_of_day(good).is_ok(), "{good}");
        }
        for bad in ["25:00", "15:00", "13:00PM", "3PM", "", "3:60PM"] {
            assert!(TimeWindow::time_of_day(bad).is_err(), "{bad}");
        }
    }
}
