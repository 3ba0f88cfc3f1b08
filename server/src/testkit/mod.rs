//! The test kit of `--dev`: fault injection, a record of requests, and a reset of the store. Its routes
//! below `/dev/` are not part of the API and require no credentials; [`origin`] rejects web pages.

mod capture;
mod fault;
mod faults;
mod origin;
mod requests;
mod reset;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::anyhow;
use dropshot::Body;
use http::{HeaderValue, Method, Response};
use http_body_util::{BodyExt as _, Limited};
use hyper::Request;
use sensu_store::Store;
use serde_json::{Value, json};

use self::capture::BodyCapture;
use self::fault::Failure;
use self::faults::FaultInjector;
use self::requests::{RecordedRequest, RequestLog};
use self::reset::Snapshot;
use crate::error::Error;
use crate::runtime::context::{Context, Cx, Limits};

/// The test kit of a server.
pub(crate) struct Testkit {
    store: Arc<dyn Store>,
    snapshot: Snapshot,
    faults: FaultInjector,
    requests: RequestLog,
    /// Address that the server listens on.
    address: SocketAddr,
}

impl Testkit {
    /// A test kit that resets the store to its present state. Requests are also written to the file, if
    /// given. `address` is the one that the server listens on.
    ///
    /// # Errors
    /// If the store fails, or the file cannot be created.
    pub(crate) async fn new(
        store: Arc<dyn Store>,
        log: Option<&Path>,
        address: SocketAddr,
    ) -> anyhow::Result<Self> {
        let snapshot = Snapshot::take(store.as_ref()).await;
        let snapshot = snapshot.map_err(|error| anyhow!("the store is not usable: {error:?}"))?;
        let (faults, requests) = (FaultInjector::new(), RequestLog::new(log)?);
        Ok(Self { store, snapshot, faults, requests, address })
    }

    /// The response to a request for a route of the test kit. `None` for other routes.
    async fn respond(
        &self,
        request: &mut Request<Body>,
        limits: &Limits,
    ) -> Option<Result<Value, Error>> {
        let (uri, headers) = (request.uri(), request.headers());
        if uri.path().starts_with("/dev/")
            && let Err(error) = origin::check(uri, headers, self.address, &limits.cors_origins)
        {
            return Some(Err(error));
        }
        let method = request.method().clone();
        Some(match (&method, request.uri().path()) {
            (&Method::GET, "/dev/requests") => Ok(json!(self.requests.requests())),
            (&Method::DELETE, "/dev/requests") => {
                self.requests.clear();
                Ok(json!([]))
            }
            (&Method::GET, "/dev/faults") => Ok(json!(self.faults.plans())),
            (&Method::PUT, "/dev/faults") => {
                let body = read(request.body_mut(), limits.request_bytes).await;
                body.and_then(|body| self.faults.plan(&body)).map(|plans| json!(plans))
            }
            (&Method::DELETE, "/dev/faults") => {
                self.faults.clear();
                Ok(json!([]))
            }
            (&Method::POST, "/dev/reset") => self.reset().await,
            (_, "/dev/faults" | "/dev/requests" | "/dev/reset") => Err(Error::MethodNotAllowed),
            _ => return None,
        })
    }

    async fn reset(&self) -> Result<Value, Error> {
        self.snapshot.restore(self.store.as_ref()).await?;
        self.faults.clear();
        self.requests.clear();
        Ok(json!({}))
    }
}

async fn read(body: &mut Body, max_bytes: usize) -> Result<bytes::Bytes, Error> {
    let read = Limited::new(body, max_bytes).collect().await;
    read.map(|body| body.to_bytes()).map_err(|error| Error::invalid(format!("the body: {error}")))
}

/// Records one request. Dropped without a response, it records status 0.
pub(crate) struct RequestRecorder {
    cx: Cx,
    request: Option<RecordedRequest>,
    capture: Arc<Mutex<BodyCapture>>,
}

impl RequestRecorder {
    /// Starts to record a request. `None` without a test kit.
    pub(crate) fn start(cx: &Cx, id: &str, request: &mut Request<Body>) -> Option<Self> {
        cx.testkit.get()?;
        let (method, uri, headers) = (request.method(), request.uri(), request.headers());
        let recorded = RecordedRequest::new(cx.clock.now_millis(), id, method, uri, headers);
        let (body, capture) = capture::capture(std::mem::take(request.body_mut()));
        *request.body_mut() = body;
        Some(Self { cx: Arc::clone(cx), request: Some(recorded), capture })
    }

    /// Records the response.
    pub(crate) fn finish(mut self, operation: Option<String>, status: u16) {
        self.record(operation, status);
    }

    fn record(&mut self, operation: Option<String>, status: u16) {
        if let (Some(testkit), Some(request)) = (self.cx.testkit.get(), self.request.take()) {
            let capture = self.capture.lock().unwrap_or_else(PoisonError::into_inner);
            testkit.requests.add(request.completed(&capture, operation, status));
        }
    }
}

impl Drop for RequestRecorder {
    fn drop(&mut self) {
        self.record(None, 0);
    }
}

/// The response of the test kit: to one of its own routes, or because of a fault. `None` to process the
/// request.
pub(crate) async fn intercept(cx: &Context, request: &mut Request<Body>) -> Option<Response<Body>> {
    let testkit = cx.testkit.get()?;
    if let Some(result) = testkit.respond(request, &cx.limits).await {
        return Some(match result {
            Ok(value) => {
                let mut response = Response::new(Body::from(value.to_string()));
                let json = HeaderValue::from_static("application/json");
                response.headers_mut().insert(http::header::CONTENT_TYPE, json);
                response
            }
            Err(error) => error.into_response(),
        });
    }
    let (method, path) = (request.method(), request.uri().path());
    let fault = match testkit.faults.next_fault(method, path, request.headers()) {
        Ok(fault) => fault?,
        Err(error) => return Some(error.into_response()),
    };
    tokio::time::sleep(fault.delay).await;
    let failure = fault.failure?;
    // The record contains only what is read of the body.
    let reading = read(request.body_mut(), cx.limits.request_bytes);
    let _ = tokio::time::timeout(cx.limits.deadline, reading).await;
    match failure {
        Failure::Status(status) => Some(fault::error(status).into_response()),
        // Unwinding closes the connection. `resume_unwind` does not call the panic hook, which would
        // log a panic.
        Failure::Drop => std::panic::resume_unwind(Box::new("dropped by Sensu-Dev-Fault")),
    }
}
