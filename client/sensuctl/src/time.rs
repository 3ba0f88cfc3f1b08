//! Moments as people write them: `now`, a number, `Jan 02 2030 3:04PM UTC`, RFC 3339, `in 2h`.

use anyhow::{Result, bail};
use chrono::{DateTime, FixedOffset, Local, NaiveDateTime, TimeZone as _, Utc};

/// Formats without a zone; one may follow.
const FORMATS: &[&str] = &["%b %d %Y %I:%M%p", "%b %d %Y %I:%M %p", "%b %d %Y %H:%M"];

/// The moment that a text means, in seconds since 1970-01-01 UTC.
pub(crate) fn read(text: &str, now: i64) -> Result<i64> {
    let text = text.trim();
    if matches!(text, "" | "0" | "now") {
        return Ok(now);
    }
    if let Ok(seconds) = text.parse::<i64>() {
        return Ok(seconds);
    }
    if let Some(later) = text.strip_prefix("in ")
        && let Ok(later) = humantime::parse_duration(later)
    {
        return Ok(now.saturating_add_unsigned(later.as_secs()));
    }
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Ok(moment.timestamp());
    }
    match formatted(text) {
        Some(seconds) => Ok(seconds),
        None => bail!(
            "{text:?} is not a time: use now, seconds since 1970, 'in 2h', '2030-01-02T15:04:00Z' or 'Jan 02 2030 3:04PM UTC'"
        ),
    }
}

/// One of the formats, with a zone or in local time.
fn formatted(text: &str) -> Option<i64> {
    let local = |text: &str| {
        let read = |format: &&str| NaiveDateTime::parse_from_str(text, format).ok();
        FORMATS.iter().find_map(read)
    };
    if let Some(time) = local(text) {
        return Local.from_local_datetime(&time).earliest().map(|time| time.timestamp());
    }
    let (time, zone) = text.rsplit_once(' ')?;
    let time = local(time)?;
    match zone {
        "UTC" | "GMT" | "Z" => Some(Utc.from_utc_datetime(&time).timestamp()),
        offset => {
            let offset: FixedOffset = offset.parse().ok()?;
            offset.from_local_datetime(&time).earliest().map(|time| time.timestamp())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn moments_are_read() {
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
            assert_eq!(read(text, 1000).ok(), Some(seconds), "{text}");
        }
        for text in ["tomorrow", "Jan 02 2030 3:04PM CEST", "in a while"] {
            let refused = read(text, 1000).unwrap_err().to_string();
            assert!(refused.contains(text), "{refused}");
        }
    }
}
