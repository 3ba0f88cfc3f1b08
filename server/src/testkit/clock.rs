//! The clock of the test kit: set, advanced and stopped by requests.

use std::time::{Duration, UNIX_EPOCH};

use schemars::JsonSchema;
use sensu_store::{AdjustableClock, Clock as _};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::resources::events;
use crate::runtime::context::Context;

/// Latest time of the clock: 9999-12-31T23:59:59Z, in milliseconds since 1970-01-01 UTC.
const LATEST: i64 = 253_402_300_799_000;

/// Maximum number of expired entries removed in one transaction.
const BATCH: usize = 1_000;

/// The clock of the server.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct Clock {
    /// Current time, RFC 3339: `2026-01-31T12:00:00.250Z`.
    now: String,
    /// The same in seconds since 1970-01-01 UTC, as in fields of objects.
    unix: i64,
    /// Milliseconds that the clock is ahead of the clock of the machine. Negative if it is behind.
    offset_ms: i64,
    /// Whether the clock is stopped.
    frozen: bool,
}

/// A change of the clock. Fields that are absent do not change.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ClockInput {
    /// New time, RFC 3339: `2026-01-31T12:00:00Z`. Later than now or earlier.
    #[serde(default)]
    now: Option<String>,
    /// Whether to stop the clock.
    #[serde(default)]
    frozen: Option<bool>,
}

/// A step of the clock.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ClockAdvance {
    /// Duration: `90s`, `15m`, `1h 30m`, `7days`.
    by: String,
}

pub(super) fn read(clock: &AdjustableClock) -> Clock {
    let (setting, millis) = (clock.setting(), clock.now_millis());
    let offset_ms = match setting.frozen_at {
        Some(_) => millis.saturating_sub(sensu_store::SystemClock.now_millis()),
        None => setting.offset_millis,
    };
    Clock {
        now: rfc3339(millis),
        unix: millis.div_euclid(1000),
        offset_ms,
        frozen: setting.frozen_at.is_some(),
    }
}

/// A time in milliseconds since 1970-01-01 UTC as RFC 3339.
pub(super) fn rfc3339(millis: i64) -> String {
    let time = UNIX_EPOCH + Duration::from_millis(u64::try_from(millis).unwrap_or_default());
    humantime::format_rfc3339_millis(time).to_string()
}

/// The milliseconds since 1970-01-01 UTC of a time in RFC 3339.
pub(super) fn parse_rfc3339(text: &str) -> Option<i64> {
    let time = humantime::parse_rfc3339_weak(text).ok()?;
    i64::try_from(time.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()
}

/// Sets the clock.
///
/// # Errors
/// [`Error::Invalid`] for an invalid time.
pub(super) fn set(clock: &AdjustableClock, input: &ClockInput) -> Result<(), Error> {
    if input.now.is_none() && input.frozen.is_none() {
        return Err(Error::invalid(
            r#"expected {"now": "2026-01-31T12:00:00Z"}, {"frozen": true} or both"#,
        ));
    }
    let now = input.now.as_deref().map(|text| {
        let millis = parse_rfc3339(text).filter(|millis| *millis <= LATEST);
        let why = || {
            format!("now {text:?} is not a time from 1970 to 9999, such as 2026-01-31T12:00:00Z")
        };
        millis.ok_or_else(|| Error::invalid(why()).at("/now"))
    });
    let millis = now.transpose()?.unwrap_or_else(|| clock.now_millis());
    clock.set(millis, input.frozen.unwrap_or(clock.setting().frozen_at.is_some()));
    Ok(())
}

/// Advances the clock.
///
/// # Errors
/// [`Error::Invalid`] for an invalid duration.
pub(super) fn advance(clock: &AdjustableClock, step: &ClockAdvance) -> Result<(), Error> {
    let by = humantime::parse_duration(&step.by).map_err(|error| {
        let why =
            format!("by {:?}: {error}; expected a duration such as 90s, 15m or 1h 30m", step.by);
        Error::invalid(why).at("/by")
    })?;
    let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
    let millis = clock.now_millis().saturating_add(by);
    if millis > LATEST {
        return Err(Error::invalid("the clock cannot pass the year 9999").at("/by"));
    }
    clock.set(millis, clock.setting().frozen_at.is_some());
    Ok(())
}

/// Does now what is due by the clock: failures of overdue results and silent agents, removal of expired entries, and
/// checks whose schedule has come, which are requested by their own task.
///
/// # Errors
/// [`Error`] if the store fails.
pub(super) async fn process_due(cx: &Context) -> Result<(), Error> {
    while events::fire_deadlines(cx).await? > 0 {}
    while cx.sweep(BATCH).await? == BATCH {}
    cx.resources.execution_requested.notify_one();
    Ok(())
}
