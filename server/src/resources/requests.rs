//! What check requests are built from: checks, hooks, assets, entities, requests of users, and whose turn it is.

use std::collections::HashMap;
use std::sync::Arc;

use sensu_store::{CommitError, Entry, Key, Operation, Precondition, Prefix, Txn};
use sensu_types::Resource;
use sensu_types::adhoc::AdhocRequest;
use sensu_types::asset::Asset;
use sensu_types::check::CheckConfig;
use sensu_types::entity::Entity;
use sensu_types::hook::HookConfig;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::keyspace::{self, Snapshots, View, encode, parse};
use crate::limits::cooperative::YieldBudget;
use crate::resources::scan::Pages;
use crate::runtime::context::Context;

/// Attempts to write whose turn it is while other servers do the same.
const ATTEMPTS: usize = 16;

/// Hooks and assets by namespace, cached until one of them is written.
#[derive(Default)]
pub(crate) struct RequestCache(Snapshots<Attachments>);

/// The hooks and assets of a namespace.
#[derive(Default)]
pub(crate) struct Attachments {
    /// Hooks by name.
    pub(crate) hooks: HashMap<String, Arc<HookConfig>>,
    /// Assets by name.
    pub(crate) assets: HashMap<String, Arc<Asset>>,
}

/// A hook or an asset.
pub(crate) enum Attachment {
    Hook(Arc<HookConfig>),
    Asset(Arc<Asset>),
}

impl View for Attachments {
    type Item = Attachment;
    const COLLECTIONS: &'static [&'static str] = &[HookConfig::PLURAL, Asset::PLURAL];

    fn prefix(collection: &'static str, namespace: &str) -> Option<Prefix> {
        keyspace::in_namespace(collection, namespace)
    }

    fn decode(entry: &Entry) -> Result<Attachment, Error> {
        Ok(match entry.key.collection() {
            HookConfig::PLURAL => Attachment::Hook(Arc::new(parse(entry)?)),
            _ => Attachment::Asset(Arc::new(parse(entry)?)),
        })
    }

    async fn build(objects: Vec<Arc<Attachment>>) -> Self {
        let mut all = Self::default();
        for object in objects {
            match object.as_ref() {
                Attachment::Hook(hook) => {
                    all.hooks.insert(hook.name().to_owned(), Arc::clone(hook));
                }
                Attachment::Asset(asset) => {
                    all.assets.insert(asset.name().to_owned(), Arc::clone(asset));
                }
            }
        }
        all
    }
}

/// The hooks and assets of a namespace.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn attachments(cx: &Context, namespace: &str) -> Result<Arc<Attachments>, Error> {
    let resources = &cx.resources;
    let revision = Snapshots::<Attachments>::revision(resources.store.as_ref()).await?;
    resources.requests.0.at(revision, &resources.store, namespace).await
}

/// An object that the server itself needs. `None` if there is none.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn object<T: Resource>(
    cx: &Context,
    namespace: &str,
    name: &str,
) -> Result<Option<T>, Error> {
    let Some(key) = keyspace::key::<T>(namespace, name) else { return Ok(None) };
    cx.resources.store.get(&key).await?.as_ref().map(parse).transpose()
}

/// All checks of all namespaces.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn checks(cx: &Context) -> Result<Vec<CheckConfig>, Error> {
    let prefix = keyspace::whole_collection(CheckConfig::PLURAL)?;
    keyspace::all(cx.resources.store.as_ref(), &prefix).await
}

/// The entities of a namespace in the order of their names, in pages.
pub(crate) struct Entities {
    /// `None` for a namespace that cannot exist.
    pages: Option<Pages>,
}

impl Entities {
    /// The entities of a namespace.
    pub(crate) fn of_namespace(namespace: &str) -> Self {
        Self { pages: keyspace::list_prefix::<Entity>(namespace, "").map(Pages::new) }
    }

    /// The next page. `None` at the end.
    ///
    /// # Errors
    /// [`Error`] if the store fails.
    pub(crate) async fn next(&mut self, cx: &Context) -> Result<Option<Vec<Entity>>, Error> {
        let Some(pages) = &mut self.pages else { return Ok(None) };
        let Some(entries) = pages.next(cx.resources.store.as_ref()).await? else {
            return Ok(None);
        };
        let (mut entities, mut budget) = (Vec::new(), YieldBudget::default());
        for entry in &entries {
            budget.spend(entry.value.len()).await;
            entities.push(parse(entry)?);
        }
        Ok(Some(entities))
    }
}

