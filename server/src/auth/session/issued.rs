//! The sessions that were issued, for the test kit: a reset makes the tokens valid again that a test has ended.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use sensu_store::{Key, Operation};

/// The last state of a session that was issued.
#[derive(Clone, Debug)]
pub(crate) struct IssuedSession {
    key: Key,
    value: Bytes,
    expires_at: i64,
}

impl IssuedSession {
    /// The operation that writes the session.
    pub(crate) fn put(self) -> Operation {
        let Self { key, value, expires_at } = self;
        Operation::Put { key, value, flags: 0, expires_at: Some(expires_at) }
    }

    fn user(&self) -> &str {
        self.key.segments().nth(1).unwrap_or_default()
    }
}

/// The sessions that were issued, by key. `None` outside of the test kit.
#[derive(Debug, Default)]
pub(in crate::auth) struct IssuedSessions(Mutex<Option<HashMap<Key, IssuedSession>>>);

impl IssuedSessions {
    pub(in crate::auth) fn enable(&self) {
        self.lock().get_or_insert_default();
    }

    /// Keeps a session, in place of its earlier state.
    pub(super) fn record(&self, key: &Key, value: &Bytes, expires_at: i64) {
        if let Some(sessions) = self.lock().as_mut() {
            let session = IssuedSession { key: key.clone(), value: value.clone(), expires_at };
            sessions.insert(key.clone(), session);
        }
    }

    /// The sessions that are valid after `now` and belong to these users. The others are dropped.
    pub(in crate::auth) fn current(
        &self,
        now: i64,
        has_user: impl Fn(&str) -> bool,
    ) -> Vec<IssuedSession> {
        let mut sessions = self.lock();
        let Some(sessions) = sessions.as_mut() else { return Vec::new() };
        sessions.retain(|_, session| session.expires_at > now && has_user(session.user()));
        sessions.values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Option<HashMap<Key, IssuedSession>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
