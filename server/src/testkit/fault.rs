//! Faults: what they do to a request, and their text form `delay=250ms; status=503; probability=0.2; count=3`.

use std::time::Duration;

use bytes::Bytes;
use dropshot::Body;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};

use super::transfer::Transfer;
use crate::error::{self, ApiError, BEARER, Error};

/// Maximum delay of a request, and maximum duration of a slow response.
pub(super) const MAX_DELAY: Duration = Duration::from_secs(60);

/// A fault to inject into requests.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fault {
    /// Delay before the request is processed, at most 60 s.
    pub(super) delay: Duration,
    /// How the request fails after the delay. `None` to process it.
    pub(super) failure: Option<Failure>,
    /// How the response is sent.
    pub(super) transfer: Transfer,
    /// Probability of the fault, 0 to 1.
    pub(super) probability: f64,
    /// Number of the first request that the fault applies to, from 1.
    pub(super) nth: u32,
    /// Maximum number of injections. `None` for no limit.
    pub(super) count: Option<u32>,
}

/// How a request fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// An error response of the server.
    Status(StatusCode),
    /// A response with a body of its own.
    Response {
        /// Status, 200 to 599.
        status: StatusCode,
        /// Media type of the body.
        content_type: HeaderValue,
        /// The body.
        body: Bytes,
    },
    /// A closed connection.
    Drop,
    /// A reset connection.
    Reset,
}

impl Default for Fault {
    fn default() -> Self {
        Self {
            delay: Duration::ZERO,
            failure: None,
            transfer: Transfer::default(),
            probability: 1.0,
            nth: 1,
            count: None,
        }
    }
}

impl Fault {
    /// Parses a specification.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the syntax.
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let mut fault = Self::default();
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            fault.set(name.trim(), value.trim()).map_err(|reason| invalid(&reason))?;
        }
        match fault.has_effect() {
            true => Ok(fault),
            false => Err(invalid("neither delay nor failure")),
        }
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        match name {
            "delay" => self.delay = duration(value)?,
            "slow" => self.transfer.duration = duration(value)?,
            "truncate" => {
                let bytes = value.parse().map_err(|_| "truncate is a number of bytes")?;
                self.transfer.truncate = Some(bytes);
            }
            "status" => {
                let status = value.parse().map_err(|_| "not a status")?;
                self.failure = Some(Failure::Status(error_status(status)?));
            }
            "drop" if value.is_empty() => self.failure = Some(Failure::Drop),
            "reset" if value.is_empty() => self.failure = Some(Failure::Reset),
            "probability" => {
                self.probability = probability(value.parse().unwrap_or(f64::NAN))?;
            }
            "count" | "times" => {
                self.count = Some(value.parse().map_err(|_| "a count is a whole number")?);
            }
            other => return Err(format!("unknown key {other:?}")),
        }
        Ok(())
    }

    /// Whether the fault changes anything.
    pub(super) fn has_effect(&self) -> bool {
        self.failure.is_some() || !self.delay.is_zero() || self.transfer != Transfer::default()
    }
}

/// A duration in the syntax `250ms`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    match duration <= MAX_DELAY {
        true => Ok(duration),
        false => Err("a delay is at most 60s".into()),
    }
}

/// The status of an error response of the server.
pub(super) fn error_status(status: u16) -> Result<StatusCode, String> {
    let status = Some(status).filter(|code| (400..600).contains(code));
    status.and_then(|code| StatusCode::from_u16(code).ok()).ok_or_else(|| "not a status".into())
}

pub(super) fn probability(value: f64) -> Result<f64, String> {
    match (0.0..=1.0).contains(&value) {
        true => Ok(value),
        false => Err("a probability is from 0 to 1".into()),
    }
}

impl Failure {
    /// The response. `None` if the connection ends instead.
    pub(super) fn response(self) -> Option<Response<Body>> {
        match self {
            Self::Status(status) => Some(error(status).into_response()),
            Self::Response { status, content_type, body } => {
                let mut response = Response::new(Body::from(body));
                *response.status_mut() = status;
                response.headers_mut().insert(CONTENT_TYPE, content_type);
                Some(response)
            }
            Self::Drop | Self::Reset => None,
        }
    }
}

/// The error for an invalid specification.
pub(super) fn invalid(reason: &str) -> Error {
    Error::invalid(format!(
        "Sensu-Dev-Fault: {reason}; expected delay=250ms, status=503 (400 to 599), drop, reset, truncate=10 or \
         slow=2s, and optionally probability=0.2 and count=3, separated by semicolons"
    ))
}

/// The response of a request that fails with a status.
fn error(status: StatusCode) -> ApiError {
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
