//! The contract kit: failures on request, a record of requests, and the way back to the start. Only
//! with `--dev`, and no part of the published API.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use dropshot::{Body, RequestInfo};
use http::{HeaderMap, Method, Response, StatusCode, Uri};
use sensu_store::{Operation, Prefix, Scan, Store, Txn};
use serde::Serialize;
use serde_json::{Value, json};

use crate::context::Context;
use crate::error::{ApiError, Error};
use crate::front::failure;
use crate::http::NAMESPACED_ROOMS;

/// The request header that asks for a failure.
const HEADER: &str = "sensu-dev-fault";

/// The longest delay that may be asked for.
const LONGEST: Duration = Duration::from_secs(60);

/// Requests that are remembered; older ones are forgotten.
const REMEMBERED: usize = 1_000;

/// Headers whose values nobody reads in a record.
const SECRET: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

/// Rooms that a reset restores besides those of namespaces. Sessions and the server's own identity and
/// secrets stay, so that tokens go on.
const ROOMS: [&str; 9] = [
    "adhoc",
    "apikeys",
    "clusterrolebindings",
    "clusterroles",
    "due",
    "namespaces",
    "passwords",
    "ttl",
    "users",
];

/// What the kit keeps.
pub(crate) struct Dev {
    /// What brings the store back to where it was.
    restore: Vec<Operation>,
    requests: Mutex<VecDeque<Noted>>,
}

/// A request, as it is remembered.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Noted {
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Value,
    /// The id of the operation; `null` where there is none.
    pub(crate) operation: Option<String>,
    pub(crate) status: u16,
}

/// The failure that a request asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fault {
    /// How long to wait first.
    pub(crate) delay: Duration,
    /// What then.
    pub(crate) end: Option<End>,
}

/// How a request ends that fails on request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// With an error of this status.
    Status(StatusCode),
    /// With a closed connection.
    Drop,
}

impl Dev {
    /// The kit over a store as it is now, which is what a reset brings back.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) async fn over(store: &dyn Store) -> Result<Self, Error> {
        let (mut restore, mut puts) = (Vec::new(), Vec::new());
        for room in ROOMS.iter().chain(NAMESPACED_ROOMS) {
            let prefix = Prefix::new(room, []).map_err(|bad| Error::Internal(bad.to_string()))?;
            restore.push(Operation::DeletePrefix(prefix.clone()));
            let mut after = None;
            loop {
                let prefix = prefix.clone();
                let scan = Scan { prefix, after, limit: 500, max_bytes: usize::MAX };
                let entries = store.scan(scan).await?;
                let Some(last) = entries.last() else { break };
                after = Some(last.key.clone());
                puts.extend(entries.into_iter().map(|entry| Operation::Put {
                    key: entry.key,
                    value: entry.value,
                    flags: entry.flags,
                    expires_at: entry.expires_at,
                }));
            }
        }
        restore.append(&mut puts);
        Ok(Self { restore, requests: Mutex::default() })
    }

    /// The answer of a route of the kit; `None` if the path is none of them.
    pub(crate) async fn answer(
        &self,
        store: &dyn Store,
        method: &Method,
        path: &str,
    ) -> Option<Result<Value, Error>> {
        match (method, path) {
            (&Method::GET, "/dev/requests") => Some(Ok(json!(*self.requests()))),
            (&Method::DELETE, "/dev/requests") => {
                self.requests().clear();
                Some(Ok(json!([])))
            }
            (&Method::POST, "/dev/reset") => Some(self.reset(store).await),
            (_, "/dev/requests" | "/dev/reset") => Some(Err(Error::MethodNotAllowed)),
            _ => None,
        }
    }

    /// Remembers a request.
    pub(crate) fn note(&self, noted: Noted) {
        // What is asked of the kit is not what is asked of the API.
        if noted.path.starts_with("/dev/") {
            return;
        }
        let mut requests = self.requests();
        if requests.len() == REMEMBERED {
            requests.pop_front();
        }
        requests.push_back(noted);
    }

    /// All objects as they were at the start, in one transaction; no request remembered.
    async fn reset(&self, store: &dyn Store) -> Result<Value, Error> {
        let operations = self.restore.clone();
        store.commit(Txn { operations, ..Txn::default() }).await?;
        self.requests().clear();
        Ok(json!({}))
    }

    fn requests(&self) -> std::sync::MutexGuard<'_, VecDeque<Noted>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Noted {
    /// A request that has not been answered yet.
    pub(crate) fn of(id: &str, method: &Method, uri: &Uri, headers: &HeaderMap) -> Self {
        let shown = headers.iter().map(|(name, value)| {
            let secret = SECRET.contains(&name.as_str());
            let text =
                if secret { "***".into() } else { String::from_utf8_lossy(value.as_bytes()) };
            (name.as_str().to_owned(), Value::from(text))
        });
        Self {
            id: id.to_owned(),
            method: method.to_string(),
            path: uri.path().to_owned(),
            query: uri.query().unwrap_or_default().to_owned(),
            headers: shown.collect::<serde_json::Map<_, _>>().into(),
            operation: None,
            status: 0,
        }
    }
}

