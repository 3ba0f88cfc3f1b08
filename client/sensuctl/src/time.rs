//! Times: the notations that users type, and the one that is printed.

use anyhow::{Result, bail};
use chrono::{DateTime, FixedOffset, Local, NaiveDateTime, TimeZone as _, Utc};

/// Formats without a zone. A zone may follow.
const FORMATS: &[&str] = &["%b %d %Y %I:%M%p", "%b %d %Y %I:%M %p", "%b %d %Y %H:%M"];

/// The current time, in seconds since 1970-01-01 UTC.
pub(crate) fn now() -> i64 {
    Utc::now().timestamp()
}

/// Parses a time into seconds since 1970-01-01 UTC. `now` is the meaning of `now`, `0`, an empty
/// text and the start of `in 2h`.
///
/// # Errors
/// If the text is in none of the notations that the message lists.
pub(crate) fn parse(text: &str, now: i64) -> Result<i64> {
    let text = text.trim();
    if matches!(text, "" | "0" | "now") {
        return Ok(now);
    }
    if let Ok(seconds) = text.parse::<i64>() {
        return Ok(seconds);
    }
    if let Some(delay) = text.strip_prefix("in ")
        && let Ok(delay) = humantime::parse_duration(delay)
    {
        return Ok(now.saturating_add_unsigned(delay.as_secs()));
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(time.timestamp());
    }
    match parse_formatted(text) {
        Some(seconds) => Ok(seconds),
        None => bail!(
            "{text:?} is not a time: use now, seconds since 1970, 'in 2h', '2030-01-02T15:04:00Z' or 'Jan 02 2030 3:04PM UTC'"
        ),
    }
}

/// Without a zone, the time is local.
fn parse_formatted(text: &str) -> Option<i64> {
    let naive = |text: &str| {
        let parse = |format: &&str| NaiveDateTime::parse_from_str(text, format).ok();
        FORMATS.iter().find_map(parse)
    };
    if let Some(time) = naive(text) {
        return Local.from_local_datetime(&time).earliest().map(|time| time.timestamp());
    }
    let (time, zone) = text.rsplit_once(' ')?;
    let time = naive(time)?;
    match zone {
        "UTC" | "GMT" | "Z" => Some(Utc.from_utc_datetime(&time).timestamp()),
        offset => {
            let offset: FixedOffset = offset.parse().ok()?;
            offset.from_local_datetime(&time).earliest().map(|time| time.timestamp())
        }
    }
}

/// Formats seconds since 1970-01-01 UTC as local time. `None` and 0 are `N/A`.
pub(crate) fn display(seconds: Option<i64>) -> String {
    let seconds = seconds.filter(|seconds| *seconds != 0);
    match seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0)) {
        Some(time) => time.with_timezone(&Local).format("%Y-%m-%d %H:%M:%S %z").to_string(),
        None => "N/A".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn every_notation_is_parsed() {
        for (text, seconds) in [
            ("now", 1000),
            ("0", 1000),
            ("", 1000),
            ("1795403123", 1_795_403_123),
            ("Jan 02 2030 3:04PM UTC", 1_893_596_640),
            ("Jan 02 2030 4:04PM +0100", 1_893_596_640),
            ("2030-01-02T15:04:00Z", 1_893_596_640),
            ("in 2h", 8200),
        ] {
            assert_eq!(parse(text, 1000).ok(), Some(seconds), "{text}");
        }
        for text in ["tomorrow", "Jan 02 2030 3:04PM CEST", "in a while"] {
            let error = parse(text, 1000).unwrap_err().to_string();
            assert!(error.contains(text), "{error}");
        }
    }
}
