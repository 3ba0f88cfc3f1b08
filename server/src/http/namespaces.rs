//! `namespaces`: regular, but for the list (what the caller may see) and deletion (only if empty).

use dropshot::{HttpResponseDeleted, Path, RequestContext, endpoint};
use schemars::JsonSchema;
use sensu_types::namespace::Namespace;
use sensu_types::scope::InNamespace;
use serde::Deserialize;

use super::params::{Paging, Params};
use super::response::Many;
use super::routes::{Api, Mounted, Routes};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::openapi::facts::Facts;
use crate::rbac::Verb;
use crate::resources::namespaces;
use crate::resources::preconditions::Conditions;
use crate::resources::write_options::DryRun;
use crate::runtime::context::Cx;

pub(super) fn mount(api: &mut Api) -> Mounted {
    Routes::<Namespace>::of(api)
        .custom(namespace_list, Facts::list::<Namespace>().filtered())
        .get("namespace_get", "Fetch a namespace")
        .create("namespace_create", "Create a namespace")
        .put("namespace_put", "Create or replace a namespace")
        .custom(namespace_delete, Facts { conflict: true, ..Facts::delete::<Namespace>() })
        .mount()
}

/// List the namespaces
///
/// All namespaces for those who may list them; for others the ones in which some role is bound to
/// them.
#[endpoint {
    method = GET,
    path = "/apis/core/v2/namespaces",
    tags = ["namespaces"],
}]
async fn namespace_list(
    rqctx: RequestContext<Cx>,
    paging: Params<Paging>,
) -> Result<Many<Namespace>, ApiError> {
    let caller = Caller::from_request(&rqctx).await?;
    let page = namespaces::list(&caller, &paging.read()?.list_params()?).await?;
    Ok(Many::of(page, &rqctx))
}

/// What to do with the contents of a namespace.
#[derive(Debug, Default, Deserialize, JsonSchema)]
struct Cascade {
    /// `true` removes the namespace with everything in it, at once. Default `false`.
    cascade: Option<bool>,
}

/// Delete a namespace
///
/// Removes exactly this namespace, and only if nothing is left in it; otherwise the answer is 409
/// and says what is. With `cascade=true` everything in it goes with it, at once.
#[endpoint {
    method = DELETE,
    path = "/apis/core/v2/namespaces/{namespace}",
    tags = ["namespaces"],
}]
async fn namespace_delete(
    rqctx: RequestContext<Cx>,
    path: Path<InNamespace>,
    query: Params<Cascade>,
    options: Params<DryRun>,
) -> Result<HttpResponseDeleted, ApiError> {
    let name = path.into_inner().namespace;
    let caller = Caller::from_request(&rqctx).await?;
    let grant = caller.authorize::<Namespace>(Verb::Delete, "", &name).await?;
    let grant = grant.with_options(options.read()?);
    let cascade = query.read()?.cascade.unwrap_or_default();
    namespaces::delete(&grant, cascade, &Conditions::from_headers(rqctx.request.headers())).await?;
    Ok(HttpResponseDeleted())
}
