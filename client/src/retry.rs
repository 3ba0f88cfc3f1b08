//! Another try for what did not get through: a few, further and further apart.

use std::time::Duration;

use backon::ExponentialBuilder;
use reqwest::header::RETRY_AFTER;
use reqwest::{Method, Request, Response, StatusCode};

use crate::ApiError;

/// How often and after which time a request is tried again.
///
/// Only requests that can be sent twice without harm are: `GET`, `HEAD`, `PUT` and `DELETE`, but for
/// a `PUT` of an event, which is counted. They are tried again when the connection fails, when there
/// is no answer in time, and after the statuses 429, 502, 503 and 504. Any request is tried again
/// if no connection came about, because then nobody has seen it.
///
/// The waits double from one to the next and are lengthened by chance, so that many clients that
/// failed together do not come back together. A `Retry-After` of the server is heeded if it is
/// shorter than `longest`; after a longer one there is no further try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    /// How many tries follow the first one; 0 for none.
    pub times: usize,
    /// The first wait.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        let (first, longest) = (Duration::from_millis(100), Duration::from_secs(5));
        Self { times: 3, first, longest }
    }
}

impl Retries {
    /// One try for each request.
    pub const NONE: Self = Self { times: 0, first: Duration::ZERO, longest: Duration::ZERO };

    pub(crate) fn schedule(self) -> ExponentialBuilder {
        ExponentialBuilder::default()
            .with_min_delay(self.first)
            .with_max_delay(self.longest)
            .with_max_times(self.times)
            .with_jitter()
    }

    /// How long to wait after this failure: the server's wish, or the schedule's; `None` to give up.
    pub(crate) fn wait(self, failure: &Failure, scheduled: Option<Duration>) -> Option<Duration> {
        let wish = match failure {
            Failure::Answer(answer) => answer.headers().get(RETRY_AFTER),
            Failure::Broken(_) | Failure::Final(_) => None,
        };
        let wish = wish.and_then(|value| value.to_str().ok()?.parse().ok());
        match wish.map(Duration::from_secs) {
            Some(wish) if wish > self.longest => None,
            Some(wish) => scheduled.map(|scheduled| scheduled.max(wish)),
            None => scheduled,
        }
    }
}

/// A try that did not get through.
pub(crate) enum Failure {
    /// The server will do it later, or somebody between says that it cannot be reached.
    Answer(Box<Response>),
    /// There is no answer.
    Broken(reqwest::Error),
    /// It was not sent, and would not be the next time.
    Final(ApiError),
}

impl Failure {
    pub(crate) fn of(result: Result<Response, ApiError>) -> Result<Response, Self> {
        match result {
            Ok(answer) if is_passing(answer.status()) => Err(Self::Answer(Box::new(answer))),
            Ok(answer) => Ok(answer),
            Err(ApiError::Unreachable(error)) => Err(Self::Broken(error)),
            Err(error) => Err(Self::Final(error)),
        }
    }

    pub(crate) fn into_result(self) -> Result<Response, ApiError> {
        match self {
            Self::Answer(answer) => Ok(*answer),
            Self::Broken(error) => Err(error.into()),
            Self::Final(error) => Err(error),
        }
    }

    /// Whether another try can help, and do no harm.
    pub(crate) fn may_be_repeated(&self, repeatable: bool) -> bool {
        match self {
            Self::Answer(_) => repeatable,
            Self::Broken(error) if error.is_connect() => true,
            Self::Broken(error) => repeatable && (error.is_timeout() || error.is_request()),
            Self::Final(_) => false,
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Answer(answer) => write!(f, "status {}", answer.status()),
            Self::Broken(error) => write!(f, "{error}"),
            Self::Final(error) => write!(f, "{error}"),
        }
    }
}

fn is_passing(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    )
}

/// Whether sending a request twice has the effect of sending it once.
pub(crate) fn is_repeatable(request: &Request) -> bool {
    match *request.method() {
        Method::GET | Method::HEAD | Method::OPTIONS => true,
        Method::DELETE => true,
        Method::PUT => !request.url().path().contains("/events/"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::answer;

    fn request(method: Method, path: &str) -> Request {
        Request::new(method, format!("http://x{path}").parse().expect("a URL"))
    }

    #[test]
    fn what_has_an_effect_each_time_is_sent_once() {
        let checks = "/apis/core/v2/namespaces/default/checks/cpu";
        for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE] {
            assert!(is_repeatable(&request(method, checks)));
        }
        assert!(!is_repeatable(&request(Method::POST, checks)));
        assert!(!is_repeatable(&request(Method::PATCH, checks)));
        assert!(!is_repeatable(&request(
            Method::PUT,
            "/apis/core/v2/namespaces/default/events/a/b"
        )));
    }

    #[test]
    fn waits_grow_to_a_bound_and_differ_from_client_to_client() {
        use backon::BackoffBuilder as _;
        let (first, longest) = (Duration::from_millis(100), Duration::from_millis(300));
        let retries = Retries { times: 4, first, longest };
        let waits = || retries.schedule().build().collect::<Vec<_>>();
        for wait in waits() {
            assert!(wait >= first && wait <= 2 * longest, "{wait:?}");
        }
        assert_eq!(waits().len(), 4);
        let many: std::collections::HashSet<_> = (0..20).map(|_| waits()).collect();
        assert!(many.len() > 10, "chance has no part in it");
        assert_eq!(Retries::NONE.schedule().build().count(), 0);
    }

    #[test]
    fn a_wish_of_the_server_is_heeded_within_bounds() {
        let wishing = |seconds: &str| {
            let mut headers = reqwest::header::HeaderMap::new();
            headers.insert(RETRY_AFTER, seconds.parse().expect("a header"));
            Failure::Answer(Box::new(answer(
                reqwest::Version::HTTP_11,
                StatusCode::TOO_MANY_REQUESTS,
                headers,
                bytes::Bytes::new(),
            )))
        };
        let (retries, second) = (Retries::default(), Some(Duration::from_secs(1)));
        assert_eq!(retries.wait(&wishing("3"), second), Some(Duration::from_secs(3)));
        assert_eq!(retries.wait(&wishing("0"), second), second);
        assert_eq!(retries.wait(&wishing("6"), second), None, "too long");
        assert_eq!(retries.wait(&wishing("3"), None), None, "tried often enough");
        assert_eq!(retries.wait(&wishing("soon"), second), second, "not a number");
    }
}
