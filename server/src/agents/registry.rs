//! The connected agents: by name, and by subscription.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::session::Session;

/// A namespace, and the name of an agent or a subscription in it.
type Name = (String, String);

/// The sessions of this server.
#[derive(Default)]
pub(super) struct Registry {
    sessions: RwLock<Sessions>,
    next: AtomicU64,
}

#[derive(Default)]
struct Sessions {
    by_agent: HashMap<Name, Arc<Session>>,
    /// Sessions by ID, so that the order in which they get a message does not depend on hashes.
    by_subscription: HashMap<Name, BTreeMap<u64, Arc<Session>>>,
}

impl Registry {
    /// A number that no other session of this server has.
    pub(super) fn next_id(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Adds a session with its subscriptions. Returns the earlier session of the same agent: the newest connection
    /// wins (D48).
    pub(super) fn insert(&self, session: Arc<Session>) -> Option<Arc<Session>> {
        let mut sessions = self.sessions.write().unwrap_or_else(PoisonError::into_inner);
        let name = (session.namespace().to_owned(), session.agent().to_owned());
        let earlier = sessions.by_agent.insert(name, Arc::clone(&session));
        if let Some(earlier) = &earlier {
            sessions.unsubscribe(earlier, earlier.subscriptions().iter());
        }
        sessions.subscribe(&session, session.subscriptions().iter());
        earlier
    }

    /// Removes a session, unless a newer one of the same agent has replaced it.
    pub(super) fn remove(&self, session: &Session) {
        let mut sessions = self.sessions.write().unwrap_or_else(PoisonError::into_inner);
        let name = (session.namespace().to_owned(), session.agent().to_owned());
        if sessions.by_agent.get(&name).is_some_and(|found| found.id() == session.id()) {
            sessions.by_agent.remove(&name);
            sessions.unsubscribe(session, session.subscriptions().iter());
        }
    }

    /// Changes the subscriptions of a session; those that stay are not interrupted.
    pub(super) fn set_subscriptions(&self, session: &Arc<Session>, next: BTreeSet<String>) {
        let mut sessions = self.sessions.write().unwrap_or_else(PoisonError::into_inner);
        let name = (session.namespace().to_owned(), session.agent().to_owned());
        let is_current = sessions.by_agent.get(&name).is_some_and(|one| one.id() == session.id());
        let previous = session.replace_subscriptions(next.clone());
        if is_current {
            sessions.unsubscribe(session, previous.difference(&next));
            sessions.subscribe(session, next.difference(&previous));
        }
    }

    /// The session of an agent.
    pub(super) fn get(&self, namespace: &str, agent: &str) -> Option<Arc<Session>> {
        let sessions = self.sessions.read().unwrap_or_else(PoisonError::into_inner);
        sessions.by_agent.get(&(namespace.to_owned(), agent.to_owned())).cloned()
    }

    /// Number of sessions.
    pub(super) fn len(&self) -> usize {
        self.sessions.read().unwrap_or_else(PoisonError::into_inner).by_agent.len()
    }

    /// All sessions.
    pub(super) fn all(&self) -> Vec<Arc<Session>> {
        let sessions = self.sessions.read().unwrap_or_else(PoisonError::into_inner);
        sessions.by_agent.values().cloned().collect()
    }

    /// The sessions with at least one of the subscriptions, each once.
    pub(super) fn subscribed(
        &self,
        namespace: &str,
        subscriptions: &[String],
    ) -> Vec<Arc<Session>> {
        let sessions = self.sessions.read().unwrap_or_else(PoisonError::into_inner);
        let mut found = BTreeMap::new();
        for subscription in subscriptions {
            let name = (namespace.to_owned(), subscription.clone());
            if let Some(subscribed) = sessions.by_subscription.get(&name) {
                found.extend(subscribed.iter().map(|(id, one)| (*id, Arc::clone(one))));
            }
        }
        found.into_values().collect()
    }
}

impl Sessions {
    fn subscribe<'a>(
        &mut self,
        session: &Arc<Session>,
        subscriptions: impl Iterator<Item = &'a String>,
    ) {
        for subscription in subscriptions {
            let name = (session.namespace().to_owned(), subscription.clone());
            let subscribed = self.by_subscription.entry(name).or_default();
            subscribed.insert(session.id(), Arc::clone(session));
        }
    }

    fn unsubscribe<'a>(
        &mut self,
        session: &Session,
        subscriptions: impl Iterator<Item = &'a String>,
    ) {
        for subscription in subscriptions {
            let name = (session.namespace().to_owned(), subscription.clone());
            if let Some(subscribed) = self.by_subscription.get_mut(&name) {
                subscribed.remove(&session.id());
                if subscribed.is_empty() {
                    self.by_subscription.remove(&name);
                }
            }
        }
    }
}
