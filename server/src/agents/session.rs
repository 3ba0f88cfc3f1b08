//! The session of an agent.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use sensu_agents::message::{Encoding, EntityConfig, Message};
use sensu_agents::{Hello, Sender};
use sensu_engine::agent_entity::{is_configured_by_server, own_subscription};
use sensu_store::Revision;
use sensu_types::entity::Entity;
use sensu_types::event::Event;

use crate::resources::grant::Grant;

/// Label that servers do not send to agents: only agents set it.
const MANAGED_BY: &str = "sensu.io/managed_by";

/// The session of an agent.
pub(crate) struct Session {
    id: u64,
    /// For the events of the agent. Its name is that of the agent.
    grant: Grant<Event>,
    /// The user that the agent has authenticated as.
    user: String,
    address: SocketAddr,
    /// Subscriptions in the handshake.
    requested: Vec<String>,
    sender: Sender,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    subscriptions: BTreeSet<String>,
    /// The last configuration that was sent.
    sent: Option<EntityConfig>,
    version: String,
    /// Whether the agent uses the configuration that the server sends.
    is_configured_by_server: bool,
    /// The transaction of the last keepalive.
    revision: Option<Revision>,
}

impl Session {
    /// A session of an agent that has introduced itself.
    pub(super) fn new(
        id: u64,
        grant: Grant<Event>,
        user: &str,
        hello: &Hello,
        sender: Sender,
    ) -> Self {
        let requested = hello.subscriptions.clone();
        let (user, address) = (user.to_owned(), hello.address);
        let session = Self { id, grant, user, address, requested, sender, state: Mutex::default() };
        let subscriptions = session.subscriptions_with(None);
        session.replace_subscriptions(subscriptions);
        session
    }

    /// A number that no other session of this server has.
    pub(super) fn id(&self) -> u64 {
        self.id
    }

    /// The permission to create events for the agent.
    pub(super) fn grant(&self) -> &Grant<Event> {
        &self.grant
    }

    /// The namespace.
    pub(crate) fn namespace(&self) -> &str {
        self.grant.namespace()
    }

    /// The name of the agent and of its entity.
    pub(crate) fn agent(&self) -> &str {
        self.grant.name()
    }

    /// The user that the agent has authenticated as.
    pub(super) fn user(&self) -> &str {
        &self.user
    }

    /// The address of the agent.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The encoding of messages.
    pub(super) fn encoding(&self) -> Encoding {
        self.sender.encoding()
    }

    /// The version of the agent. Empty if it is unknown.
    pub(super) fn version(&self) -> String {
        self.with_state(|state| state.version.clone())
    }

    /// The subscriptions.
    pub(super) fn subscriptions(&self) -> BTreeSet<String> {
        self.with_state(|state| state.subscriptions.clone())
    }

    /// Replaces the subscriptions, and returns the previous ones.
    pub(super) fn replace_subscriptions(&self, next: BTreeSet<String>) -> BTreeSet<String> {
        self.with_state(|state| std::mem::replace(&mut state.subscriptions, next))
    }

    /// The subscriptions, given the stored entity: those of the entity if the server configures the agent, otherwise
    /// also those of the agent.
    pub(super) fn subscriptions_with(&self, entity: Option<&Entity>) -> BTreeSet<String> {
        let own = own_subscription(self.agent());
        let stored = entity.map(|entity| entity.subscriptions.iter()).into_iter().flatten();
        let requested = match entity.is_some_and(is_configured_by_server) {
            true => [].iter(),
            false => self.requested.iter(),
        };
        stored.chain(requested).filter(|name| !name.is_empty()).cloned().chain([own]).collect()
    }

    /// Records what a keepalive has stored.
    pub(super) fn set_entity(&self, entity: &Entity, revision: Option<Revision>) {
        self.with_state(|state| {
            state.version.clone_from(&entity.sensu_agent_version);
            state.is_configured_by_server = is_configured_by_server(entity);
            state.revision = revision;
        });
    }

    /// Whether the agent uses the configuration that the server sends.
    pub(super) fn is_configured_by_server(&self) -> bool {
        self.with_state(|state| state.is_configured_by_server)
    }

    /// Whether a transaction is that of the last keepalive.
    pub(super) fn has_written(&self, revision: Revision) -> bool {
        self.with_state(|state| state.revision == Some(revision))
    }

    /// Sends a message. If the agent does not read, it is dropped and counted.
    pub(crate) fn send(&self, message: &Arc<Message>) {
        if let Err(error) = self.sender.try_send(Arc::clone(message)) {
            tracing::debug!(namespace = self.namespace(), agent = self.agent(), "{error}");
        }
    }

    /// Sends the configuration of the entity, unless the agent has it. Without entity, the agent uses its own.
    pub(super) fn send_config(&self, entity: Option<&Entity>) {
        let config = match entity {
            Some(entity) => {
                let mut config = EntityConfig::from(entity.clone());
                config.metadata.labels.remove(MANAGED_BY);
                config
            }
            None => EntityConfig::not_found(self.namespace()),
        };
        let is_new = self.with_state(|state| {
            let is_new = state.sent.as_ref() != Some(&config);
            state.sent = Some(config.clone());
            is_new
        });
        if is_new {
            self.send(&Arc::new(Message::entity_config(config)));
        }
    }

    /// Closes the session with a code and a reason.
    pub(super) fn close(&self, (code, reason): (u16, &str)) {
        self.sender.close(code, reason);
    }

    fn with_state<T>(&self, use_state: impl FnOnce(&mut State) -> T) -> T {
        use_state(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
