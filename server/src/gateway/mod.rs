//! The gateway: every request passes it on the way to its operation.
//!
//! Dropshot has no middleware, answers unknown routes and wrong methods with its own error body,
//! and closes the connection when an operation panics (decision record 0002). So Dropshot serves
//! one unpublished wildcard per method, and the gateway dispatches to a second router. It adds, in
//! one place: the second prefix (D1), error bodies for 404 and 405 with `Allow` (D4), `HEAD` and
//! `OPTIONS` (D10), redirects to canonical paths, the deadline, 500 after a panic, common headers,
//! and one access log record per request.

pub(crate) mod access_log;
mod agents;
mod body;
pub(crate) mod cors;
mod deprecation;
mod dispatch;
mod exchange;
mod path;
#[cfg(debug_assertions)]
mod permissions;
mod streamed_body;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_trait::async_trait;
use dropshot::{
    ApiDescription, ApiEndpoint, ApiEndpointBodyContentType, ApiEndpointVersions, Body,
    ExtractorMetadata, HttpError, Method, Path, RawRequest, RequestContext, ServerContext,
    SharedExtractor,
};
use futures::FutureExt as _;
use http::header::{CONTENT_LENGTH, LOCATION, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use hyper::Request;
use hyper::body::Body as _;
use schemars::JsonSchema;
use serde::Deserialize;
use tracing::Instrument as _;

use crate::error::Error;
use crate::query;
use crate::runtime::context::Cx;
use crate::testkit::{self, Intercepted, RequestRecorder};
use access_log::RequestRecord;
pub(crate) use agents::AgentLog;
pub(crate) use dispatch::{Dispatch, dispatch};
use exchange::Exchange;
use path::{Route, canonical};

const EDITION: HeaderName = HeaderName::from_static("sensu-edition");

/// All methods. Dropshot itself answers methods that no endpoint has.
const METHODS: [Method; 9] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::OPTIONS,
    Method::TRACE,
    Method::CONNECT,
];

/// What Dropshot serves: a wildcard for each method.
///
/// # Errors
/// If an endpoint cannot be registered: a defect that every start finds.
pub(crate) fn endpoints() -> anyhow::Result<ApiDescription<Cx>> {
    let mut api = ApiDescription::new();
    for method in METHODS {
        let id = format!("gateway_{method}");
        let all = ApiEndpointVersions::all();
        let endpoint = ApiEndpoint::new(id, handle, method, "application/json", "/{rest:.*}", all);
        api.register(endpoint.visible(false))?;
    }
    Ok(api)
}

/// The path, of which only the metadata are needed: Dropshot requires an extractor of each path parameter.
/// Decoding its segments would take a twentieth of the instructions of a read.
struct UnreadPath;

#[async_trait]
impl SharedExtractor for UnreadPath {
    async fn from_request<C: ServerContext>(_: &RequestContext<C>) -> Result<Self, HttpError> {
        Ok(Self)
    }

    fn metadata(body: ApiEndpointBodyContentType) -> ExtractorMetadata {
        #[derive(Deserialize, JsonSchema)]
        struct Rest {
            #[serde(rename = "rest")]
            _rest: Vec<String>,
        }
        <Path<Rest> as SharedExtractor>::metadata(body)
    }
}

async fn handle(
    rqctx: RequestContext<Cx>,
    _path: UnreadPath,
    request: RawRequest,
) -> Result<Response<Body>, HttpError> {
    let cx = Arc::clone(rqctx.context());
    let mut record = RequestRecord::start(&rqctx);
    let span = tracing::info_span!("request", id = %rqctx.request_id);
    let mut operation = None;
    let mut request = request.into_inner();
    let mut exchange = Exchange::start(&rqctx, &mut request);
    let mut intercepted = Intercepted::default();
    let mut recorder = None;
    if cx.testkit.get().is_some() {
        operation = operation_of(&cx, &rqctx);
        let id = &rqctx.request_id;
        recorder = RequestRecorder::start(&cx, id, operation.clone(), &mut request);
        let client = rqctx.request.remote_addr();
        intercepted = testkit::intercept(&cx, client, operation.as_deref(), &mut request).await;
    }
    let mut response = match intercepted.response {
        Some(response) => response,
        None => respond(rqctx, request, &mut operation).instrument(span).await,
    };
    response = intercepted.transfer.apply(response);

    response = exchange.charge(&cx, response);
    let headers = response.headers_mut();
    headers.insert(EDITION, HeaderValue::from_static("core"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    cors::allow(&cx.limits.cors_origins, record.origin.as_ref(), headers);
    if record.method == Method::HEAD {
        response = without_body(response);
    }
    record.respond(operation, &response);
    if let Some(recorder) = recorder {
        recorder.finish(response.status().as_u16());
    }
    Ok(exchange.complete(response, record).await)
}

/// The operation ID of the route of a request.
fn operation_of(cx: &Cx, rqctx: &RequestContext<Cx>) -> Option<String> {
    let path = rqctx.request.uri().path();
    if !query::has_valid_escapes(path) || canonical(path).is_some() || path.ends_with('/') {
        return None;
    }
    cx.dispatch.get()?.operation(&Route::new(rqctx.request.method(), path)?)
}

/// Dispatches the request and returns the response. Sets `operation` as soon as it is known.
async fn respond(
    rqctx: RequestContext<Cx>,
    request: Request<Body>,
    operation: &mut Option<String>,
) -> Response<Body> {
    let cx = Arc::clone(rqctx.context());
    let uri = rqctx.request.uri();
    let path = uri.path();
    if !exchange::has_valid_host(rqctx.request.version(), rqctx.request.headers()) {
        return Error::invalid("the request must have one Host header").into_response();
    }
    if path == "*" {
        // Means the server as a whole, and is valid for OPTIONS only.
        return match *rqctx.request.method() {
            Method::OPTIONS => empty(StatusCode::OK),
            _ => Error::invalid("the path must start with /").into_response(),
        };
    }
    if !query::has_valid_escapes(path) {
        return Error::invalid("the path has an invalid percent escape").into_response();
    }
    if let Some(canonical) = canonical(path) {
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        let mut response = empty(StatusCode::MOVED_PERMANENTLY);
        if let Ok(location) = HeaderValue::try_from(canonical + &query) {
            response.headers_mut().insert(LOCATION, location);
        }
        return response;
    }
    if path.len() > 1 && path.ends_with('/') {
        return Error::not_found().into_response();
    }
    if let Some(error) = agents::refusal(&cx, &rqctx.request) {
        return error.into_response();
    }
    let Some(route) = Route::new(rqctx.request.method(), path) else {
        return Error::not_found().into_response();
    };
    let Some(dispatch) = cx.dispatch.get() else {
        return Error::Unavailable("the server is starting".into()).into_response();
    };
    if let Err(error) = exchange::admit(&cx, rqctx.request.method()) {
        return error.into_response();
    }
    let dispatched = dispatch.respond(rqctx, request, route);
    *operation = dispatched.operation;
    let response = AssertUnwindSafe(dispatched.response).catch_unwind();
    match tokio::time::timeout(cx.limits.deadline, response).await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => Error::panicked(panic.as_ref()).into_response(),
        Err(_) => Error::Unavailable("the request took too long".into()).into_response(),
    }
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// The response to a `HEAD`: the headers of the `GET`, including `Content-Length`, without its
/// body.
fn without_body(response: Response<Body>) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    if let Some(length) = body.size_hint().exact() {
        parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    Response::from_parts(parts, Body::empty())
}
