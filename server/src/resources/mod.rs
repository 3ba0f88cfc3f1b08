//! What operations do, without HTTP: complete, validate, compare and write objects.
//!
//! Every function takes a [`grant::Grant`], or a [`Caller`](crate::auth::Caller) that it authorizes
//! itself. The exceptions are the background work in [`events`] and the identity of the cluster, which
//! belong to no caller.

pub(crate) mod api_keys;
mod attached;
pub(crate) mod checks;
pub(crate) mod cluster;
pub(crate) mod connected;
pub(crate) mod definitions;
pub(crate) mod events;
pub(crate) mod feed;
pub(crate) mod grant;
pub(crate) mod namespaces;
pub(crate) mod outbox;
pub(crate) mod page;
pub(crate) mod patch;
pub(crate) mod preconditions;
pub(crate) mod redaction;
pub(crate) mod requests;
pub(crate) mod rules;
mod scan;
pub(crate) mod silenced;
pub(crate) mod store;
pub(crate) mod users;
mod validation;
pub(crate) mod write_options;

use std::sync::Arc;

use sensu_store::Store;
use tokio::sync::{Notify, Semaphore};

use crate::error::Error;
use definitions::Definitions;

/// Number of scans that hold entries in memory at the same time. Further ones wait in turn: each holds up
/// to the size of a response, and a scan is short.
const SCANS: usize = 16;

/// The state of this layer. Its fields are private: code outside `resources` reaches the store only
/// through a grant.
pub(crate) struct Resources {
    store: Arc<dyn Store>,
    silences: events::SilencedCache,
    redaction: redaction::Redaction,
    /// What processes events.
    definitions: definitions::DefinitionCache,
    /// What check requests contain.
    requests: requests::RequestCache,
    /// Notified when a user asks for the execution of a check.
    pub(crate) execution_requested: Notify,
    /// Work for handlers.
    pub(crate) outbox: Arc<outbox::Outbox>,
    /// One permit for each scan that may run now.
    scans: Semaphore,
}

impl Resources {
    /// The keys that events hide because of their entity.
    pub(crate) fn redaction(&self) -> &redaction::Redaction {
        &self.redaction
    }

    /// What processes the events of a namespace.
    ///
    /// # Errors
    /// [`Error`] if the store fails.
    pub(crate) async fn definitions_of(&self, namespace: &str) -> Result<Arc<Definitions>, Error> {
        self.definitions.of_namespace(&self.store, namespace).await
    }

    /// Whether other servers use the same store.
    pub(crate) fn is_store_shared(&self) -> bool {
        self.store.is_shared()
    }

    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        let (silences, redaction, definitions, requests, outbox) = Default::default();
        let scans = Semaphore::new(SCANS);
        let execution_requested = Notify::new();
        Self {
            store,
            silences,
            redaction,
            definitions,
            requests,
            execution_requested,
            outbox,
            scans,
        }
    }
}
