//! `events`: identified by entity and check; writes go through the event engine.

use std::sync::Arc;

use dropshot::{HttpResponseDeleted, HttpResponseOk, Path, RequestContext, endpoint};
use schemars::JsonSchema;
use sensu_types::event::Event;
use sensu_types::outcomes::{EventExplanation, EventOutcomes};
use sensu_types::scope::InNamespace;
use serde::Deserialize;

use super::body::UnreadBody;
use super::lists::{self, PageRequest};
use super::query::{ListQuery, UnreadQuery};
use super::request::{authorize, authorize_write, conditions};
use super::response::{ListResponse, ObjectResponse};
use super::routes::{Api, Mount, Mounted, Routes};
use crate::error::ApiError;
use crate::openapi::facts::Facts;
use crate::pipeline;
use crate::rbac::Verb;
use crate::resources::write_options::{DryRun, WriteOptions};
use crate::resources::{events, outbox};
use crate::runtime::context::Cx;

impl Mount for Event {
    fn mount(api: &mut Api) -> Mounted {
        let outcomes = Facts {
            success: Some("The outcomes, the newest event first."),
            ..Facts::custom::<Event>(Verb::Get)
        };
        let explain = Facts {
            success: Some("What each handler would do."),
            ..Facts::custom::<Event>(Verb::Get)
        };
        Routes::<Event>::new(api)
            .list("event_list", "List events in a namespace")
            .list_all("event_list_all", "List events in all namespaces")
            .custom(event_list_entity, Facts::partial_list::<Event>(Verb::List))
            .custom(event_get, Facts::get::<Event>())
            .custom(event_create, Facts::create::<Event>())
            .custom(event_put, Facts::put::<Event>())
            .custom(event_post, Facts::put::<Event>())
            .custom(event_delete, Facts::delete::<Event>())
            .custom(event_outcomes, outcomes)
            .custom(event_explain, explain)
            .mount()
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
struct EntityPath {
    /// Name of the namespace.
    namespace: String,
    /// Name of the entity.
    entity: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct EventPath {
    /// Name of the namespace.
    namespace: String,
    /// Name of the entity.
    entity: String,
    /// Name of the check.
    check: String,
}

impl EventPath {
    /// The name under which an event is authorized and stored.
    fn name(&self) -> String {
        format!("{}/{}", self.entity, self.check)
    }
}

/// List events of an entity
///
/// Returns the events sorted by check name, in byte order, in pages. An entity that does not exist
/// has an empty list.
#[endpoint {
    method = GET,
    path = "/apis/core/v2/namespaces/{namespace}/events/{entity}",
    tags = ["events"],
}]
async fn event_list_entity(
    rqctx: RequestContext<Cx>,
    path: Path<EntityPath>,
    query: UnreadQuery<ListQuery>,
) -> Result<ListResponse<Event>, ApiError> {
    let path = Arc::new(path.into_inner());
    lists::respond(&rqctx, query, move |page: PageRequest| {
        let path = Arc::clone(&path);
        async move {
            let EntityPath { namespace, entity } = path.as_ref();
            let grant = page.caller.authorize::<Event>(Verb::List, namespace, entity).await?;
            grant.list(&page.params::<Event>()?).await
        }
    })
    .await
}

/// Get an event
///
/// Returns the latest result of a check on an entity with its history, and its `ETag`. If
/// `If-None-Match` names the current state, the status is 304.
#[endpoint {
    method = GET,
    path = "/apis/core/v2/namespaces/{namespace}/events/{entity}/{check}",
    tags = ["events"],
}]
async fn event_get(
    rqctx: RequestContext<Cx>,
    path: Path<EventPath>,
) -> Result<ObjectResponse<Event>, ApiError> {
    let path = path.into_inner();
    let grant = authorize::<Event>(&rqctx, Verb::Get, &path.namespace, &path.name()).await?;
    Ok(ObjectResponse::read(grant.get().await?, &conditions(&rqctx)))
}

/// Create an event
///
/// Stores the first result of a check on an entity and returns the event as stored. The server
/// computes history, state, occurrences and silenced entries; a history in the body is kept. If the
/// event exists, the status is 409. An unknown entity is created. An event with metrics and without a check is accepted and not
/// stored.
#[endpoint {
    method = POST,
    path = "/apis/core/v2/namespaces/{namespace}/events",
    tags = ["events"],
}]
async fn event_create(
    rqctx: RequestContext<Cx>,
    path: Path<InNamespace>,
    options: UnreadQuery<WriteOptions>,
    body: UnreadBody<Event>,
) -> Result<ObjectResponse<Event>, ApiError> {
    let namespace = path.into_inner().namespace;
    let grant = authorize_write::<Event, _>(&rqctx, Verb::Create, &namespace, "", &options).await?;
    let event = body.read(rqctx.context(), grant.options()).await?;
    Ok(ObjectResponse::written(events::create(&grant, event).await?))
}

