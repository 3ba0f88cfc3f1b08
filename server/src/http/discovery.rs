//! `/apis`: which groups, versions and resources there are (D2).

use std::sync::OnceLock;

use dropshot::{HttpResponseOk, RequestContext, endpoint};

use super::routes::{Api, Mounted};
use crate::error::{ApiError, Error};
use crate::openapi::discovery::{self, ApiGroup, ApiResource};
use crate::openapi::facts::Facts;
use crate::query;
use crate::runtime::context::Cx;

pub(super) fn mount(api: &mut Api) -> Mounted {
    api.mount(api_group_list, Facts::public())?;
    api.mount(api_group_get, Facts::public())?;
    api.mount(api_resource_list, Facts::public())
}

/// List the groups of the API
///
/// There is one, `core`. Needs no credentials.
#[endpoint { method = GET, path = "/apis", tags = ["discovery"] }]
async fn api_group_list(
    rqctx: RequestContext<Cx>,
) -> Result<HttpResponseOk<Vec<ApiGroup>>, ApiError> {
    query::validate(rqctx.request.uri().query())?;
    Ok(HttpResponseOk(discovery::groups()))
}

/// List the versions of the group core
///
/// There is one, `v2`. Needs no credentials.
#[endpoint { method = GET, path = "/apis/core", tags = ["discovery"] }]
async fn api_group_get(rqctx: RequestContext<Cx>) -> Result<HttpResponseOk<ApiGroup>, ApiError> {
    query::validate(rqctx.request.uri().query())?;
    let core = discovery::groups().into_iter().next();
    Ok(HttpResponseOk(core.ok_or_else(Error::not_found)?))
}

/// List the resources of core/v2
///
/// Each with the verbs that roles can allow, and whether its objects belong to a namespace. Needs no
/// credentials.
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
