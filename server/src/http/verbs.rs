//! The regular verbs: each once, for every resource and both scopes.

use dropshot::{HttpResponseDeleted, Path, RequestContext};
use sensu_types::scope::{Collection as _, Everywhere, Item as _};
use sensu_types::{Resource, Scope};

use super::body::Draft;
use super::params::{Paging, Params};
use super::response::{Many, One};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::rbac::Verb;
use crate::resources::patch::{self, MergePatch};
use crate::resources::preconditions::Conditions;
use crate::resources::write_options::{DryRun, WriteOptions};
use crate::runtime::context::Cx;

type Item<T> = <<T as Resource>::Scope as Scope>::Item;
type Collection<T> = <<T as Resource>::Scope as Scope>::Collection;

pub(super) async fn list<T: Resource>(
    rqctx: RequestContext<Cx>,
    path: Path<Collection<T>>,
    paging: Params<Paging>,
) -> Result<Many<T>, ApiError> {
    let path = path.into_inner();
    let grant = Caller::from_request(&rqctx)
        .await?
        .authorize::<T>(Verb::List, path.namespace(), "")
        .await?;
    let page = grant.list(&paging.read()?.list_params()?).await?;
    Ok(Many::of(page, &rqctx))
}

/// The list over all namespaces: the same question without one, so only cluster-wide bindings
/// count.
pub(super) async fn list_all<T: Resource>(
    rqctx: RequestContext<Cx>,
    _path: Path<Everywhere>,
    paging: Params<Paging>,
) -> Result<Many<T>, ApiError> {
    let grant = Caller::from_request(&rqctx).await?.authorize::<T>(Verb::List, "", "").await?;
    let page = grant.list(&paging.read()?.list_params()?).await?;
    Ok(Many::of(page, &rqctx))
}

pub(super) async fn get<T: Resource>(
    rqctx: RequestContext<Cx>,
    path: Path<Item<T>>,
) -> Result<One<T>, ApiError> {
    let path = path.into_inner();
    let caller = Caller::from_request(&rqctx).await?;
    let grant = caller.authorize::<T>(Verb::Get, path.namespace(), path.name()).await?;
    Ok(One::read(grant.get().await?, &Conditions::from_headers(rqctx.request.headers())))
}

pub(super) async fn create<T: Resource>(
    rqctx: RequestContext<Cx>,
    path: Path<Collection<T>>,
    options: Params<WriteOptions>,
    draft: Draft<T>,
) -> Result<One<T>, ApiError> {
    let path = path.into_inner();
    let grant = Caller::from_request(&rqctx)
        .await?
        .authorize::<T>(Verb::Create, path.namespace(), "")
        .await?;
    let grant = grant.with_options(options.read()?);
    let value = draft.read(rqctx.context(), grant.options()).await?;
    Ok(One::written(grant.create(value).await?))
}

pub(super) async fn put<T: Resource>(
    rqctx: RequestContext<Cx>,
    path: Path<Item<T>>,
    options: Params<WriteOptions>,
    draft: Draft<T>,
) -> Result<One<T>, ApiError> {
    let path = path.into_inner();
    let caller = Caller::from_request(&rqctx).await?;
    let grant = caller.authorize::<T>(Verb::Update, path.namespace(), path.name()).await?;
    let grant = grant.with_options(options.read()?);
    let value = draft.read(rqctx.context(), grant.options()).await?;
    Ok(One::written(grant.put(value, &Conditions::from_headers(rqctx.request.headers())).await?))
}

pub(super) async fn patch<T: Resource>(
    rqctx: RequestContext<Cx>,
    path: Path<Item<T>>,
    options: Params<WriteOptions>,
    draft: Draft<MergePatch>,
) -> Result<One<T>, ApiError> {
    let path = path.into_inner();
    let caller = Caller::from_request(&rqctx).await?;
    let grant = caller.authorize::<T>(Verb::Update, path.namespace(), path.name()).await?;
    let grant = grant.with_options(options.read()?);
    let changes = draft.read(rqctx.context(), grant.options()).await?;
    let change = |stored: &T| patch::apply(stored, &changes, grant.options());
    Ok(One::written(
        grant.change(change, &Conditions::from_headers(rqctx.request.headers())).await?,
    ))
}

pub(super) async fn delete<T: Resource>(
    rqctx: RequestContext<Cx>,
    path: Path<Item<T>>,
    options: Params<DryRun>,
) -> Result<HttpResponseDeleted, ApiError> {
    let path = path.into_inner();
    let caller = Caller::from_request(&rqctx).await?;
    let grant = caller.authorize::<T>(Verb::Delete, path.namespace(), path.name()).await?;
    let grant = grant.with_options(options.read()?);
    grant.delete(&Conditions::from_headers(rqctx.request.headers())).await?;
    Ok(HttpResponseDeleted())
}
