//! Agents that connect to the server: their sessions, what they report, and what changes of entities, users and
//! namespaces mean for them (D48).

mod changes;
mod listener;
mod registry;
mod service;
mod session;
mod settings;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use sensu_agents::Counters;
use sensu_engine::schedule::Issued;

pub(crate) use changes::{
    all_changed, connection_changed, entity_changed, namespace_changed, user_changed,
};
pub(crate) use listener::Listener;
use service::Service;
pub(crate) use session::Session;
pub use settings::Settings;

use crate::error::Error;
use crate::limits::log_limit::LogLimit;
use crate::metrics::Metrics;
use crate::resources::connected;
use crate::runtime::context::Context;
use registry::Registry;

/// Close code and reason: another agent has connected with the same name.
const REPLACED: (u16, &str) = (4000, "another agent has connected with the same name");
/// Close code and reason: the entity of the agent was deleted.
const DELETED: (u16, &str) = (4001, "the entity was deleted");
/// Close code and reason: the user of the agent was changed, for example its password.
const USER_CHANGED: (u16, &str) = (1008, "the user was changed; connect again");
/// Close code and reason: roles do not allow the session any more.
const FORBIDDEN: (u16, &str) = (1008, "roles do not allow it any more to create events");
/// Close code and reason: the namespace of the agent was deleted.
const NO_NAMESPACE: (u16, &str) = (1008, "the namespace was deleted");

/// The agents of this server.
#[derive(Default)]
pub(crate) struct Agents {
    registry: Registry,
    /// The last `issued` of check requests.
    issued: Mutex<Issued>,
    /// What the transport counts. Set once at start.
    counters: OnceLock<Arc<Counters>>,
    /// The address that agents connect to. Set once at start, unless agents are disabled.
    address: OnceLock<SocketAddr>,
    /// Log of connections that were rejected.
    refused: Mutex<LogLimit>,
    /// Log of connections that newer ones of the same agent have replaced.
    replaced: Mutex<LogLimit>,
    /// Log of messages that were rejected.
    rejected: Mutex<LogLimit>,
}

impl Agents {
    /// The sessions with at least one of the subscriptions, each once.
    pub(crate) fn subscribed(
        &self,
        namespace: &str,
        subscriptions: &[String],
    ) -> Vec<Arc<Session>> {
        self.registry.subscribed(namespace, subscriptions)
    }

    /// The session of an agent.
    pub(crate) fn get(&self, namespace: &str, agent: &str) -> Option<Arc<Session>> {
        self.registry.get(namespace, agent)
    }

    /// `issued` of the next request for a check and proxy entity: strictly increasing, also if the clock is set back.
    pub(crate) fn next_issued(&self, namespace: &str, check: &str, entity: &str, now: i64) -> i64 {
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        issued.next(namespace, check, entity, now)
    }

    /// Removes what belongs to a check that was deleted.
    pub(crate) fn forget_check(&self, namespace: &str, check: &str) {
        self.issued.lock().unwrap_or_else(PoisonError::into_inner).remove(namespace, check);
    }

    /// Sets the metrics.
    pub(crate) fn set_metrics(&self, metrics: &Metrics) {
        let mut sessions = BTreeMap::new();
        for session in self.registry.all() {
            *sessions.entry((session.version(), session.encoding().name())).or_default() += 1;
        }
        metrics.agents.set_sessions(sessions.iter());
        if let Some(counters) = self.counters.get() {
            metrics.agents.set_counters(counters);
        }
    }

    /// The address that agents connect to. `None` if agents are disabled.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.address.get().copied()
    }

    fn set_address(&self, address: SocketAddr) {
        // A context belongs to one server, which has one port for agents.
        let _ = self.address.set(address);
    }

    fn set_counters(&self, counters: Arc<Counters>) {
        // A context belongs to one server, which has one port for agents.
        let _ = self.counters.set(counters);
    }
}

/// Names of the agents with at least one of the subscriptions: of this server, and of those that share the store.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn members(
    cx: &Context,
    namespace: &str,
    subscriptions: &[String],
) -> Result<Vec<String>, Error> {
    if cx.resources.is_store_shared() {
        return connected::members(cx, namespace, subscriptions).await;
    }
    let sessions = cx.agents.subscribed(namespace, subscriptions);
    Ok(sessions.iter().map(|session| session.agent().to_owned()).collect())
}