/// Requests to execute checks that no server has taken yet, oldest first in each check.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn adhoc_requests(cx: &Context) -> Result<Vec<Key>, Error> {
    let mut pages = Pages::new(keyspace::whole_collection(keyspace::ADHOC)?);
    let mut keys = Vec::new();
    while let Some(entries) = pages.next(cx.resources.store.as_ref()).await? {
        keys.extend(entries.into_iter().map(|entry| entry.key));
    }
    Ok(keys)
}

/// Takes a request to execute a check: its check, and the request. Removes it, unless other servers use the same
/// store: their agents need it, too, and it expires. `None` if it is gone.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn take_adhoc_request(
    cx: &Context,
    key: &Key,
) -> Result<Option<(CheckConfig, AdhocRequest)>, Error> {
    let store = cx.resources.store.as_ref();
    let Some(entry) = store.get(key).await? else { return Ok(None) };
    let request: AdhocRequest = serde_json::from_slice(&entry.value)
        .map_err(|error| Error::Internal(format!("stored {key:?}: {error}")))?;
    let namespace = key.segments().nth(1).unwrap_or_default();
    let check = object::<CheckConfig>(cx, namespace, &request.check).await?;
    if !store.is_shared() {
        let preconditions = vec![Precondition::At(key.clone(), entry.revision)];
        let operations = vec![Operation::Delete(key.clone())];
        match store.commit(Txn { preconditions, operations }).await {
            Ok(_) => {}
            // It was taken already.
            Err(CommitError::Precondition(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(check.map(|check| (check, request)))
}

/// Which agent executes each request of a run of a round-robin check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Turn {
    /// Scheduled time of the run, in milliseconds since 1970-01-01 UTC.
    pub(crate) run: i64,
    /// Agent and proxy entity of each request. The entity is empty for the agent's own.
    pub(crate) assignments: Vec<(String, String)>,
}

/// The last turn of a round-robin check.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn last_turn(cx: &Context, check: &CheckConfig) -> Result<Option<Turn>, Error> {
    let Some(key) = keyspace::turn(check.namespace(), check.name()) else { return Ok(None) };
    let stored = cx.resources.store.get(&key).await?;
    Ok(stored.and_then(|entry| serde_json::from_slice(&entry.value).ok()))
}

/// The turn of a run, which one server decides and all others read. `assign` distributes the requests, given the agent
/// of the last one. `None` if another run was later, or there are no agents.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn turn(
    cx: &Context,
    check: &CheckConfig,
    run: i64,
    assign: impl Fn(Option<&str>) -> Vec<(String, String)>,
) -> Result<Option<Turn>, Error> {
    let store = cx.resources.store.as_ref();
    let Some(key) = keyspace::turn(check.namespace(), check.name()) else { return Ok(None) };
    for _ in 0..ATTEMPTS {
        let stored = store.get(&key).await?;
        // A turn that cannot be read is replaced.
        let last: Option<Turn> =
            stored.as_ref().and_then(|entry| serde_json::from_slice(&entry.value).ok());
        match last {
            Some(last) if last.run == run => return Ok(Some(last)),
            Some(last) if last.run > run && last.run <= cx.clock.now_millis() => return Ok(None),
            _ => {}
        }
        let used = last.as_ref().and_then(|last| last.assignments.last());
        let turn = Turn { run, assignments: assign(used.map(|(agent, _)| agent.as_str())) };
        if turn.assignments.is_empty() {
            return Ok(None);
        }
        let precondition = match &stored {
            Some(entry) => Precondition::At(key.clone(), entry.revision),
            None => Precondition::Absent(key.clone()),
        };
        let value = encode(&turn)?.into();
        let put = Operation::Put { key: key.clone(), value, flags: 0, expires_at: None };
        let check = keyspace::key::<CheckConfig>(check.namespace(), check.name());
        let mut preconditions = vec![precondition];
        preconditions.extend(check.map(Precondition::Present));
        match store.commit(Txn { preconditions, operations: vec![put] }).await {
            Ok(_) => return Ok(Some(turn)),
            Err(CommitError::Precondition(Precondition::Present(_))) => return Ok(None),
            Err(CommitError::Precondition(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}
