//! Records the request that the gateway processes.

use std::sync::{Arc, Mutex, PoisonError};

use dropshot::Body;
use hyper::Request;

use super::capture::{self, BodyCapture};
use super::requests::RecordedRequest;
use crate::runtime::context::Cx;

/// Records one request. Dropped without a response, it records status 0.
pub(crate) struct RequestRecorder {
    cx: Cx,
    request: Option<RecordedRequest>,
    operation: Option<String>,
    capture: Arc<Mutex<BodyCapture>>,
}

impl RequestRecorder {
    /// Starts to record a request. `operation` is the ID of its operation, if it has one. `None` without a test kit.
    pub(crate) fn start(
        cx: &Cx,
        id: &str,
        operation: Option<String>,
        request: &mut Request<Body>,
    ) -> Option<Self> {
        cx.testkit.get()?;
        let (method, uri, headers) = (request.method(), request.uri(), request.headers());
        let recorded = RecordedRequest::new(cx.clock.now_millis(), id, method, uri, headers);
        let (body, capture) = capture::capture(std::mem::take(request.body_mut()));
        *request.body_mut() = body;
        Some(Self { cx: Arc::clone(cx), request: Some(recorded), operation, capture })
    }

    /// Records the response.
    pub(crate) fn finish(mut self, status: u16) {
        self.record(status);
    }

    fn record(&mut self, status: u16) {
        if let (Some(testkit), Some(request)) = (self.cx.testkit.get(), self.request.take()) {
            let capture = self.capture.lock().unwrap_or_else(PoisonError::into_inner);
            let operation = self.operation.take();
            testkit.requests.add(request.completed(&capture, operation, status));
        }
    }
}

impl Drop for RequestRecorder {
    fn drop(&mut self) {
        self.record(0);
    }
}
