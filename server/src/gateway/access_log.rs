//! Access log and metrics: one record per request, written when its response is complete.

use std::fmt::{self, Display, Formatter};
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use dropshot::{Body, Method, RequestContext};
use http::{HeaderValue, Response, StatusCode};
use hyper::body::Body as _;

use crate::auth;
use crate::client_address::client_address;
use crate::metrics::{InFlight, NO_OPERATION};
use crate::runtime::context::Cx;

/// Maximum size of a path in a record, in bytes. Clients can send 64 kB.
const MAX_PATH_BYTES: usize = 1_000;

/// Status of requests whose client closed the connection before the response, as nginx logs it.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// A request in progress. Its record is written when it is dropped. If there is no response by then, or if
/// it is streamed and has not ended, the client has closed the connection.
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
    pub(crate) operation: Option<String>,
    status: u16,
    bytes: Option<u64>,
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
            operation: None,
            status: CLIENT_CLOSED_REQUEST,
            bytes: None,
            _in_flight: cx.metrics.start_request(),
        }
    }

    /// Sets the response. The record of a streamed one is complete when its stream has ended.
    pub(crate) fn respond(&mut self, operation: Option<String>, response: &Response<Body>) {
        self.operation = operation;
        self.bytes = response.body().size_hint().exact();
        match self.bytes {
            Some(_) => self.status = response.status().as_u16(),
            None => self.bytes = Some(0),
        }
    }

    /// Counts bytes of a streamed response.
    pub(super) fn add_bytes(&mut self, number: usize) {
        let bytes = self.bytes.get_or_insert_default();
        *bytes = bytes.saturating_add(number as u64);
    }

    /// Sets the status of a streamed response at its end: that of the error if it was aborted.
    pub(super) fn end_stream(&mut self, status: StatusCode) {
        self.status = status.as_u16();
    }

    fn write(&self) {
        let operation = self.operation.as_deref().unwrap_or(NO_OPERATION);
        // The port of a client is known only if there is no proxy.
        let is_direct = self.client == self.peer.ip().to_canonical();
        let from: &dyn Display = if is_direct { &self.peer } else { &self.client };
        let duration = self.started.elapsed();
        let (method, status) = (self.method.as_str(), self.status);
        self.cx.metrics.record_response(operation, method, status, duration.as_secs_f64());
        tracing::info!(
            target: "sensu_server::access",
            id = self.id,
            method = %self.method,
            path = %LoggedPath(self.uri.path()),
            operation,
            status,
            bytes = self.bytes,
            micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX),
            from = %from,
        );
    }
}

/// A path without API keys, shortened; written only if the record is.
struct LoggedPath<'a>(&'a str);

impl Display for LoggedPath<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let path = auth::without_api_keys(self.0);
        f.write_str(path.get(..path.floor_char_boundary(MAX_PATH_BYTES)).unwrap_or_default())
    }
}

impl Drop for RequestRecord {
    fn drop(&mut self) {
        self.write();
    }
}
