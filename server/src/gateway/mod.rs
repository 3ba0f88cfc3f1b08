//! The front door: every request enters here and is handed to the real router of the API.
//!
//! Dropshot answers unknown routes, wrong methods and panics in its own words, has no middleware,
//! and serves each operation under one path. So what it serves is one unpublished wildcard per
//! method, and behind it a second router that nobody but this file sees. That buys, in one place:
//! the second prefix (D1), our error shape for 404 and 405 with `Allow` (D4), `HEAD` and `OPTIONS`
//! (D10), redirects of paths that are not canonical, the deadline, panics as answers, common
//! headers, and one log line for each request.

pub(crate) mod access_log;
pub(crate) mod cors;
mod dispatch;
mod path;
#[cfg(debug_assertions)]
mod permissions;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use dropshot::{
    ApiDescription, ApiEndpoint, ApiEndpointVersions, Body, HttpError, Method, Path, RawRequest,
    RequestContext,
};
use futures::FutureExt as _;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use hyper::Request;
use hyper::body::Body as _;
use schemars::JsonSchema;
use serde::Deserialize;
use tracing::Instrument as _;

use crate::error::Error;
use crate::gateway::access_log::Access;
use crate::query;
use crate::runtime::context::Cx;
use crate::testkit::{self, RequestRecorder};
pub(crate) use dispatch::{Dispatch, dispatch};
use path::{Route, canonical};

const EDITION: HeaderName = HeaderName::from_static("sensu-edition");

/// Every method that anybody has registered; Dropshot answers the ones that nobody has.
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
pub(crate) fn door() -> anyhow::Result<ApiDescription<Cx>> {
    let mut door = ApiDescription::new();
    for method in METHODS {
        let id = format!("enter_{method}");
        let all = ApiEndpointVersions::all();
        let endpoint = ApiEndpoint::new(id, enter, method, "application/json", "/{rest:.*}", all);
        door.register(endpoint.visible(false))?;
    }
    Ok(door)
}

#[derive(Deserialize, JsonSchema)]
struct Rest {
    #[serde(rename = "rest")]
    _rest: Vec<String>,
}

async fn enter(
    rqctx: RequestContext<Cx>,
    _path: Path<Rest>,
    request: RawRequest,
) -> Result<Response<Body>, HttpError> {
    let cx = Arc::clone(rqctx.context());
    let access = Access::of(&rqctx);
    let span = tracing::info_span!("request", id = %rqctx.request_id);
    let mut operation = None;
    let mut request = request.into_inner();
    let recorder = RequestRecorder::start(&cx, &rqctx.request_id, &mut request);
    let mut response = match testkit::intercept(&cx, &mut request).await {
        Some(response) => response,
        None => answer(rqctx, request, &mut operation).instrument(span).await,
    };

    let gone = response.status() == StatusCode::NO_CONTENT && access.method != Method::OPTIONS;
    let headers = response.headers_mut();
    headers.insert(EDITION, HeaderValue::from_static("core"));
    if gone {
        // As in the reference, which gives a type to bodies that are not there, too.
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    cors::allow(&cx.limits.cors_origins, access.origin.as_ref(), headers);
    if access.method == Method::HEAD {
        response = without_body(response);
    }
    access.answered(operation.as_deref(), &response);
    if let Some(recorder) = recorder {
        recorder.finish(operation, response.status().as_u16());
    }
    Ok(response)
}

/// The answer; `operation` is set once it is known.
async fn answer(
    rqctx: RequestContext<Cx>,
    request: Request<Body>,
    operation: &mut Option<String>,
) -> Response<Body> {
    let cx = Arc::clone(rqctx.context());
    let uri = rqctx.request.uri();
    let path = uri.path();
    if path == "*" {
        // Asks about the server as a whole, which OPTIONS alone can do.
        return match *rqctx.request.method() {
            Method::OPTIONS => empty(StatusCode::OK),
            _ => Error::Invalid("the address has to begin with /".into()).into_response(),
        };
    }
    if !query::has_valid_escapes(path) {
        return Error::Invalid("the path has a bad percent escape".into()).into_response();
    }
    if let Some(clean) = canonical(path) {
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        let mut response = empty(StatusCode::MOVED_PERMANENTLY);
        if let Ok(location) = HeaderValue::try_from(clean + &query) {
            response.headers_mut().insert(LOCATION, location);
        }
        return response;
    }
    if path.len() > 1 && path.ends_with('/') {
        return Error::not_found().into_response();
    }
    let Some(route) = Route::new(rqctx.request.method(), path) else {
        return Error::not_found().into_response();
    };
    let Some(dispatch) = cx.dispatch.get() else {
        return Error::Unavailable("the server is starting".into()).into_response();
    };
    let found = dispatch(rqctx, request, route);
    *operation = found.operation;
    let work = AssertUnwindSafe(found.response).catch_unwind();
    match tokio::time::timeout(cx.limits.deadline, work).await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => {
            let what = panic.downcast_ref::<&str>().copied().map(str::to_owned);
            let what = what.or_else(|| panic.downcast_ref::<String>().cloned());
            let what = what.unwrap_or_else(|| "no message".into());
            Error::Internal(format!("an operation panicked: {what}")).into_response()
        }
        Err(_) => Error::Unavailable("the request took too long".into()).into_response(),
    }
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// The answer to a `HEAD`: the headers of the `GET`, its length included, and no body.
fn without_body(response: Response<Body>) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    if let Some(length) = body.size_hint().exact() {
        parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    Response::from_parts(parts, Body::empty())
}
