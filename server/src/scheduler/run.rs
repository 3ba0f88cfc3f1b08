//! A run of a check: which agents get which requests.

use std::sync::Arc;

use sensu_agents::message::{AssetList, CheckRequest, Message};
use sensu_engine::requests::attachments;
use sensu_engine::schedule::{Due, DueKind, is_subdued};
use sensu_store::Key;
use sensu_types::Resource as _;
use sensu_types::check::CheckConfig;

use super::{Definition, Later, now, proxy};
use crate::agents::{self, Session};
use crate::error::Error;
use crate::resources::requests::{self, Turn};
use crate::runtime::context::Context;

/// Executes what is due. Returns the proxy requests of the run that are due later.
pub(super) async fn execute(cx: &Context, due: Due<Definition>) -> Option<Later> {
    let done = match &due.kind {
        DueKind::Run => start(cx, &due).await,
        DueKind::ProxyRequest { entity } => {
            proxy::request(cx, &due, entity).await.map(|()| Vec::new())
        }
    };
    match done {
        Ok(requests) => (!requests.is_empty()).then(|| Later { run: due.clone(), requests }),
        Err(error) => {
            let (namespace, check) = (&due.namespace, &due.name);
            tracing::warn!(?error, namespace, check, "a check was not requested");
            None
        }
    }
}

async fn start(cx: &Context, due: &Due<Definition>) -> Result<proxy::Requests, Error> {
    let check = &due.definition;
    let (namespace, name) = (check.namespace(), check.name());
    if is_subdued(check, due.run.timestamp()) {
        return Ok(Vec::new());
    }
    let delay = now(cx).signed_duration_since(due.run);
    cx.metrics.agents.record_run(namespace, name, due.run.timestamp(), delay);
    if check.proxy_requests.is_some() {
        return proxy::start(cx, due).await;
    }
    if check.round_robin {
        if let Some(turn) = turn(cx, due, &[String::new()]).await? {
            for (agent, _) in &turn.assignments {
                let session = cx.agents.get(namespace, agent);
                send(cx, check, session.as_slice()).await?;
            }
        }
    } else {
        send(cx, check, &cx.agents.subscribed(namespace, &check.subscriptions)).await?;
    }
    Ok(Vec::new())
}

/// Distributes the requests of a run of a round-robin check over the agents with one of its subscriptions. `entities`
/// are the proxy entities of the requests.
pub(super) async fn turn(
    cx: &Context,
    due: &Due<Definition>,
    entities: &[String],
) -> Result<Option<Turn>, Error> {
    let check = &due.definition;
    let members = agents::members(cx, check.namespace(), &check.subscriptions).await?;
    let members = members.iter().map(String::as_str).collect();
    let assign = |last: Option<&str>| {
        let agents = sensu_engine::schedule::next_agents(&members, last, entities.len());
        agents.into_iter().zip(entities.iter().cloned()).collect()
    };
    requests::turn(cx, check, due.run.timestamp_millis(), assign).await
}

/// Executes a check because a user asks for it: on all agents, even if it is a round-robin check, and for all proxy
/// entities at once, as Sensu Go.
pub(super) async fn execute_now(cx: &Context, key: &Key) {
    let result = async {
        let Some((mut check, request)) = requests::take_adhoc_request(cx, key).await? else {
            return Ok(());
        };
        if !request.subscriptions.is_empty() {
            check.subscriptions = request.subscriptions;
        }
        let sessions = cx.agents.subscribed(check.namespace(), &check.subscriptions);
        if check.proxy_requests.is_none() {
            return send(cx, &check, &sessions).await;
        }
        for entity in proxy::matching(cx, &check).await? {
            proxy::send(cx, &check, &entity, &sessions).await?;
        }
        Ok::<(), Error>(())
    };
    if let Err(error) = result.await {
        tracing::warn!(?error, ?key, "a check was not executed on request");
    }
}

/// Sends a check to sessions, with its hooks and assets.
pub(super) async fn send(
    cx: &Context,
    check: &CheckConfig,
    sessions: &[Arc<Session>],
) -> Result<(), Error> {
    if sessions.is_empty() {
        return Ok(());
    }
    let (namespace, name) = (check.namespace(), check.name());
    let definitions = requests::attachments(cx, namespace).await?;
    let asset = |name: &str| definitions.assets.get(name).map(Arc::as_ref);
    let hook = |name: &str| definitions.hooks.get(name).map(Arc::as_ref);
    let attached = attachments(check, asset, hook);
    if !attached.missing_assets.is_empty() || !attached.missing_hooks.is_empty() {
        tracing::warn!(
            namespace,
            check = name,
            assets = ?attached.missing_assets,
            hooks = ?attached.missing_hooks,
            "the check names assets or hooks that do not exist"
        );
    }
    let entity = &check.proxy_entity_name;
    let issued = cx.agents.next_issued(namespace, name, entity, cx.clock.now());
    let message = Arc::new(Message::check_request(CheckRequest {
        config: check.clone(),
        assets: cloned(attached.assets),
        hooks: cloned(attached.hooks),
        issued,
        hook_assets: attached
            .hook_assets
            .into_iter()
            .map(|(hook, assets)| (hook.to_owned(), AssetList { assets: cloned(assets) }))
            .collect(),
        secrets: Vec::new(),
    }));
    for session in sessions {
        session.send(&message);
    }
    Ok(())
}

fn cloned<T: Clone>(objects: Vec<&T>) -> Vec<T> {
    objects.into_iter().cloned().collect()
}
