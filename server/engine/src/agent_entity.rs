//! The entity of an agent: what each keepalive changes, by the release of the agent (reference 5.6, D48).

use sensu_types::entity::Entity;
use sensu_types::event::Event;

/// Class of the entities of agents.
pub const AGENT: &str = "agent";
/// Class of the entities that agents and clients report for.
pub const PROXY: &str = "proxy";

/// Label of entities whose configuration is that of the agent, and its value.
const MANAGED_BY: (&str, &str) = ("sensu.io/managed_by", "sensu-agent");

/// First release whose agents take the configuration of their entity from the server.
const CONFIGURED_BY_SERVER: u64 = 6;

/// The subscription that every entity has.
#[must_use]
pub fn own_subscription(entity: &str) -> String {
    format!("entity:{entity}")
}

/// Whether the agent of the entity takes its configuration from the server: agents of 6.x, unless the entity is
/// managed by the agent.
#[must_use]
pub fn is_configured_by_server(entity: &Entity) -> bool {
    !is_managed_by_agent(entity) && major_release(entity) >= CONFIGURED_BY_SERVER
}

/// The entity to store for a keepalive. `stored` is the stored entity; the entity of `sent` is the agent's.
///
/// A new entity is that of the agent. Afterwards, agents before 6.0 replace the whole entity, and agents of 6.x only
/// what they observe: system, last seen, version. The first keepalive of a connection replaces the configuration of an
/// entity that is managed by the agent.
#[must_use]
pub fn updated(stored: Option<&Entity>, sent: &Event) -> Entity {
    let sent_entity = sent.entity.clone().unwrap_or_default();
    let mut entity = match stored {
        Some(stored) if !replaces_configuration(stored, &sent_entity, sent.sequence) => Entity {
            system: sent_entity.system,
            sensu_agent_version: sent_entity.sensu_agent_version,
            ..stored.clone()
        },
        Some(stored) => {
            let mut entity = sent_entity;
            entity.metadata.created_by.clone_from(&stored.metadata.created_by);
            // Values that an API client has hidden stay hidden (D25).
            entity.keep_redacted(stored, None);
            entity
        }
        None => sent_entity,
    };
    // The time of the agent, as it was sent.
    entity.last_seen = sent.timestamp;
    AGENT.clone_into(&mut entity.entity_class);
    subscribe_to_itself(&mut entity);
    entity
}

/// Adds the entity's own subscription.
pub fn subscribe_to_itself(entity: &mut Entity) {
    let own = own_subscription(&entity.metadata.name);
    if !entity.subscriptions.contains(&own) {
        entity.subscriptions.push(own);
    }
}

/// A new proxy entity.
#[must_use]
pub fn proxy(namespace: &str, name: &str) -> Entity {
    let mut entity = Entity {
        entity_class: PROXY.to_owned(),
        metadata: sensu_types::ObjectMeta::new(namespace, name),
        ..Entity::default()
    };
    subscribe_to_itself(&mut entity);
    entity
}

fn replaces_configuration(stored: &Entity, sent: &Entity, sequence: i64) -> bool {
    if major_release(sent) < CONFIGURED_BY_SERVER {
        return true;
    }
    match is_managed_by_agent(sent) {
        true => sequence == 1,
        // The agent has stopped managing its entity.
        false => is_managed_by_agent(stored) && sequence == 1,
    }
}

fn is_managed_by_agent(entity: &Entity) -> bool {
    let (label, value) = MANAGED_BY;
    entity.metadata.labels.get(label).is_some_and(|found| found == value)
}

/// The first number of the version. 0 for agents before 5.14, which do not send it.
fn major_release(entity: &Entity) -> u64 {
    let version = entity.sensu_agent_version.trim_start_matches('v');
    version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keepalive(version: &str, label: (&str, &str), sequence: i64) -> Event {
        let mut entity = Entity { sensu_agent_version: version.into(), ..Entity::default() };
        entity.metadata = sensu_types::ObjectMeta::new("default", "web");
        entity.metadata.labels.insert(label.0.into(), label.1.into());
        entity.system.hostname = "sent".into();
        entity.subscriptions = vec!["sent".into()];
        Event { entity: Some(entity), timestamp: 7, sequence, ..Event::default() }
    }

    fn stored(label: (&str, &str)) -> Entity {
        let mut entity = updated(None, &keepalive("6.0.0", label, 1));
        entity.subscriptions = vec!["stored".into()];
        entity
    }

    #[test]
    fn a_new_entity_is_that_of_the_agent() {
        let entity = updated(None, &keepalive("6.0.0", ("a", "b"), 1));
        assert_eq!(entity.subscriptions, ["sent", "entity:web"]);
        assert_eq!((entity.entity_class.as_str(), entity.last_seen), ("agent", 7));
    }

    #[test]
    fn the_release_of_the_agent_decides_who_owns_the_configuration() {
        let (plain, managed) = (("a", "b"), ("sensu.io/managed_by", "sensu-agent"));
        // Version, label that was sent, label that is stored, sequence, subscription.
        for (version, sent, before, sequence, expected) in [
            ("", plain, plain, 0, "sent"),
            ("5.21.1", plain, plain, 5, "sent"),
            ("6.0.0", plain, plain, 1, "stored"),
            ("6.12.0", plain, plain, 0, "stored"),
            ("6.2.0", managed, plain, 1, "sent"),
            ("6.2.0", managed, managed, 2, "stored"),
            ("6.2.0", plain, managed, 1, "sent"),
        ] {
            let entity = updated(Some(&stored(before)), &keepalive(version, sent, sequence));
            assert_eq!(entity.subscriptions[0], expected, "{version} {sent:?} {before:?}");
            assert_eq!(entity.system.hostname, "sent");
        }
    }

    #[test]
    fn agents_of_6_take_their_configuration_from_the_server() {
        let mut entity = stored(("a", "b"));
        assert!(is_configured_by_server(&entity));
        entity.sensu_agent_version = "5.21.5".into();
        assert!(!is_configured_by_server(&entity));
        let managed = stored(("sensu.io/managed_by", "sensu-agent"));
        assert!(!is_configured_by_server(&managed));
    }
}
