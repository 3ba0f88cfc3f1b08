//! Cron schedules: five fields, the usual macros, and `@every`, as Sensu's own parser reads them.

use croner::parser::{CronParser, Seconds, Year};

/// Whether the text is a schedule that Sensu accepts.
#[must_use]
pub fn is_schedule(text: &str) -> bool {
    if let Some(pause) = text.strip_prefix("@every ") {
        return is_duration(pause);
    }
    if text.starts_with('@') {
        return MACROS.contains(&text);
    }
    // Minute, hour, day of the month, month, day of the week.
    let fields: Vec<&str> = text.split_whitespace().collect();
    let [.., day] = fields.as_slice() else { return false };
    if fields.iter().any(|field| is_beyond(field)) || is_seven(day) {
        return false;
    }
    CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        // `5/15` is every quarter of an hour from the fifth minute on.
        .sloppy_ranges(true)
        .build()
        .parse(&fields.join(" "))
        .is_ok()
}

const MACROS: [&str; 7] =
    ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

/// Whether a field says more than Sensu's schedules can: the last day of a month, the nearest weekday, the nth
/// day of the week, or a step without a start.
fn is_beyond(field: &str) -> bool {
    let starts = |item: &str| !item.starts_with('/');
    let letters = |c: char| c.is_ascii_alphabetic();
    let is_name = |word: &str| word.is_empty() || word.len() == 3;
    field.contains(['#', '+'])
        || !field.split(',').all(starts)
        || !field.split(|c| !letters(c)).all(is_name)
}

/// Whether the field of the day of the week calls Sunday by its other number.
fn is_seven(day: &str) -> bool {
    let values = day.split(',').filter_map(|item| item.split('/').next());
    values.flat_map(|range| range.split('-')).any(|value| value == "7")
}

/// A length of time as Go writes it: numbers with units, `1h30m` or `5s`.
fn is_duration(text: &str) -> bool {
    let in_go = |c: char| c.is_ascii_digit() || ".hmsnu\u{b5}".contains(c);
    !text.is_empty() && text.chars().all(in_go) && humantime::parse_duration(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One line for each rule of the schedules that Sensu reads.
    #[test]
    fn schedules_are_told_from_other_text() {
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
