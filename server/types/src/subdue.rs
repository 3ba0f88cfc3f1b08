//! Subdue windows: times of the week at which a check does not run.

use chrono::NaiveTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Invalid;

/// Windows of time, by day of the week, in which the check does not run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct TimeWindowWhen {
    /// Windows by day. Days without windows are absent.
    pub days: TimeWindowDays,
}

/// Windows of time for each day of the week.
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
    pub begin: String,
    /// When it ends, on a 12-hour clock. Before `begin` means on the next day.
    pub end: String,
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
        Err(why) => Invalid::because(format!(
            "parsing time {text:?}: {why}; write a time of a 12-hour clock, for example 3:04PM"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
