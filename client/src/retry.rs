//! [`RetryPolicy`]: which requests are retried, how often and after which delays.

use std::time::Duration;

use backon::ExponentialBuilder;
use reqwest::header::RETRY_AFTER;
use reqwest::{Method, Request, Response, StatusCode};

use crate::Error;

/// Number and delays of retries.
///
/// Requests that failed before a connection was established are always retried. After connection
/// errors, timeouts and the statuses 429, 502, 503 and 504, only idempotent requests are: `GET`,
/// `HEAD`, `OPTIONS`, `PUT` and `DELETE`, except a `PUT` of an event, because the server counts
/// occurrences. Logging in and refreshing tokens are not idempotent.
///
/// The backoff doubles with each retry, plus a random jitter of up to its own length. A
/// `Retry-After` header in seconds extends it; if the header exceeds `max_backoff`, the request
/// fails at once.
///
/// ```
/// use std::time::Duration;
/// use sensu_client::RetryPolicy;
///
/// let patient = RetryPolicy { max_retries: 8, ..RetryPolicy::default() };
/// assert_eq!(patient.initial_backoff, Duration::from_millis(100));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Maximum number of retries after the first attempt. Default: 3.
    pub max_retries: usize,
    /// Backoff before the first retry, without jitter. Default: 100 ms.
    pub initial_backoff: Duration,
    /// Upper limit of the backoff, without jitter, and of `Retry-After`. Default: 5 seconds.
    pub max_backoff: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_retries: 3,
            initial_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(5),
        }
    }
}

impl RetryPolicy {
    /// No retries.
    pub const NONE: Self =
        Self { max_retries: 0, initial_backoff: Duration::ZERO, max_backoff: Duration::ZERO };

    pub(crate) fn schedule(self) -> ExponentialBuilder {
        ExponentialBuilder::default()
            .with_min_delay(self.initial_backoff)
            .with_max_delay(self.max_backoff)
            .with_max_times(self.max_retries)
            .with_jitter()
    }

    /// The delay before the next attempt; `None` to give up.
    pub(crate) fn delay(
        self,
        error: &AttemptError,
        scheduled: Option<Duration>,
    ) -> Option<Duration> {
        match error.retry_after() {
            Some(retry_after) if retry_after > self.max_backoff => None,
            Some(retry_after) => scheduled.map(|scheduled| scheduled.max(retry_after)),
            None => scheduled,
        }
    }
}

/// Result of an attempt that may be retried.
pub(crate) enum AttemptError {
    /// A response with a transient status.
    Status(Box<Response>),
    /// No response.
    Transport(reqwest::Error),
    /// An error that would recur.
    Permanent(Error),
}

impl AttemptError {
    pub(crate) fn classify(result: Result<Response, Error>) -> Result<Response, Self> {
        match result {
            Ok(response) if is_transient(response.status()) => {
                Err(Self::Status(Box::new(response)))
            }
            Ok(response) => Ok(response),
            Err(Error::Transport(error)) => Err(Self::Transport(error)),
            Err(error) => Err(Self::Permanent(error)),
        }
    }

    pub(crate) fn into_result(self) -> Result<Response, Error> {
        match self {
            Self::Status(response) => Ok(*response),
            Self::Transport(error) => Err(error.into()),
            Self::Permanent(error) => Err(error),
        }
    }

    pub(crate) fn is_retryable(&self, idempotent: bool) -> bool {
        match self {
            Self::Status(_) => idempotent,
            Self::Transport(error) if error.is_connect() => true,
            Self::Transport(error) => idempotent && (error.is_timeout() || error.is_request()),
            Self::Permanent(_) => false,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        let Self::Status(response) = self else { return None };
        let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
        Some(Duration::from_secs(seconds))
    }
}

impl std::fmt::Display for AttemptError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Status(response) => write!(f, "status {}", response.status()),
            Self::Transport(error) => write!(f, "{error}"),
            Self::Permanent(error) => write!(f, "{error}"),
        }
    }
}

fn is_transient(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    )
}

/// Whether sending a request twice has the effect of sending it once.
pub(crate) fn is_idempotent(request: &Request) -> bool {
    match *request.method() {
        Method::GET | Method::HEAD | Method::OPTIONS | Method::DELETE => true,
        // The server counts the occurrences of an event.
        Method::PUT => !request.url().path().contains("/events/"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use backon::BackoffBuilder as _;

    use super::*;
    use crate::error_response::build_response;

    fn request(method: Method, path: &str) -> Request {
        Request::new(method, format!("http://x{path}").parse().unwrap())
    }

    #[test]
    fn post_patch_and_event_put_are_not_idempotent() {
        let checks = "/apis/core/v2/namespaces/default/checks/cpu";
        let event = "/apis/core/v2/namespaces/default/events/a/b";
        for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE] {
            assert!(is_idempotent(&request(method, checks)));
        }
        assert!(!is_idempotent(&request(Method::POST, checks)));
        assert!(!is_idempotent(&request(Method::PATCH, checks)));
        assert!(!is_idempotent(&request(Method::PUT, event)));
    }

    #[test]
    fn backoff_grows_to_its_maximum_with_jitter() {
        let initial_backoff = Duration::from_millis(100);
        let max_backoff = Duration::from_millis(300);
        let policy = RetryPolicy { max_retries: 4, initial_backoff, max_backoff };
        let delays = || policy.schedule().build().collect::<Vec<_>>();
        for delay in delays() {
            assert!(delay >= initial_backoff && delay <= 2 * max_backoff, "{delay:?}");
        }
        assert_eq!(delays().len(), 4);
        let distinct: HashSet<_> = (0..20).map(|_| delays()).collect();
        assert!(distinct.len() > 10, "no jitter");
        assert_eq!(RetryPolicy::NONE.schedule().build().count(), 0);
    }

    #[test]
    fn retry_after_extends_the_backoff_up_to_the_maximum() {
        let error = |retry_after: &str| {
            let mut headers = reqwest::header::HeaderMap::new();
            headers.insert(RETRY_AFTER, retry_after.parse().unwrap());
            AttemptError::Status(Box::new(build_response(
                reqwest::Version::HTTP_11,
                StatusCode::TOO_MANY_REQUESTS,
                headers,
                bytes::Bytes::new(),
            )))
        };
        let (policy, second) = (RetryPolicy::default(), Some(Duration::from_secs(1)));
        assert_eq!(policy.delay(&error("3"), second), Some(Duration::from_secs(3)));
        assert_eq!(policy.delay(&error("0"), second), second);
        assert_eq!(policy.delay(&error("6"), second), None, "above max_backoff");
        assert_eq!(policy.delay(&error("3"), None), None, "no retries left");
        assert_eq!(policy.delay(&error("soon"), second), second, "not a number");
    }
}
