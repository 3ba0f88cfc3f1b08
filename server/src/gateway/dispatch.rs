//! Dispatch: from a route to the handler of its operation.

use std::sync::Arc;

use dropshot::{Body, Method, RequestContext};
use futures::future::BoxFuture;
use http::header::{ALLOW, WARNING};
use http::{HeaderValue, Response, StatusCode};
use hyper::Request;

use super::deprecation::Deprecations;
use super::empty;
use super::path::{Route, with_escaped_replaced};
use crate::error::{Error, side_channel};
use crate::http::Api;
use crate::openapi::discovery;
use crate::openapi::facts::Operation;
use crate::resources::write_options;
use crate::runtime::context::Cx;

/// Hands requests to the operations of their routes.
pub(crate) struct Dispatch {
    // Closures, because the types of Dropshot's router have no public names.
    respond: Box<Respond>,
    operation: Box<FindOperation>,
}

type Respond = dyn Fn(RequestContext<Cx>, Request<Body>, Route) -> Dispatched + Send + Sync;
type FindOperation = dyn Fn(&Route) -> Option<String> + Send + Sync;

impl Dispatch {
    /// Hands a request to the operation of its route.
    pub(super) fn respond(
        &self,
        rqctx: RequestContext<Cx>,
        request: Request<Body>,
        route: Route,
    ) -> Dispatched {
        (self.respond)(rqctx, request, route)
    }

    /// The operation ID of a route. `None` where it has no operation.
    pub(super) fn operation(&self, route: &Route) -> Option<String> {
        (self.operation)(route)
    }
}

/// A request on its way to an operation.
pub(crate) struct Dispatched {
    /// The operation id; `None` where the route has no operation.
    pub(super) operation: Option<String>,
    /// Computes the response.
    pub(super) response: BoxFuture<'static, Response<Body>>,
}

/// The methods that operations are published with.
const PUBLISHED: [Method; 5] =
    [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// The dispatcher to the operations of an API.
pub(crate) fn dispatch(api: Api) -> Dispatch {
    let literals = LiteralSegment::of(&api.operations);
    let deprecations = Deprecations::of(&api.operations);
    #[cfg(debug_assertions)]
    let permissions = super::permissions::Published::new(&api.operations);
    let router = api.description.into_router();
    // Literal segments of a route cannot be escaped, only values of parameters: the route must exist whatever
    // the escaped segments contain.
    let lookup = Arc::new(move |method: &Method, path: &str| {
        let exact = |path: &str| router.lookup_route(method, path.into(), None).ok();
        let found = match with_escaped_replaced(path) {
            Some(other) => exact(&other).and_then(|_| exact(path)),
            None => exact(path),
        }?;
        let admits = |literal: &LiteralSegment| {
            literal.operation != found.endpoint.operation_id || literal.admits(path)
        };
        literals.iter().all(admits).then_some(found)
    });
    let finder = Arc::clone(&lookup);
    let operation = Box::new(move |route: &Route| {
        finder(&route.method, &route.path).map(|found| found.endpoint.operation_id)
    });
    let respond = Box::new(move |mut rqctx: RequestContext<Cx>, request, route: Route| {
        let lookup = |method: &Method| lookup(method, &route.path);
        let Some(found) = lookup(&route.method) else {
            let allowed: Vec<&Method> =
                PUBLISHED.iter().filter(|method| lookup(method).is_some()).collect();
            let method = rqctx.request.method().clone();
            let unknown = discovery::unknown(&route.path).filter(|_| allowed.is_empty());
            let response = async move {
                unknown.map_or_else(|| no_operation(&method, &allowed), |why| why.into_response())
            };
            return Dispatched { operation: None, response: Box::pin(response) };
        };
        let operation = found.endpoint.operation_id.clone();
        let deprecation = deprecations.headers(&operation);
        #[cfg(debug_assertions)]
        let permission = permissions.of(&operation);
        rqctx.endpoint = found.endpoint;
        let response = async move {
            let handled = found.handler.handle_request(rqctx, request);
            let (result, outcome) = side_channel::run(handled).await;
            let mut response = match result {
                Ok(response) => response,
                Err(_) => outcome
                    .error
                    .unwrap_or_else(|| {
                        Error::Internal("an operation failed without an error".into()).into()
                    })
                    .into_response(),
            };
            response.headers_mut().extend(deprecation);
            for warning in outcome.warnings.iter().filter_map(|text| write_options::warning(text)) {
                response.headers_mut().append(WARNING, warning);
            }
            #[cfg(debug_assertions)]
            if let Err(why) = permission.verify(&outcome.permissions, response.status()) {
                return Error::Internal(why).into_response();
            }
            response
        };
        Dispatched { operation: Some(operation), response: Box::pin(response) }
    });
    Dispatch { respond, operation }
}

/// The literal segments that a route with alternatives takes in place of a path parameter.
struct LiteralSegment {
    operation: String,
    /// The index of the segment in a path split at `/`.
    position: usize,
    allowed: Vec<&'static str>,
}

impl LiteralSegment {
    fn of(operations: &[Operation]) -> Vec<Self> {
        let literal = |operation: &Operation| {
            let alternatives = operation.facts.alternatives?;
            let variable = format!("{{{}}}", alternatives.selector);
            Some(Self {
                operation: operation.id.clone(),
                position: operation.path.split('/').position(|part| part == variable)?,
                allowed: alternatives.operations.iter().map(|one| one.segment).collect(),
            })
        };
        operations.iter().filter_map(literal).collect()
    }

    fn admits(&self, path: &str) -> bool {
        path.split('/').nth(self.position).is_some_and(|part| self.allowed.contains(&part))
    }
}

/// The response where the path has no operation for the method.
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
