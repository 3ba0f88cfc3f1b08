//! `/health`

use dropshot::{HttpResponseOk, RequestContext, endpoint};
use sensu_types::health::HealthResponse;

use super::params;
use super::routes::{Api, Mounted};
use crate::context::Cx;
use crate::error::ApiError;

pub(super) fn mount(api: &mut Api) -> Mounted {
    api.register(health_get)
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
    params::well_formed(rqctx.request.uri().query())?;
    let cx = rqctx.context();
    let health = cx.store.health().await;
    Ok(HttpResponseOk(HealthResponse::of_one(cx.identity.header(), health.failure)))
}
