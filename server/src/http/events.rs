//! `events`: found by entity and check; what is written goes through the engine.

use dropshot::{HttpResponseDeleted, Path, RequestContext, endpoint};
use schemars::JsonSchema;
use sensu_types::event::Event;
use sensu_types::scope::InNamespace;
use serde::Deserialize;

use super::body::Draft;
use super::params::{Paging, Params};
use super::response::{Many, One};
use super::routes::{Api, Mounted, Routes};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::openapi::facts::Facts;
use crate::rbac::Verb;
use crate::resources::events;
use crate::resources::preconditions::Conditions;
use crate::resources::write_options::{DryRun, WriteOptions};
use crate::runtime::context::Cx;

pub(super) fn mount(api: &mut Api) -> Mounted {
    Routes::<Event>::of(api)
        .list("event_list", "List the events of a namespace")
        .list_all("event_list_all", "List the events of every namespace")
        .custom(event_list_entity, Facts::partial_list::<Event>(Verb::List))
        .custom(event_get, Facts::get::<Event>())
        .custom(event_create, Facts::create::<Event>())
        .custom(event_put, Facts::put::<Event>())
        .custom(event_delete, Facts::delete::<Event>())
        .mount()
}

/// An entity.
#[derive(Debug, Deserialize, JsonSchema)]
struct OfEntity {
    /// The namespace, for example `default`.
    namespace: String,
    /// The name of the entity.
    entity: String,
}

/// A check on an entity.
#[derive(Debug, Deserialize, JsonSchema)]
struct OfCheck {
    /// The namespace, for example `default`.
    namespace: String,
    /// The name of the entity.
    entity: String,
    /// The name of the check.
    check: String,
}

impl OfCheck {
    /// Under which an event is authorized and stored.
    fn name(&self) -> String {
        format!("{}/{}", self.entity, self.check)
    }
}

/// List the events of an entity
///
/// In byte order of the names of the checks. Empty for an entity that does not exist.
#[endpoint {
    method = GET,
    path = "/apis/core/v2/namespaces/{namespace}/events/{entity}",
    tags = ["events"],
}]
async fn event_list_entity(
    rqctx: RequestContext<Cx>,
    path: Path<OfEntity>,
    paging: Params<Paging>,
) -> Result<Many<Event>, ApiError> {
    let OfEntity { namespace, entity } = path.into_inner();
    let grant = Caller::from_request(&rqctx)
        .await?
        .authorize::<Event>(Verb::List, &namespace, &entity)
        .await?;
    let page = grant.list(&paging.read()?.list_params()?).await?;
    Ok(Many::of(page, &rqctx))
}

/// Fetch an event
///
/// The latest result of a check on an entity, with its history. Names are matched exactly.
#[endpoint {
    method = GET,
    path = "/apis/core/v2/namespaces/{namespace}/events/{entity}/{check}",
    tags = ["events"],
}]
async fn event_get(rqctx: RequestContext<Cx>, path: Path<OfCheck>) -> Result<One<Event>, ApiError> {
    let path = path.into_inner();
    let grant = Caller::from_request(&rqctx)
        .await?
        .authorize::<Event>(Verb::Get, &path.namespace, &path.name())
        .await?;
    Ok(One::read(grant.get().await?, &Conditions::from_headers(rqctx.request.headers())))
}

/// Create an event
///
/// Stores the first event of a check on an entity and answers with it as stored: history, state,
/// occurrences and silences are derived by the server. Refused with 409 if there is one. An entity
/// that is not known is created. An event that carries metrics and no check is accepted and not
/// stored.
#[endpoint {
    method = POST,
    path = "/apis/core/v2/namespaces/{namespace}/events",
    tags = ["events"],
}]
async fn event_create(
    rqctx: RequestContext<Cx>,
    path: Path<InNamespace>,
    options: Params<WriteOptions>,
    draft: Draft<Event>,
) -> Result<One<Event>, ApiError> {
    let namespace = path.into_inner().namespace;
    let grant = Caller::from_request(&rqctx)
        .await?
        .authorize::<Event>(Verb::Create, &namespace, "")
        .await?
        .with_options(options.read()?);
    let event = draft.read(rqctx.context(), grant.options()).await?;
    Ok(One::written(events::create(&grant, event).await?))
}

/// Create or update an event
///
/// Takes the latest result of a check on an entity and answers with the event as stored: history,
/// state, occurrences and silences follow from the results before. When it answers, the event is on
/// the disk. An entity that is not known is created.
#[endpoint {
    method = PUT,
    path = "/apis/core/v2/namespaces/{namespace}/events/{entity}/{check}",
    tags = ["events"],
}]
async fn event_put(
    rqctx: RequestContext<Cx>,
    path: Path<OfCheck>,
    options: Params<WriteOptions>,
    draft: Draft<Event>,
) -> Result<One<Event>, ApiError> {
    let path = path.into_inner();
    let caller = Caller::from_request(&rqctx).await?;
    let grant = caller
        .authorize::<Event>(Verb::Update, &path.namespace, &path.name())
        .await?
        .with_options(options.read()?);
    let event = draft.read(rqctx.context(), grant.options()).await?;
    let conditions = Conditions::from_headers(rqctx.request.headers());
    Ok(One::written(events::put(&grant, event, &conditions).await?))
}

/// Delete an event
///
/// Removes the latest result with its history; 404 if there was none. The entity stays.
#[endpoint {
    method = DELETE,
    path = "/apis/core/v2/namespaces/{namespace}/events/{entity}/{check}",
    tags = ["events"],
}]
async fn event_delete(
    rqctx: RequestContext<Cx>,
    path: Path<OfCheck>,
    options: Params<DryRun>,
) -> Result<HttpResponseDeleted, ApiError> {
    let path = path.into_inner();
    let caller = Caller::from_request(&rqctx).await?;
    let grant = caller
        .authorize::<Event>(Verb::Delete, &path.namespace, &path.name())
        .await?
        .with_options(options.read()?);
    grant.delete(&Conditions::from_headers(rqctx.request.headers())).await?;
    Ok(HttpResponseDeleted())
}
