//! `/health`, `/ready` and `/metrics`: for people, load balancers and Prometheus.

use std::sync::atomic::Ordering;

use dropshot::{
    ApiEndpointResponse, Body, HttpError, HttpResponse, HttpResponseOk, RequestContext, endpoint,
};
use http::header::CONTENT_TYPE;
use http::{Response, StatusCode};
use sensu_types::health::{HealthResponse, PipelineHealth};

use super::routes::{Api, Mounted};
use crate::error::{ApiError, Error};
use crate::metrics;
use crate::openapi::facts::Facts;
use crate::query;
use crate::runtime::context::{Context, Cx};

pub(super) fn mount(api: &mut Api) -> Mounted {
    let public = |success| Facts { success: Some(success), ..Facts::public() };
    api.mount(health_get, public("The health of the server."))?;
    api.mount(ready_get, Facts { unavailable: true, ..public("Ready.") })?;
    let media_type = Some(metrics::MEDIA_TYPE);
    api.mount(metrics_get, Facts { media_type, ..public("The metrics.") })
}

/// Get the health of the server
///
/// The status is 200 whenever the server responds; `Healthy` is `true` if its store accepts writes.
/// `PipelineHealth` counts the events that wait for their handlers, and those that were dropped.
#[endpoint {
    method = GET,
    path = "/health",
    tags = ["health"],
}]
async fn health_get(rqctx: RequestContext<Cx>) -> Result<HttpResponseOk<HealthResponse>, ApiError> {
    query::validate(rqctx.request.uri().query())?;
    let cx = rqctx.context();
    let failure = store_failure(cx).await.map(str::to_owned);
    let health = HealthResponse::of_single_member(cx.identity.header(), failure);
    let pipeline_health = cx.limits.pipeline.as_ref().map(|_| pipeline_health(cx));
    Ok(HttpResponseOk(HealthResponse { pipeline_health, ..health }))
}

fn pipeline_health(cx: &Context) -> PipelineHealth {
    let outbox = &cx.resources.outbox;
    PipelineHealth {
        pending: u64::try_from(outbox.entries()).unwrap_or(u64::MAX),
        oldest_age: outbox.oldest().map_or(0, |time| cx.clock.now().saturating_sub(time).max(0)),
        dropped: cx.metrics.pipeline.dropped(),
    }
}

/// Check whether the server is ready
///
/// Readiness probe for load balancers. The status is 200 if the store accepts writes; 503 with a
/// `Retry-After` header if it does not, while the server starts or stops, or if it has too few file
/// descriptors left.
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
    if !cx.connections.has_descriptors() {
        let message = "the server has too few file descriptors left";
        return Err(Error::Unavailable(message.into()).into());
    }
    match store_failure(cx).await {
        None => Ok(HttpResponseOk("ready".into())),
        Some(failure) => Err(Error::Unavailable(failure.into()).into()),
    }
}

/// A failure of the store, for clients without credentials: only the log and metrics contain details.
async fn store_failure(cx: &Context) -> Option<&'static str> {
    let why = cx.store_health().await.failure?;
    tracing::warn!(why, "the store does not accept writes");
    Some("the store does not accept writes")
}

/// Get Prometheus metrics
///
/// Returns metrics in the Prometheus text format: requests by operation, method and status, their
/// duration, and requests in progress; open and closed connections and buffered bytes; events by
/// status; events in the outbox, dropped events, and outcomes of handlers and filters; state, size, revision
/// and commit latency of the store; memory, CPU time and open files of
/// the process.
#[endpoint {
    method = GET,
    path = "/metrics",
    tags = ["health"],
}]
async fn metrics_get(rqctx: RequestContext<Cx>) -> Result<Exposition, ApiError> {
    query::validate(rqctx.request.uri().query())?;
    let cx = rqctx.context();
    cx.metrics.set_connections(&cx.connections);
    cx.agents.set_metrics(&cx.metrics);
    let outbox = &cx.resources.outbox;
    cx.metrics.pipeline.set_outbox(outbox.entries(), outbox.oldest());
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
