//! A failure, as somebody asks for it in words.

use std::time::Duration;

use http::StatusCode;

use crate::error::{self, ApiError, Error};

/// The longest delay that may be asked for.
const LONGEST: Duration = Duration::from_secs(60);

/// The failure that somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fault {
    /// How long to wait first.
    pub(super) delay: Duration,
    /// What then.
    pub(super) end: Option<End>,
    /// How likely it is.
    pub(super) probability: f64,
    /// How often it happens.
    pub(super) count: Option<u32>,
}

/// How a request ends that fails on request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// With an error of this status.
    Status(StatusCode),
    /// With a closed connection.
    Drop,
}

impl Fault {
    /// Reads `delay=250ms; status=503; probability=0.2; count=3`, or `drop`.
    pub(super) fn read(text: &str) -> Result<Self, Error> {
        let mut fault = Self { delay: Duration::ZERO, end: None, probability: 1.0, count: None };
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let value = value.trim();
            match name.trim() {
                "delay" => {
                    let delay = humantime::parse_duration(value);
                    fault.delay = delay.map_err(|error| bad(&error.to_string()))?;
                    if fault.delay > LONGEST {
                        return Err(bad("a delay is at most 60s"));
                    }
                }
                "status" => {
                    let status = value.parse().ok().filter(|code| (400..600).contains(code));
                    let status = status.and_then(|code| StatusCode::from_u16(code).ok());
                    fault.end = Some(End::Status(status.ok_or_else(|| bad("not a status"))?));
                }
                "drop" if value.is_empty() => fault.end = Some(End::Drop),
                "probability" => {
                    let likely = value.parse().ok().filter(|likely| (0.0..=1.0).contains(likely));
                    fault.probability =
                        likely.ok_or_else(|| bad("a probability is from 0 to 1"))?;
                }
                "count" => {
                    let count = value.parse().ok();
                    fault.count = Some(count.ok_or_else(|| bad("a count is a whole number"))?);
                }
                other => return Err(bad(&format!("{other:?} is no failure"))),
            }
        }
        if fault.end.is_none() && fault.delay.is_zero() {
            return Err(bad("nothing to do"));
        }
        Ok(fault)
    }
}

/// The answer to a wish that is none.
pub(super) fn bad(why: &str) -> Error {
    Error::Invalid(format!(
        "Sensu-Dev-Fault: {why}; write delay=250ms, status=503 (400 to 599) or drop, and if you like \
         probability=0.2 and count=3, separated by semicolons"
    ))
}

/// The error that was asked for.
pub(super) fn error(status: StatusCode) -> ApiError {
    let code = error::table::code(status);
    let retry_after = matches!(status.as_u16(), 429 | 503).then_some(1);
    let message = "asked for by Sensu-Dev-Fault".into();
    ApiError { message, code, status: status.as_u16(), retry_after }
}