/// Create or update an event
///
/// Stores the latest result of a check on an entity and returns the event as stored. The server
/// computes history, state, occurrences and silenced entries from the previous results. When the
/// response is sent, the event is on disk. An unknown entity is created. With `If-Match`, only the
/// state with that `ETag` is updated; with `If-None-Match: *`, the event is only created. Otherwise
/// the status is 412.
#[endpoint {
    method = PUT,
    path = "/apis/core/v2/namespaces/{namespace}/events/{entity}/{check}",
    tags = ["events"],
}]
async fn event_put(
    rqctx: RequestContext<Cx>,
    path: Path<EventPath>,
    options: UnreadQuery<WriteOptions>,
    body: UnreadBody<Event>,
) -> Result<ObjectResponse<Event>, ApiError> {
    create_or_update(rqctx, path, options, body).await
}

/// Create or update an event with POST
///
/// As `PUT`, for clients of later Sensu releases. Requires the same permission.
#[endpoint {
    method = POST,
    path = "/apis/core/v2/namespaces/{namespace}/events/{entity}/{check}",
    tags = ["events"],
}]
async fn event_post(
    rqctx: RequestContext<Cx>,
    path: Path<EventPath>,
    options: UnreadQuery<WriteOptions>,
    body: UnreadBody<Event>,
) -> Result<ObjectResponse<Event>, ApiError> {
    create_or_update(rqctx, path, options, body).await
}

async fn create_or_update(
    rqctx: RequestContext<Cx>,
    path: Path<EventPath>,
    options: UnreadQuery<WriteOptions>,
    body: UnreadBody<Event>,
) -> Result<ObjectResponse<Event>, ApiError> {
    let path = path.into_inner();
    let (verb, name) = (Verb::Update, path.name());
    let grant = authorize_write::<Event, _>(&rqctx, verb, &path.namespace, &name, &options).await?;
    let event = body.read(rqctx.context(), grant.options()).await?;
    Ok(ObjectResponse::written(events::put(&grant, event, &conditions(&rqctx)).await?))
}

/// Delete an event
///
/// Deletes the latest result with its history. If the event does not exist, the status is 404. The
/// entity is not deleted. Without its event `keepalive`, an agent is not monitored until its next keepalive. With `If-Match`, only the state with that `ETag` is deleted; otherwise
/// the status is 412.
#[endpoint {
    method = DELETE,
    path = "/apis/core/v2/namespaces/{namespace}/events/{entity}/{check}",
    tags = ["events"],
}]
async fn event_delete(
    rqctx: RequestContext<Cx>,
    path: Path<EventPath>,
    options: UnreadQuery<DryRun>,
) -> Result<HttpResponseDeleted, ApiError> {
    let path = path.into_inner();
    let (verb, name) = (Verb::Delete, path.name());
    let grant = authorize_write::<Event, _>(&rqctx, verb, &path.namespace, &name, &options).await?;
    grant.delete(&conditions(&rqctx)).await?;
    Ok(HttpResponseDeleted())
}

/// List outcomes of handlers
///
/// Returns what the handlers of the last events of a check on an entity did: whether each was executed,
/// which filter denied the event, why it failed, and the output of its command. Sensu Go does not have this
/// operation.
#[endpoint {
    method = GET,
    path = "/apis/core/v2/namespaces/{namespace}/events/{entity}/{check}/outcomes",
    tags = ["events"],
}]
async fn event_outcomes(
    rqctx: RequestContext<Cx>,
    path: Path<EventPath>,
) -> Result<HttpResponseOk<EventOutcomes>, ApiError> {
    let path = path.into_inner();
    let grant = authorize::<Event>(&rqctx, Verb::Get, &path.namespace, &path.name()).await?;
    Ok(HttpResponseOk(outbox::outcomes(&grant).await?))
}

/// Explain what handlers would do
///
/// Evaluates the filters of all handlers and pipelines of the stored event now, without running mutators and
/// handlers. Sensu Go does not have this operation.
#[endpoint {
    method = POST,
    path = "/apis/core/v2/namespaces/{namespace}/events/{entity}/{check}/explain",
    tags = ["events"],
}]
async fn event_explain(
    rqctx: RequestContext<Cx>,
    path: Path<EventPath>,
) -> Result<HttpResponseOk<EventExplanation>, ApiError> {
    let path = path.into_inner();
    let grant = authorize::<Event>(&rqctx, Verb::Get, &path.namespace, &path.name()).await?;
    Ok(HttpResponseOk(pipeline::explain(rqctx.context(), &grant).await?))
}
