//! The regular verbs: one handler each, for every kind and both scopes.

use std::sync::Arc;

use dropshot::{HttpResponseDeleted, Path, RequestContext};
use sensu_types::scope::{Collection as _, Everywhere, Item as _};
use sensu_types::{Resource, Scope};

use super::body::UnreadBody;
use super::lists::{self, PageRequest};
use super::query::{ListQuery, UnreadQuery};
use super::request::{authorize, authorize_write, conditions};
use super::response::{ListResponse, ObjectResponse};
use crate::error::ApiError;
use crate::rbac::Verb;
use crate::resources::patch::{self, MergePatch};
use crate::resources::write_options::{DryRun, WriteOptions};
use crate::runtime::context::Cx;

type Item<T> = <<T as Resource>::Scope as Scope>::Item;
type Collection<T> = <<T as Resource>::Scope as Scope>::Collection;

pub(super) async fn list<T: Resource>(
    rqctx: RequestContext<Cx>,
    path: Path<Collection<T>>,
    query: UnreadQuery<ListQuery>,
) -> Result<ListResponse<T>, ApiError> {
    let namespace: Arc<str> = path.into_inner().namespace().into();
    lists::respond(&rqctx, query, move |page: PageRequest| {
        let namespace = Arc::clone(&namespace);
        async move {
            let grant = page.caller.authorize::<T>(Verb::List, &namespace, "").await?;
            grant.list(&page.params::<T>()?).await
        }
    })
    .await
}

/// Authorized without a namespace, so that only cluster role bindings count.
pub(super) async fn list_all<T: Resource>(
    rqctx: RequestContext<Cx>,
    _path: Path<Everywhere>,
    query: UnreadQuery<ListQuery>,
) -> Result<ListResponse<T>, ApiError> {
    lists::respond(&rqctx, query, |page: PageRequest| async move {
        let grant = page.caller.authorize::<T>(Verb::List, "", "").await?;
        grant.list(&page.params::<T>()?).await
    })
    .await
}

pub(super) async fn get<T: Resource>(
    rqctx: RequestContext<Cx>,
    path: Path<Item<T>>,
) -> Result<ObjectResponse<T>, ApiError> {
    let path = path.into_inner();
    let grant = authorize::<T>(&rqctx, Verb::Get, path.namespace(), path.name()).await?;
    Ok(ObjectResponse::read(grant.get().await?, &conditions(&rqctx)))
}

pub(super) async fn create<T: Resource>(
    rqctx: RequestContext<Cx>,
    path: Path<Collection<T>>,
    options: UnreadQuery<WriteOptions>,
    body: UnreadBody<T>,
) -> Result<ObjectResponse<T>, ApiError> {
    let path = path.into_inner();
    let (namespace, verb) = (path.namespace(), Verb::Create);
    let grant = authorize_write::<T, _>(&rqctx, verb, namespace, "", &options).await?;
    let value = body.read(rqctx.context(), grant.options()).await?;
    Ok(ObjectResponse::written(grant.create(value).await?))
}

pub(super) async fn put<T: Resource>(
    rqctx: RequestContext<Cx>,
    path: Path<Item<T>>,
    options: UnreadQuery<WriteOptions>,
    body: UnreadBody<T>,
) -> Result<ObjectResponse<T>, ApiError> {
    let path = path.into_inner();
    let (namespace, name) = (path.namespace(), path.name());
    let grant = authorize_write::<T, _>(&rqctx, Verb::Update, namespace, name, &options).await?;
    let value = body.read(rqctx.context(), grant.options()).await?;
    Ok(ObjectResponse::written(grant.put(value, &conditions(&rqctx)).await?))
}

pub(super) async fn patch<T: Resource>(
    rqctx: RequestContext<Cx>,
    path: Path<Item<T>>,
    options: UnreadQuery<WriteOptions>,
    body: UnreadBody<MergePatch>,
) -> Result<ObjectResponse<T>, ApiError> {
    let path = path.into_inner();
    let (namespace, name) = (path.namespace(), path.name());
    let grant = authorize_write::<T, _>(&rqctx, Verb::Update, namespace, name, &options).await?;
    let changes = body.read(rqctx.context(), grant.options()).await?;
    let change = |stored: &T| patch::apply(stored, &changes, grant.options());
    Ok(ObjectResponse::written(grant.change(change, &conditions(&rqctx)).await?))
}

pub(super) async fn delete<T: Resource>(
    rqctx: RequestContext<Cx>,
    path: Path<Item<T>>,
    options: UnreadQuery<DryRun>,
) -> Result<HttpResponseDeleted, ApiError> {
    let path = path.into_inner();
    let (namespace, name) = (path.namespace(), path.name());
    let grant = authorize_write::<T, _>(&rqctx, Verb::Delete, namespace, name, &options).await?;
    grant.delete(&conditions(&rqctx)).await?;
    Ok(HttpResponseDeleted())
}
