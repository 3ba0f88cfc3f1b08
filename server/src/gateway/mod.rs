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

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use dropshot::{
    ApiDescription, ApiEndpoint, ApiEndpointVersions, Body, HttpError, Method, Path, RawRequest,
    RequestContext,
};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, WARNING};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use hyper::Request;
use hyper::body::Body as _;
use schemars::JsonSchema;
use serde::Deserialize;
use tracing::Instrument as _;

use crate::error::{Error, FAILED};
use crate::gateway::access_log::Access;
use crate::http::{ALIAS, PREFIX, is_published};
use crate::openapi::discovery;
use crate::query;
use crate::resources::write_options::{self, DROPPED};
use crate::runtime::context::Cx;
use crate::testkit::{self as dev, Noting};

/// Hands a request to the operation that its path names.
///
/// A closure, because the types of Dropshot's router have no public names.
pub(crate) type Dispatch =
    Box<dyn Fn(RequestContext<Cx>, Request<Body>, Route) -> Found + Send + Sync>;

/// Where a request leads.
pub(crate) struct Found {
    /// The id of the operation; `None` where there is none.
    operation: Option<String>,
    /// What gives the answer.
    work: BoxFuture<'static, Response<Body>>,
}

/// What the front door found out about a request before it looks for the operation.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    /// The method to look for: `GET` also when the request is a `HEAD`.
    method: Method,
    /// The path below the canonical prefix, still encoded.
    path: String,
}

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

/// The methods that operations are published with.
const PUBLISHED: [Method; 5] =
    [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

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

/// The way from the front door to the operations of an API.
pub(crate) fn dispatch(api: ApiDescription<Cx>) -> Dispatch {
    let router = Arc::new(api.into_router());
    Box::new(move |mut rqctx, request, route| {
        // The words of a route must be spelled out: only what stands for a variable may be escaped,
        // so the route must be there whatever the escaped segments say.
        let other = anything_escaped(&route.path);
        let published = is_published(&route.path);
        let look = |method: &Method| {
            published.then_some(())?;
            let exact = |path: &str| router.lookup_route(method, path.into(), None).ok();
            match &other {
                Some(other) => exact(other).and_then(|_| exact(&route.path)),
                None => exact(&route.path),
            }
        };
        let Some(found) = look(&route.method) else {
            let allowed: Vec<&Method> =
                PUBLISHED.iter().filter(|method| look(method).is_some()).collect();
            let method = rqctx.request.method().clone();
            let unknown = discovery::unknown(&route.path).filter(|_| allowed.is_empty());
            let work = async move {
                unknown.map_or_else(|| no_operation(&method, &allowed), |why| why.into_response())
            };
            return Found { operation: None, work: Box::pin(work) };
        };
        let operation = Some(found.endpoint.operation_id.clone());
        rqctx.endpoint = found.endpoint;
        let work = FAILED.scope(Default::default(), async move {
            match found.handler.handle_request(rqctx, request).await {
                Ok(response) => response,
                // Dropshot's failure is opaque; the error left a copy when asked for its status.
                Err(_) => FAILED
                    .with(|failed| failed.borrow_mut().take())
                    .unwrap_or_else(|| {
                        Error::Internal("an operation failed without an error".into()).into()
                    })
                    .into_response(),
            }
        });
        let work = DROPPED.scope(Default::default(), async move {
            let mut response = work.await;
            if let Some(warning) = DROPPED.with(|fields| write_options::warning(&fields.borrow())) {
                response.headers_mut().insert(WARNING, warning);
            }
            response
        });
        let work = Box::pin(work);
        Found { operation, work }
    })
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
    let noting = Noting::of(&cx, &rqctx.request_id, &mut request);
    let mut response = match dev::intercept(&cx, &mut request).await {
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
    if let Some(noting) = noting {
        noting.answered(operation, response.status().as_u16());
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
    let route = Route {
        method: match rqctx.request.method() {
            &Method::HEAD => Method::GET,
            other => other.clone(),
        },
        path: match path.strip_prefix(ALIAS) {
            Some(rest) if rest.starts_with('/') => format!("{PREFIX}{rest}"),
            // The bare prefix of released clients never was a route.
            Some("") => return Error::not_found().into_response(),
            _ => path.to_owned(),
        },
    };
    let Some(dispatch) = cx.dispatch.get() else {
        return Error::Unavailable("the server is starting".into()).into_response();
    };
    let found = dispatch(rqctx, request, route);
    *operation = found.operation;
    let work = AssertUnwindSafe(found.work).catch_unwind();
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

/// The path without empty segments, if it has any. Dots never get here: Dropshot refuses them.
fn canonical(path: &str) -> Option<String> {
    if !path.contains("//") {
        return None;
    }
    let mut clean: String =
        path.split('/').filter(|s| !s.is_empty()).flat_map(|s| ["/", s]).collect();
    if path.ends_with('/') || clean.is_empty() {
        clean.push('/');
    }
    Some(clean)
}

/// The path with another word, which no route has, for every escaped segment; `None` without any.
fn anything_escaped(path: &str) -> Option<String> {
    path.contains('%').then(|| {
        let other = |segment| if str::contains(segment, '%') { "%1F" } else { segment };
        path.split('/').map(other).collect::<Vec<_>>().join("/")
    })
}

/// The answer where the path has no operation for the method.
fn no_operation(method: &Method, allowed: &[&Method]) -> Response<Body> {
    if allowed.is_empty() {
        return Error::not_found().into_response();
    }
    let mut names: Vec<&str> = allowed.iter().map(|method| method.as_str()).collect();
    if names.contains(&"GET") {
        names.push("HEAD");
    }
    names.push("OPTIONS");
    let mut response = match *method {
        Method::OPTIONS => empty(StatusCode::NO_CONTENT),
        _ => Error::MethodNotAllowed.into_response(),
    };
    if let Ok(names) = HeaderValue::try_from(names.join(", ")) {
        response.headers_mut().insert(ALLOW, names);
    }
    response
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_with_empty_segments_have_a_canonical_form() {
        assert_eq!(canonical("/health"), None);
        assert_eq!(canonical("/health/"), None);
        assert_eq!(canonical("//health").as_deref(), Some("/health"));
        assert_eq!(canonical("/health//").as_deref(), Some("/health/"));
        assert_eq!(canonical("/api//core/v2").as_deref(), Some("/api/core/v2"));
        assert_eq!(canonical("//").as_deref(), Some("/"));
    }

    #[test]
    fn escaped_segments_are_told_apart() {
        assert_eq!(anything_escaped("/checks/c1"), None);
        assert_eq!(anything_escaped("/%63hecks/c%31/x").as_deref(), Some("/%1F/%1F/x"));
    }
}
