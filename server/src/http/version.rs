//! `/version`

use dropshot::{HttpResponseOk, RequestContext, endpoint};
use sensu_types::version::Version;

use super::routes::{Api, Mounted};
use crate::error::ApiError;
use crate::openapi::facts::Facts;
use crate::query;
use crate::runtime::context::Cx;

pub(super) fn mount(api: &mut Api) -> Mounted {
    api.mount(version_get, Facts { success: Some("The version."), ..Facts::public() })
}

/// Get the version of the server
///
/// Returns the version of the server, and the newest Sensu release whose features of this API it has, in
/// the format of later releases. Clients select features by it.
#[endpoint {
    method = GET,
    path = "/version",
    tags = ["version"],
}]
async fn version_get(rqctx: RequestContext<Cx>) -> Result<HttpResponseOk<Version>, ApiError> {
    query::validate(rqctx.request.uri().query())?;
    let release = &rqctx.context().limits.reported_release;
    Ok(HttpResponseOk(Version::of_server(release, env!("CARGO_PKG_VERSION"))))
}
