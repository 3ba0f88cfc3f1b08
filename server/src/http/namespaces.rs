//! `namespaces`: regular, except for the list (filtered by permission) and deletion (of empty
//! namespaces only).

use dropshot::{HttpResponseDeleted, Path, RequestContext, endpoint};
use schemars::JsonSchema;
use sensu_types::namespace::Namespace;
use sensu_types::scope::InNamespace;
use serde::Deserialize;

use super::lists::{self, PageRequest};
use super::query::{ListQuery, UnreadQuery};
use super::request::{authorize_write, conditions};
use super::response::ListResponse;
use super::routes::{Api, Mount, Mounted, Routes};
use crate::error::ApiError;
use crate::openapi::facts::Facts;
use crate::rbac::Verb;
use crate::resources::namespaces;
use crate::resources::write_options::DryRun;
use crate::runtime::context::Cx;

impl Mount for Namespace {
    fn mount(api: &mut Api) -> Mounted {
        Routes::<Namespace>::new(api)
            .custom(namespace_list, Facts::list::<Namespace>().filtered())
            .get("namespace_get", "Get a namespace")
            .create("namespace_create", "Create a namespace")
            .put("namespace_put", "Create or replace a namespace")
            .custom(namespace_delete, Facts { conflict: true, ..Facts::delete::<Namespace>() })
            .mount()
    }
}

/// List namespaces
///
/// Returns the namespaces sorted by name, in byte order, in pages.
#[endpoint {
    method = GET,
    path = "/apis/core/v2/namespaces",
    tags = ["namespaces"],
}]
async fn namespace_list(
    rqctx: RequestContext<Cx>,
    query: UnreadQuery<ListQuery>,
) -> Result<ListResponse<Namespace>, ApiError> {
    lists::respond(&rqctx, query, |page: PageRequest| async move {
        namespaces::list(&page.caller, &page.params::<Namespace>()?).await
    })
    .await
}

/// Deletion of a namespace that is not empty.
#[derive(Debug, Default, Deserialize, JsonSchema)]
struct Cascade {
    /// `true` deletes all objects in the namespace with it, in one transaction. Default `false`.
    cascade: Option<bool>,
}

/// Delete a namespace
///
/// Deletes the namespace if it is empty. Otherwise the status is 409, and the message lists the
/// resources that are left. With `cascade=true`, all objects in the namespace are deleted with it,
/// in one transaction. With `If-Match`, only the state with that `ETag` is deleted; otherwise the
/// status is 412.
#[endpoint {
    method = DELETE,
    path = "/apis/core/v2/namespaces/{namespace}",
    tags = ["namespaces"],
}]
async fn namespace_delete(
    rqctx: RequestContext<Cx>,
    path: Path<InNamespace>,
    query: UnreadQuery<Cascade>,
    options: UnreadQuery<DryRun>,
) -> Result<HttpResponseDeleted, ApiError> {
    let name = path.into_inner().namespace;
    let grant = authorize_write::<Namespace, _>(&rqctx, Verb::Delete, "", &name, &options).await?;
    let cascade = query.read()?.cascade.unwrap_or_default();
    namespaces::delete(&grant, cascade, &conditions(&rqctx)).await?;
    Ok(HttpResponseDeleted())
}
