//! Results that agents report: for their own entity, or for proxy entities of their namespace (D48).

use sensu_engine::agent_entity::{self, AGENT, PROXY};
use sensu_types::Resource as _;
use sensu_types::entity::Entity;
use sensu_types::event::Event;

use super::write::{Purpose, metrics_only};
use super::{check_namespaces, write_event};
use crate::error::Error;
use crate::keyspace::{self, parse};
use crate::resources::grant::Grant;
use crate::resources::store::invalid_name;
use crate::resources::validation::Validation;

/// Stores a result of the agent of the grant. A result before the first keepalive registers the agent.
///
/// # Errors
/// [`Error::Invalid`] for an invalid event, or one of another namespace or of the entity of another agent;
/// [`Error::NotFound`] without namespace; [`Error::Unavailable`] after too many write conflicts; [`Error`] if the
/// store fails.
pub(crate) async fn agent_result(grant: &Grant<Event>, mut event: Event) -> Result<(), Error> {
    event.fill_identity(grant.namespace(), grant.name());
    check_namespaces(grant, &event)?;
    let proxy = event.check.as_ref().map(|check| check.proxy_entity_name.clone());
    let name = match proxy.filter(|name| !name.is_empty()) {
        Some(name) => name,
        None => event.entity_name().to_owned(),
    };
    if name == grant.name() {
        if let Some(entity) = &mut event.entity {
            AGENT.clone_into(&mut entity.entity_class);
            agent_entity::subscribe_to_itself(entity);
        }
    } else {
        event.entity = Some(proxy_entity(grant, &name, event.entity.take()).await?);
    }
    let event = Validation::new().run(&grant.cx().compilers, event).await?;
    let written = match event.check {
        Some(_) => write_event(grant, event, || Purpose::AgentResult).await,
        None => metrics_only(grant, event).await,
    };
    written.map(drop)
}

/// The entity of a result for another entity than the agent's: the stored one, which results do not change. Without
/// it, the sent one if that is its own, or a new one.
async fn proxy_entity(
    grant: &Grant<Event>,
    name: &str,
    sent: Option<Entity>,
) -> Result<Entity, Error> {
    let key = keyspace::key::<Entity>(grant.namespace(), name).ok_or_else(invalid_name)?;
    let stored = grant.store().get(&key).await?;
    let entity = match stored.as_ref().map(parse::<Entity>).transpose()? {
        Some(stored) => stored,
        None => match sent.filter(|sent| sent.metadata.name == name) {
            Some(mut sent) if sent.entity_class != AGENT => {
                PROXY.clone_into(&mut sent.entity_class);
                agent_entity::subscribe_to_itself(&mut sent);
                sent
            }
            Some(sent) => sent,
            None => agent_entity::proxy(grant.namespace(), name),
        },
    };
    if entity.entity_class == AGENT {
        return Err(Error::invalid(format!(
            "agent {:?} reports a result for {name:?}, the entity of another agent; agents report for their own \
             entity and for proxy entities",
            grant.name()
        )));
    }
    Ok(entity)
}
