//! What is noted of each request: a line in the log, and counts for the metrics.

use std::net::SocketAddr;
use std::time::Instant;

use dropshot::{Body, Method, RequestContext};
use http::{HeaderValue, Response, StatusCode};
use hyper::body::Body as _;

use crate::metrics::{InFlight, NO_OPERATION};
use crate::runtime::context::Cx;

/// Status of requests whose client did not wait for the answer, as reverse proxies write it.
const LEFT: u16 = 499;

/// A request under way. If it is dropped before it is answered, the client has left.
pub(crate) struct Access {
    cx: Cx,
    id: String,
    pub(crate) method: Method,
    uri: http::Uri,
    from: SocketAddr,
    pub(crate) origin: Option<HeaderValue>,
    started: Instant,
    answered: bool,
    _under_way: InFlight,
}

impl Access {
    /// What there is to know before the request is consumed.
    pub(crate) fn of(rqctx: &RequestContext<Cx>) -> Self {
        let (cx, request) = (rqctx.context(), &rqctx.request);
        Self {
            cx: Cx::clone(cx),
            id: rqctx.request_id.clone(),
            method: request.method().clone(),
            uri: request.uri().clone(),
            from: request.remote_addr(),
            origin: request.headers().get(http::header::ORIGIN).cloned(),
            started: Instant::now(),
            answered: false,
            _under_way: cx.metrics.began(),
        }
    }

    /// Notes the answer.
    pub(crate) fn answered(mut self, operation: Option<&str>, response: &Response<Body>) {
        self.answered = true;
        self.note(operation, response.status(), response.body().size_hint().exact());
    }

    fn note(&self, operation: Option<&str>, status: StatusCode, bytes: Option<u64>) {
        let operation = operation.unwrap_or(NO_OPERATION);
        let took = self.started.elapsed();
        let status = status.as_u16();
        self.cx.metrics.answered(operation, self.method.as_str(), status, took.as_secs_f64());
        tracing::info!(
            target: "sensu_server::access",
            id = self.id,
            method = %self.method,
            path = self.uri.path(),
            operation,
            status,
            bytes,
            micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            from = %self.from,
        );
    }
}

impl Drop for Access {
    fn drop(&mut self) {
        if !self.answered
            && let Ok(status) = StatusCode::from_u16(LEFT)
        {
            self.note(None, status, None);
        }
    }
}
