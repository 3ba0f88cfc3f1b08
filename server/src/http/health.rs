//! `/health`, `/ready` and `/metrics`: how the server is, for people, balancers and Prometheus.

use std::sync::atomic::Ordering;

use dropshot::{
    ApiEndpointResponse, Body, HttpError, HttpResponse, HttpResponseOk, RequestContext, endpoint,
};
use http::header::CONTENT_TYPE;
use http::{Response, StatusCode};
use sensu_types::health::HealthResponse;

use super::routes::{Api, Mounted};
use crate::error::{ApiError, Error};
use crate::metrics;
use crate::openapi::facts::Facts;
use crate::query;
use crate::runtime::context::Cx;

pub(super) fn mount(api: &mut Api) -> Mounted {
    api.mount(health_get, Facts::public())?;
    api.mount(ready_get, Facts { unavailable: true, ..Facts::public() })?;
    api.mount(metrics_get, Facts { media_type: Some(metrics::MEDIA_TYPE), ..Facts::public() })
}

/// Tell whether the server can do its work
///
/// Always 200 while the server answers; `Healthy` says whether its store accepts writes. Needs no
/// credentials, and ignores those that are sent.
#[endpoint {
    method = GET,
    path = "/health",
    tags = ["health"],
}]
async fn health_get(rqctx: RequestContext<Cx>) -> Result<HttpResponseOk<HealthResponse>, ApiError> {
    query::validate(rqctx.request.uri().query())?;
    let cx = rqctx.context();
    let health = cx.store_health().await;
    Ok(HttpResponseOk(HealthResponse::of_single_member(cx.identity.header(), health.failure)))
}

/// Tell whether the server wants requests
///
/// For load balancers: 200 and `"ready"` while the store accepts writes; 503 with `Retry-After` while
/// it does not and while the server starts or stops. Needs no credentials.
#[endpoint {
    method = GET,
    path = "/ready",
    tags = ["health"],
}]
async fn ready_get(rqctx: RequestContext<Cx>) -> Result<HttpResponseOk<String>, ApiError> {
    query::validate(rqctx.request.uri().query())?;
    let cx = rqctx.context();
    if cx.stopping.load(Ordering::Relaxed) {
        return Err(Error::Unavailable("the server is stopping".into()).into());
    }
    match cx.store_health().await.failure {
        None => Ok(HttpResponseOk("ready".into())),
        Some(why) => {
            // Who asks needs no credentials, so the reason is for the log.
            tracing::warn!(why, "not ready: the store does not accept writes");
            Err(Error::Unavailable("the store does not accept writes".into()).into())
        }
    }
}

/// Show what the server counts and measures
///
/// In the text format of Prometheus: requests by operation, method and status, how long they took and
/// how many are under way; events by status; the store's state, size, revision and latency; memory,
/// processor time and open files of the process. Needs no credentials.
#[endpoint {
    method = GET,
    path = "/metrics",
    tags = ["health"],
}]
async fn metrics_get(rqctx: RequestContext<Cx>) -> Result<Exposition, ApiError> {
    query::validate(rqctx.request.uri().query())?;
    let cx = rqctx.context();
    let text = cx.metrics.text(&cx.store_health().await);
    Ok(Exposition(text.map_err(|error| Error::Internal(format!("{error:#}")))?))
}

/// Metrics in the text format of Prometheus.
struct Exposition(String);

impl HttpResponse for Exposition {
    fn to_result(self) -> Result<Response<Body>, HttpError> {
        let builder = Response::builder().header(CONTENT_TYPE, metrics::FORMAT);
        Ok(builder.body(self.0.into())?)
    }

    fn response_metadata() -> ApiEndpointResponse {
        HttpResponseOk::<dropshot::FreeformBody>::response_metadata()
    }

    fn status_code(&self) -> StatusCode {
        StatusCode::OK
    }
}
