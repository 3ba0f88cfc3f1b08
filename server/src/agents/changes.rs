//! What changes of entities, users and namespaces mean for connected agents.

use std::sync::Arc;

use sensu_engine::agent_entity::is_configured_by_server;
use sensu_store::Revision;
use sensu_types::entity::Entity;
use sensu_types::namespace::Namespace;

use super::session::Session;
use super::{DELETED, NO_NAMESPACE, REPLACED, USER_CHANGED};
use crate::auth;
use crate::error::Error;
use crate::resources::{connected, requests};
use crate::runtime::context::Context;

/// Applies a changed entity to its agent, if that is connected: subscriptions and configuration. If the entity was
/// deleted, an agent of 6.x has to connect and register again; older ones register with the next keepalive.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn entity_changed(
    cx: &Context,
    namespace: &str,
    name: &str,
    revision: Revision,
) -> Result<(), Error> {
    match cx.agents.get(namespace, name) {
        Some(session) if !session.has_written(revision) => apply(cx, &session).await,
        _ => Ok(()),
    }
}

/// Closes the sessions of a user that was changed: its agents have to log in again (D15).
pub(crate) fn user_changed(cx: &Context, user: &str) {
    let sessions = cx.agents.registry.all();
    sessions.iter().filter(|one| one.user() == user).for_each(|one| one.close(USER_CHANGED));
}

/// Closes the sessions of a namespace that was deleted.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn namespace_changed(cx: &Context, namespace: &str) -> Result<(), Error> {
    if requests::object::<Namespace>(cx, "", namespace).await?.is_none() {
        let sessions = cx.agents.registry.all();
        let in_namespace = sessions.iter().filter(|one| one.namespace() == namespace);
        in_namespace.for_each(|one| one.close(NO_NAMESPACE));
    }
    Ok(())
}

/// Closes the session of an agent that has connected to another server: the newest connection wins.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn connection_changed(
    cx: &Context,
    namespace: &str,
    agent: &str,
) -> Result<(), Error> {
    if let Some(session) = cx.agents.get(namespace, agent)
        && connected::is_elsewhere(cx, namespace, agent, session.id()).await?
    {
        session.close(REPLACED);
    }
    Ok(())
}

/// Applies all entities, users and namespaces: changes were missed.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn all_changed(cx: &Context) -> Result<(), Error> {
    for session in cx.agents.registry.all() {
        apply(cx, &session).await?;
        if !auth::is_enabled(cx, session.user()).await? {
            session.close(USER_CHANGED);
        }
        namespace_changed(cx, session.namespace()).await?;
        connection_changed(cx, session.namespace(), session.agent()).await?;
    }
    Ok(())
}

async fn apply(cx: &Context, session: &Arc<Session>) -> Result<(), Error> {
    let entity = requests::object::<Entity>(cx, session.namespace(), session.agent()).await?;
    match &entity {
        Some(entity) => configure(cx, session, entity).await,
        None => {
            if session.is_configured_by_server() {
                session.close(DELETED);
            }
            Ok(())
        }
    }
}

/// Sets the subscriptions that follow from the entity, and sends its configuration to an agent that uses it.
pub(super) async fn configure(
    cx: &Context,
    session: &Arc<Session>,
    entity: &Entity,
) -> Result<(), Error> {
    let subscriptions = session.subscriptions_with(Some(entity));
    if subscriptions != session.subscriptions() {
        cx.agents.registry.set_subscriptions(session, subscriptions.clone());
        connected::record(cx, session.namespace(), session.agent(), session.id(), &subscriptions)
            .await?;
    }
    if is_configured_by_server(entity) {
        session.send_config(Some(entity));
    }
    Ok(())
}