/// What the kit answers instead of the API; `None` to go on.
pub(crate) async fn intercept(
    cx: &Context,
    request: &RequestInfo,
    id: &str,
) -> Option<Response<Body>> {
    let dev = cx.dev.get()?;
    let (method, uri, headers) = (request.method(), request.uri(), request.headers());
    if let Some(answer) = dev.answer(cx.store.as_ref(), method, uri.path()).await {
        return Some(match answer {
            Ok(value) => {
                let mut response = Response::new(Body::from(value.to_string()));
                let json = http::HeaderValue::from_static("application/json");
                response.headers_mut().insert(http::header::CONTENT_TYPE, json);
                response
            }
            Err(error) => failure(error.into()),
        });
    }
    let fault = match fault(headers) {
        Ok(fault) => fault?,
        Err(error) => return Some(failure(error.into())),
    };
    tokio::time::sleep(fault.delay).await;
    match fault.end? {
        End::Status(status) => Some(failure(error(status))),
        End::Drop => {
            dev.note(Noted::of(id, method, uri, headers));
            // Unwinding is what closes the connection; nothing has failed, so no hook is told.
            std::panic::resume_unwind(Box::new("dropped on request"))
        }
    }
}

/// The failure that the headers ask for, if they do: `delay=250ms; status=503`, or `drop`.
///
/// # Errors
/// [`Error::Invalid`] if it is none, with what one looks like.
pub(crate) fn fault(headers: &HeaderMap) -> Result<Option<Fault>, Error> {
    let Some(value) = headers.get(HEADER) else { return Ok(None) };
    let bad = |why: &str| {
        let how = "write delay=250ms, status=503 (400 to 599) or drop, separated by semicolons";
        Error::Invalid(format!("Sensu-Dev-Fault: {why}; {how}"))
    };
    let text = value.to_str().map_err(|_| bad("not ASCII"))?;
    let mut fault = Fault::default();
    for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        match name.trim() {
            "delay" => {
                let delay = humantime::parse_duration(value.trim());
                fault.delay = delay.map_err(|error| bad(&error.to_string()))?;
                if fault.delay > LONGEST {
                    return Err(bad("a delay is at most 60s"));
                }
            }
            "status" => {
                let status = value.trim().parse().ok().filter(|code| (400..600).contains(code));
                let status = status.and_then(|code| StatusCode::from_u16(code).ok());
                fault.end = Some(End::Status(status.ok_or_else(|| bad("not a status"))?));
            }
            "drop" => fault.end = Some(End::Drop),
            other => return Err(bad(&format!("{other:?} is no failure"))),
        }
    }
    Ok(Some(fault))
}

/// The error that was asked for.
pub(crate) fn error(status: StatusCode) -> ApiError {
    let code = match status.as_u16() {
        404 => 2,
        409 => 3,
        403 => 4,
        401 | 429 => 5,
        412 => 6,
        400..500 => 1,
        _ => 0,
    };
    let retry_after = matches!(status.as_u16(), 429 | 503).then_some(1);
    let message = "asked for by Sensu-Dev-Fault".into();
    ApiError { message, code, status: status.as_u16(), retry_after }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(value: &'static str) -> Result<Option<Fault>, Error> {
        let value = http::HeaderValue::from_static(value);
        fault(&HeaderMap::from_iter([(http::HeaderName::from_static(HEADER), value)]))
    }

    #[test]
    fn failures_are_read_from_the_header() {
        assert_eq!(fault(&HeaderMap::new()), Ok(None));
        let slow = Fault {
            delay: Duration::from_millis(250),
            end: Some(End::Status(StatusCode::SERVICE_UNAVAILABLE)),
        };
        assert_eq!(asked("delay=250ms; status=503"), Ok(Some(slow)));
        let drop = Fault { end: Some(End::Drop), ..Fault::default() };
        assert_eq!(asked("drop"), Ok(Some(drop)));
        for bad in ["status=200", "status=x", "delay=soon", "delay=2h", "explode"] {
            assert!(matches!(asked(bad), Err(Error::Invalid(_))), "{bad}");
        }
    }

    #[test]
    fn secrets_are_not_remembered() {
        let value = http::HeaderValue::from_static("Bearer abc");
        let headers = HeaderMap::from_iter([(http::header::AUTHORIZATION, value)]);
        let noted = Noted::of("1", &Method::GET, &Uri::from_static("/a?b=c"), &headers);
        assert_eq!(noted.headers["authorization"], "***");
        assert_eq!((noted.path.as_str(), noted.query.as_str()), ("/a", "b=c"));
    }
}
