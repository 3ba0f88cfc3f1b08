//! `/apis`: API groups, versions and resources (D2).

use std::sync::OnceLock;

use dropshot::{HttpResponseOk, RequestContext, endpoint};

use super::routes::{Api, Mounted};
use crate::error::{ApiError, Error};
use crate::openapi::discovery::{self, ApiGroup, ApiResource};
use crate::openapi::facts::Facts;
use crate::query;
use crate::runtime::context::Cx;

pub(super) fn mount(api: &mut Api) -> Mounted {
    let public = |success| Facts { success: Some(success), ..Facts::public() };
    api.mount(api_group_list, public("The API groups."))?;
    api.mount(api_group_get, public("The API group."))?;
    api.mount(api_resource_list, public("The resources."))
}

/// List API groups
///
/// Returns all API groups with their versions. There is one, `core`.
#[endpoint { method = GET, path = "/apis", tags = ["discovery"] }]
async fn api_group_list(
    rqctx: RequestContext<Cx>,
) -> Result<HttpResponseOk<Vec<ApiGroup>>, ApiError> {
    query::validate(rqctx.request.uri().query())?;
    Ok(HttpResponseOk(discovery::groups()))
}

/// Get the API group core
///
/// Returns the group with its versions. There is one, `v2`.
#[endpoint { method = GET, path = "/apis/core", tags = ["discovery"] }]
async fn api_group_get(rqctx: RequestContext<Cx>) -> Result<HttpResponseOk<ApiGroup>, ApiError> {
    query::validate(rqctx.request.uri().query())?;
    let core = discovery::groups().into_iter().next();
    Ok(HttpResponseOk(core.ok_or_else(Error::not_found)?))
}

/// List the resources of core/v2
///
/// Returns all resources that roles can grant access to: their verbs, and whether they are
/// namespaced.
#[endpoint { method = GET, path = "/apis/core/v2", tags = ["discovery"] }]
async fn api_resource_list(
    rqctx: RequestContext<Cx>,
) -> Result<HttpResponseOk<Vec<ApiResource>>, ApiError> {
    query::validate(rqctx.request.uri().query())?;
    static RESOURCES: OnceLock<Vec<ApiResource>> = OnceLock::new();
    if let Some(resources) = RESOURCES.get() {
        return Ok(HttpResponseOk(resources.clone()));
    }
    let api = super::api().map_err(|error| Error::Internal(error.to_string()))?;
    let resources = RESOURCES.get_or_init(|| discovery::resources(&api.operations));
    Ok(HttpResponseOk(resources.clone()))
}
