//! Proxy requests: a check that is executed once for each of several proxy entities.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sensu_engine::requests::check_for;
use sensu_engine::schedule::{Due, Schedule, due_times};
use sensu_types::Resource as _;
use sensu_types::check::CheckConfig;
use sensu_types::entity::Entity;

use super::{Definition, run};
use crate::agents::Session;
use crate::error::Error;
use crate::resources::requests;
use crate::runtime::context::Context;

/// Proxy requests that are due later: times, and names of entities.
pub(super) type Requests = Vec<(DateTime<Utc>, String)>;

/// Requests the check for all entities, or returns when to do so if the requests are distributed.
pub(super) async fn start(cx: &Context, due: &Due<Definition>) -> Result<Requests, Error> {
    let check = &due.definition;
    let entities = matching(cx, check).await?;
    if entities.is_empty() {
        tracing::info!(
            namespace = check.namespace(),
            check = check.name(),
            "no entity has the entity_attributes of the check"
        );
        return Ok(Vec::new());
    }
    let splay = check.proxy_requests.as_ref().filter(|requests| requests.splay);
    if check.round_robin {
        let names: Vec<String> = entities.iter().map(|entity| entity.name().to_owned()).collect();
        run::turn(cx, due, &names).await?;
    }
    let period = Schedule::of(check).and_then(|schedule| schedule.period_at(due.run));
    if let (Some(splay), Some(period)) = (splay, period) {
        let times = due_times(due.run, period, splay.splay_coverage, entities.len());
        let names = entities.into_iter().map(|entity| entity.metadata.name);
        return Ok(times.zip(names).collect());
    }
    for entity in &entities {
        request_entity(cx, due, entity).await?;
    }
    Ok(Vec::new())
}

/// Requests the check for an entity.
pub(super) async fn request(
    cx: &Context,
    due: &Due<Definition>,
    entity: &str,
) -> Result<(), Error> {
    match requests::object::<Entity>(cx, &due.namespace, entity).await? {
        Some(entity) => request_entity(cx, due, &entity).await,
        // It was deleted.
        None => Ok(()),
    }
}

async fn request_entity(cx: &Context, due: &Due<Definition>, entity: &Entity) -> Result<(), Error> {
    let check = &due.definition;
    let sessions = if check.round_robin {
        let turn = requests::last_turn(cx, check).await?;
        let turn = turn.filter(|turn| turn.run == due.run.timestamp_millis());
        let assignments = turn.map(|turn| turn.assignments).unwrap_or_default();
        let assigned = assignments.into_iter().find(|(_, name)| name == entity.name());
        let session = assigned.and_then(|(agent, _)| cx.agents.get(check.namespace(), &agent));
        session.into_iter().collect()
    } else {
        cx.agents.subscribed(check.namespace(), &check.subscriptions)
    };
    send(cx, check, entity, &sessions).await
}

/// Sends the check with the values of the entity. If that fails, only this entity is left out.
pub(super) async fn send(
    cx: &Context,
    check: &CheckConfig,
    entity: &Entity,
    sessions: &[Arc<Session>],
) -> Result<(), Error> {
    if sessions.is_empty() {
        return Ok(());
    }
    match check_for(check, entity) {
        Ok(check) => run::send(cx, &check, sessions).await,
        Err(error) => {
            tracing::warn!(
                namespace = check.namespace(),
                check = check.name(),
                entity = entity.name(),
                "{error}"
            );
            Ok(())
        }
    }
}

/// The entities for which all expressions of the check are true, in the order of their names. None if it has no
/// expressions.
pub(super) async fn matching(cx: &Context, check: &CheckConfig) -> Result<Vec<Entity>, Error> {
    let expressions = check.proxy_requests.as_ref().map(|one| one.entity_attributes.as_slice());
    let expressions = expressions.unwrap_or_default();
    let mut found = Vec::new();
    if expressions.is_empty() {
        return Ok(found);
    }
    let mut entities = requests::Entities::of_namespace(check.namespace());
    while let Some(page) = entities.next(cx).await? {
        for entity in page {
            let verdicts = cx.pipeline.evaluate_entity(expressions, &entity).await;
            if verdicts.iter().all(|verdict| verdict.as_ref().is_ok_and(|is_true| *is_true)) {
                found.push(entity);
            }
        }
    }
    Ok(found)
}
