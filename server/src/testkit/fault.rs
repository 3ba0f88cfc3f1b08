//! Specifications of faults: `delay=250ms; status=503; probability=0.2; count=3`.

use std::time::Duration;

use http::StatusCode;

use crate::error::{self, ApiError, BEARER, Error};

/// Maximum delay of a request.
const MAX_DELAY: Duration = Duration::from_secs(60);

/// A fault to inject into requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fault {
    /// Delay before the request is processed, at most 60 s.
    pub(super) delay: Duration,
    /// How the request fails after the delay. `None` to process it.
    pub(super) failure: Option<Failure>,
    /// Probability of the fault, 0 to 1.
    pub(super) probability: f64,
    /// Maximum number of injections. `None` for no limit.
    pub(super) count: Option<u32>,
}

/// How a request fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// An error response.
    Status(StatusCode),
    /// A closed connection.
    Drop,
}

impl Fault {
    /// Parses a specification.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the syntax.
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let mut fault =
            Self { delay: Duration::ZERO, failure: None, probability: 1.0, count: None };
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let value = value.trim();
            match name.trim() {
                "delay" => {
                    let delay = humantime::parse_duration(value);
                    fault.delay = delay.map_err(|error| invalid(&error.to_string()))?;
                    if fault.delay > MAX_DELAY {
                        return Err(invalid("a delay is at most 60s"));
                    }
                }
                "status" => {
                    let status = value.parse().ok().filter(|code| (400..600).contains(code));
                    let status = status.and_then(|code| StatusCode::from_u16(code).ok());
                    fault.failure =
                        Some(Failure::Status(status.ok_or_else(|| invalid("not a status"))?));
                }
                "drop" if value.is_empty() => fault.failure = Some(Failure::Drop),
                "probability" => {
                    let probability = value.parse().ok();
                    let probability = probability.filter(|value| (0.0..=1.0).contains(value));
                    fault.probability =
                        probability.ok_or_else(|| invalid("a probability is from 0 to 1"))?;
                }
                "count" => {
                    let count = value.parse().ok();
                    fault.count = Some(count.ok_or_else(|| invalid("a count is a whole number"))?);
                }
                other => return Err(invalid(&format!("unknown key {other:?}"))),
            }
        }
        if fault.failure.is_none() && fault.delay.is_zero() {
            return Err(invalid("neither delay nor failure"));
        }
        Ok(fault)
    }
}

/// The error for an invalid specification.
pub(super) fn invalid(reason: &str) -> Error {
    Error::invalid(format!(
        "Sensu-Dev-Fault: {reason}; expected delay=250ms, status=503 (400 to 599) or drop, and optionally \
         probability=0.2 and count=3, separated by semicolons"
    ))
}

/// The response of a request that fails with a status.
pub(super) fn error(status: StatusCode) -> ApiError {
    let code = error::table::code(status);
    let retry_after = matches!(status.as_u16(), 429 | 503).then_some(1);
    let challenge = (status == StatusCode::UNAUTHORIZED).then_some(BEARER);
    ApiError {
        message: "injected by Sensu-Dev-Fault".into(),
        code,
        status: status.as_u16(),
        retry_after,
        challenge,
        ..ApiError::default()
    }
}
