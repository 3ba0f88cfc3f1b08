//! Access log and metrics: one record per request.

use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use dropshot::{Body, Method, RequestContext};
use http::{HeaderValue, Response, StatusCode};
use hyper::body::Body as _;

use crate::auth;
use crate::client_address::client_address;
use crate::metrics::{InFlight, NO_OPERATION};
use crate::runtime::context::Cx;

/// Maximum number of characters of a path in a record. Clients can send 64 kB.
const PATH_CHARS: usize = 1_000;

/// Status of requests whose client closed the connection before the response, as nginx logs it.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// A request in progress. If it is dropped before [`RequestRecord::complete`], the client has
/// closed the connection.
pub(crate) struct RequestRecord {
    cx: Cx,
    id: String,
    pub(crate) method: Method,
    uri: http::Uri,
    /// The peer of the connection: the client, or a trusted proxy.
    peer: SocketAddr,
    client: IpAddr,
    pub(crate) origin: Option<HeaderValue>,
    started: Instant,
    completed: bool,
    _in_flight: InFlight,
}

impl RequestRecord {
    /// Starts the record of a request, before the request is consumed.
    pub(crate) fn start(rqctx: &RequestContext<Cx>) -> Self {
        let (cx, request) = (rqctx.context(), &rqctx.request);
        let (peer, trusted) = (request.remote_addr(), &cx.limits.trusted_proxies);
        Self {
            cx: Cx::clone(cx),
            id: rqctx.request_id.clone(),
            method: request.method().clone(),
            uri: request.uri().clone(),
            peer,
            client: client_address(peer.ip(), request.headers(), trusted),
            origin: request.headers().get(http::header::ORIGIN).cloned(),
            started: Instant::now(),
            completed: false,
            _in_flight: cx.metrics.start_request(),
        }
    }

    /// Writes the record of a request with its response.
    pub(crate) fn complete(mut self, operation: Option<&str>, response: &Response<Body>) {
        self.completed = true;
        self.write(operation, response.status(), response.body().size_hint().exact());
    }

    fn write(&self, operation: Option<&str>, status: StatusCode, bytes: Option<u64>) {
        let operation = operation.unwrap_or(NO_OPERATION);
        // The port of a client is known only if there is no proxy.
        let is_direct = self.client == self.peer.ip().to_canonical();
        let from: &dyn Display = if is_direct { &self.peer } else { &self.client };
        let duration = self.started.elapsed();
        let (method, status) = (self.method.as_str(), status.as_u16());
        let path = auth::without_api_keys(self.uri.path());
        self.cx.metrics.record_response(operation, method, status, duration.as_secs_f64());
        tracing::info!(
            target: "sensu_server::access",
            id = self.id,
            method = %self.method,
            path = %format_args!("{path:.PATH_CHARS$}"),
            operation,
            status,
            bytes,
            micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX),
            from = %from,
        );
    }
}

impl Drop for RequestRecord {
    fn drop(&mut self) {
        if !self.completed
            && let Ok(status) = StatusCode::from_u16(CLIENT_CLOSED_REQUEST)
        {
            self.write(None, status, None);
        }
    }
}
