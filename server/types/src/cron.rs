//! Cron schedules: five fields, the usual macros, and `@every`.

use std::str::FromStr as _;

use croner::parser::{CronParser, Seconds, Year};

/// Whether the text is a schedule that Sensu accepts.
#[must_use]
pub fn is_schedule(text: &str) -> bool {
    let text = text.trim();
    if let Some(pause) = text.strip_prefix("@every ") {
        return is_duration(pause);
    }
    let text = match text {
        "@annually" => "@yearly",
        "@midnight" => "@daily",
        text => text,
    };
    if text.starts_with('@') {
        return croner::Cron::from_str(text).is_ok();
    }
    CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        .build()
        .parse(text)
        .is_ok()
}

/// A length of time as Go writes it: numbers with units, `1h30m` or `5s`.
fn is_duration(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && !text.contains(' ') && humantime::parse_duration(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_told_from_other_text() {
        for good in [
            "* * * * *",
            "0 0 * * 1-5",
            "*/5 8-18 * jan-mar mon,wed",
            "@daily",
            "@hourly",
            "@yearly",
            "@annually",
            "@midnight",
            "@weekly",
            "@monthly",
            "@every 5s",
            "@every 1h30m",
        ] {
            assert!(is_schedule(good), "{good}");
        }
        for bad in ["", "x", "* * * *", "0 * * * * *", "60 * * * *", "@never", "@every", "@every x"]
        {
            assert!(!is_schedule(bad), "{bad}");
        }
    }
}
