//! Follows what is written, by this server or by others that share the store: definitions of checks, entities, users,
//! and requests to execute a check.

use sensu_store::{Change, ChangesError, Key, Revision};
use sensu_types::Resource as _;
use sensu_types::check::CheckConfig;
use sensu_types::entity::Entity;
use sensu_types::namespace::Namespace;
use sensu_types::user::User;

use crate::error::Error;
use crate::keyspace::{ADHOC, CONNECTED};
use crate::runtime::context::Context;

/// Maximum number of changes that are read at once.
const BATCH: usize = 1_000;

/// Position in the changes of the store.
pub(crate) struct Feed {
    after: Revision,
}

/// What has changed.
#[derive(Debug)]
pub(crate) enum Changed {
    /// A check, by namespace and name.
    Check(String, String),
    /// An entity, by namespace and name, and the transaction.
    Entity(String, String, Revision),
    /// A user.
    User(String),
    /// A namespace.
    Namespace(String),
    /// The connection of an agent to one of the servers that share the store, by namespace and name of the agent.
    Connected(String, String),
    /// A request to execute a check.
    AdhocRequest(Key),
    /// Unknown: changes were missed. All objects must be read again.
    All,
}

impl Feed {
    /// Begins with what is written from now on. What the caller reads afterwards is as new or newer.
    pub(crate) async fn start(cx: &Context) -> Self {
        Self { after: cx.store_health().await.revision }
    }

    /// What has changed since the last call.
    ///
    /// # Errors
    /// [`Error`] if the store fails; the next call continues.
    pub(crate) async fn next(&mut self, cx: &Context) -> Result<Vec<Changed>, Error> {
        let mut changed = Vec::new();
        loop {
            let changes = match cx.resources.store.changes(self.after, BATCH).await {
                Ok(changes) => changes,
                Err(ChangesError::TooOld { .. }) => {
                    *self = Self::start(cx).await;
                    return Ok(vec![Changed::All]);
                }
                Err(ChangesError::Store(error)) => return Err(error.into()),
            };
            let Some(last) = changes.last() else { return Ok(changed) };
            self.after = last.revision;
            changed.extend(changes.iter().filter_map(interpret));
        }
    }
}

fn interpret(change: &Change) -> Option<Changed> {
    let mut segments = change.key.segments();
    let collection = segments.next()?;
    let mut segment = || segments.next().map(str::to_owned);
    Some(match collection {
        CheckConfig::PLURAL => Changed::Check(segment()?, segment()?),
        Entity::PLURAL => Changed::Entity(segment()?, segment()?, change.revision),
        User::PLURAL => Changed::User(segment()?),
        Namespace::PLURAL => Changed::Namespace(segment()?),
        CONNECTED => Changed::Connected(segment()?, segment()?),
        ADHOC if !change.deleted => Changed::AdhocRequest(change.key.clone()),
        _ => return None,
    })
}
