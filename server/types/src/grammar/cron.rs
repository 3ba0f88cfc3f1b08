//! Cron schedules as Sensu Go's parser accepts them: five fields, macros, and `@every`.

use croner::parser::{CronParser, Seconds, Year};

/// Whether the text is a valid schedule.
#[must_use]
pub fn is_schedule(text: &str) -> bool {
    if let Some(interval) = text.strip_prefix("@every ") {
        return is_duration(interval);
    }
    if text.starts_with('@') {
        return MACROS.contains(&text);
    }
    // Minute, hour, day of the month, month, day of the week.
    let fields: Vec<&str> = text.split_whitespace().collect();
    let [.., day] = fields.as_slice() else { return false };
    if fields.iter().any(|field| has_extension(field)) || has_seven(day) {
        return false;
    }
    CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        // Accept `5/15`: every 15 minutes from minute 5.
        .sloppy_ranges(true)
        .build()
        .parse(&fields.join(" "))
        .is_ok()
}

const MACROS: [&str; 7] =
    ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

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

/// Whether the text is a duration in Go's format: numbers with units, such as `1h30m`.
fn is_duration(text: &str) -> bool {
    let is_legal = |c: char| c.is_ascii_digit() || ".hmsnu\u{b5}".contains(c);
    !text.is_empty() && text.chars().all(is_legal) && humantime::parse_duration(text).is_ok()
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
            "TZ=Europe/Berlin 0 0 * * *",
            "CRON_TZ=UTC 0 0 * * *",
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
}
