//! Requests to the operations of the test kit.

use dropshot::Body;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::Request;
use sensu_store::Clock as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::filter::RequestFilter;
use super::operations::{Call, OPERATIONS, Operation};
use super::snapshot::Snapshot;
use super::{Testkit, clock, filter, manifests, origin};
use crate::error::Error;
use crate::runtime::context::Cx;

/// The response of an operation. `None` has no content.
type Content = Result<Option<String>, Error>;

impl Testkit {
    /// The response to a request for a route of the test kit. `None` for other routes.
    pub(super) async fn respond(
        &self,
        cx: &Cx,
        request: &mut Request<Body>,
    ) -> Option<Response<Body>> {
        let path = request.uri().path().to_owned();
        if !path.starts_with("/dev/") {
            return None;
        }
        let allowed = &cx.limits.cors_origins;
        if let Err(error) = origin::check(request.uri(), request.headers(), self.address, allowed) {
            return Some(error.into_response());
        }
        let routes: Vec<(&Operation, &str)> =
            OPERATIONS.iter().filter_map(|one| Some((one, one.parameter(&path)?))).collect();
        let method = request.method();
        let Some((operation, parameter)) = routes.iter().find(|(one, _)| one.method == *method)
        else {
            return (!routes.is_empty()).then(|| wrong_method(&routes));
        };
        Some(match self.call(cx, operation, parameter, request).await {
            Ok(Some(text)) => {
                let mut response = Response::new(Body::from(text));
                let json = HeaderValue::from_static("application/json");
                response.headers_mut().insert(CONTENT_TYPE, json);
                response
            }
            Ok(None) => {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = StatusCode::NO_CONTENT;
                response
            }
            Err(error) => error.into_response(),
        })
    }

    async fn call(
        &self,
        cx: &Cx,
        operation: &Operation,
        parameter: &str,
        request: &mut Request<Body>,
    ) -> Content {
        filter::parse(request.uri().query(), operation.parameters)?;
        let body = read(request.body_mut(), cx.limits.request_bytes).await?;
        let query = request.uri().query();
        match operation.call {
            Call::Reset => self.reset(cx).await,
            Call::Import => json(&manifests::import(cx, &body).await?),
            Call::ReadClock => json(&clock::read(&self.clock)),
            Call::SetClock => {
                clock::set(&self.clock, &parse(&body)?)?;
                self.process_due(cx).await
            }
            Call::ResetClock => {
                self.clock.restore(self.initial.clock());
                self.process_due(cx).await
            }
            Call::AdvanceClock => {
                clock::advance(&self.clock, &parse(&body)?)?;
                self.process_due(cx).await
            }
            Call::ListFaults => json(&self.faults.plans(filter::faults(query)?)),
            Call::ReplaceFaults => json(&self.faults.replace(parse_faults(&body)?)?),
            Call::AddFault => json(&self.faults.add(parse(&body)?)?),
            Call::ClearFaults => {
                self.faults.clear();
                json(&json!([]))
            }
            Call::ReadFault => json(&self.faults.planned(parameter)?),
            Call::DeleteFault => self.faults.remove(parameter).map(|()| None),
            Call::ListRequests => {
                let filter = RequestFilter::parse(query, self.faults.operations())?;
                json(&self.requests.requests(&filter))
            }
            Call::ClearRequests => {
                self.requests.clear();
                json(&json!([]))
            }
            Call::ListSnapshots => json(&self.snapshots.list()),
            Call::TakeSnapshot => {
                let snapshot = Snapshot::take(self.store.as_ref(), self.clock.setting()).await?;
                json(&self.snapshots.insert(parameter, snapshot, self.clock.now_millis())?)
            }
            Call::RestoreSnapshot => {
                let (info, snapshot) = self.snapshots.get(parameter)?;
                self.restore(cx, &snapshot).await?;
                json(&info)
            }
            Call::DeleteSnapshot => self.snapshots.remove(parameter).map(|()| None),
            Call::Document => Ok(Some(self.document.clone())),
        }
    }

    async fn reset(&self, cx: &Cx) -> Content {
        self.restore(cx, &self.initial).await?;
        self.faults.clear();
        self.requests.clear();
        json(&json!({}))
    }

    async fn restore(&self, cx: &Cx, snapshot: &Snapshot) -> Result<(), Error> {
        self.clock.restore(snapshot.clock());
        snapshot.restore(self.store.as_ref(), &cx.auth, self.clock.now()).await
    }

    async fn process_due(&self, cx: &Cx) -> Content {
        clock::process_due(cx).await?;
        json(&clock::read(&self.clock))
    }
}

/// Reads a request body.
///
/// # Errors
/// [`Error::Invalid`] if it is too large or incomplete.
pub(super) async fn read(body: &mut Body, max_bytes: usize) -> Result<bytes::Bytes, Error> {
    let read = Limited::new(body, max_bytes).collect().await;
    read.map(|body| body.to_bytes()).map_err(|error| Error::invalid(format!("the body: {error}")))
}

fn json(value: &impl Serialize) -> Content {
    let text = serde_json::to_string(value).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(Some(text))
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|error| {
        Error::invalid(format!("the body: {error}; GET /dev/openapi.json describes it"))
    })
}

fn parse_faults<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|error| {
        Error::invalid(format!(
            r#"{error}; expected [{{"fault": "status=503; count=3", "method": "GET", "path": "/apis"}}]"#
        ))
    })
}

fn wrong_method(routes: &[(&Operation, &str)]) -> Response<Body> {
    let methods: Vec<&str> =
        routes.iter().map(|(operation, _)| operation.method.as_str()).collect();
    let mut response = Error::MethodNotAllowed.into_response();
    if let Ok(methods) = HeaderValue::try_from(methods.join(", ")) {
        response.headers_mut().insert(ALLOW, methods);
    }
    response
}
