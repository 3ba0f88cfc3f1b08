//! The agents that are connected to the servers that share a store (D51). Without other servers, there are no records.

use std::collections::BTreeSet;

use sensu_store::{CommitError, Entry, Operation, Precondition, Txn};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::keyspace::{self, CONNECTED, encode};
use crate::resources::scan::Pages;
use crate::runtime::context::Context;

/// The connection of an agent.
#[derive(Deserialize, Serialize)]
struct Connection {
    /// The server.
    server: String,
    /// The session in that server.
    session: u64,
    subscriptions: BTreeSet<String>,
    /// Whether the server renews a lease, so that others notice its end.
    has_lease: bool,
}

/// Records the connection of an agent in place of an earlier one.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn record(
    cx: &Context,
    namespace: &str,
    agent: &str,
    session: u64,
    subscriptions: &BTreeSet<String>,
) -> Result<(), Error> {
    let store = &cx.resources.store;
    let Some(key) = keyspace::connected(namespace, agent).filter(|_| store.is_shared()) else {
        return Ok(());
    };
    let server = cx.resources.outbox.server().to_owned();
    let (subscriptions, has_lease) = (subscriptions.clone(), cx.limits.pipeline.is_some());
    let connection = Connection { server, session, subscriptions, has_lease };
    let value = encode(&connection)?.into();
    let operations = vec![Operation::Put { key, value, flags: 0, expires_at: None }];
    store.commit(Txn { preconditions: Vec::new(), operations }).await.map_err(Error::from)?;
    Ok(())
}

/// Removes the records of servers for which `has_ended` holds: their agents have to connect to others.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn remove_ended(
    cx: &Context,
    has_ended: impl Fn(&str) -> bool,
) -> Result<(), Error> {
    let store = &cx.resources.store;
    let mut pages = Pages::new(keyspace::whole_collection(CONNECTED)?);
    while let Some(entries) = pages.next(store.as_ref()).await? {
        for entry in entries {
            let connection = serde_json::from_slice::<Connection>(&entry.value).ok();
            if connection.is_some_and(|one| one.has_lease && has_ended(&one.server)) {
                delete(cx, entry).await?;
            }
        }
    }
    Ok(())
}

/// Removes the record of a session, unless a newer one has replaced it.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn remove(
    cx: &Context,
    namespace: &str,
    agent: &str,
    session: u64,
) -> Result<(), Error> {
    let store = &cx.resources.store;
    let Some(key) = keyspace::connected(namespace, agent).filter(|_| store.is_shared()) else {
        return Ok(());
    };
    let Some(entry) = store.get(&key).await? else { return Ok(()) };
    if is_of(cx, &entry.value, session) { delete(cx, entry).await } else { Ok(()) }
}

/// Deletes a record, unless a newer one has replaced it.
async fn delete(cx: &Context, entry: Entry) -> Result<(), Error> {
    let preconditions = vec![Precondition::At(entry.key.clone(), entry.revision)];
    let operations = vec![Operation::Delete(entry.key)];
    match cx.resources.store.commit(Txn { preconditions, operations }).await {
        Ok(_) | Err(CommitError::Precondition(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Whether the agent of a session has connected again, to this or to another server.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn is_elsewhere(
    cx: &Context,
    namespace: &str,
    agent: &str,
    session: u64,
) -> Result<bool, Error> {
    let store = &cx.resources.store;
    let Some(key) = keyspace::connected(namespace, agent).filter(|_| store.is_shared()) else {
        return Ok(false);
    };
    Ok(store.get(&key).await?.is_some_and(|entry| !is_of(cx, &entry.value, session)))
}

/// Names of the connected agents with at least one of the subscriptions.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn members(
    cx: &Context,
    namespace: &str,
    subscriptions: &[String],
) -> Result<Vec<String>, Error> {
    let Some(prefix) = keyspace::in_namespace(CONNECTED, namespace) else { return Ok(Vec::new()) };
    let (mut names, mut pages) = (Vec::new(), Pages::new(prefix));
    while let Some(entries) = pages.next(cx.resources.store.as_ref()).await? {
        for entry in &entries {
            // Records that cannot be read are those of no agent.
            let connection = serde_json::from_slice::<Connection>(&entry.value).ok();
            let is_member = connection.is_some_and(|connection| {
                subscriptions.iter().any(|one| connection.subscriptions.contains(one))
            });
            if is_member {
                names.extend(entry.key.segments().nth(2).map(str::to_owned));
            }
        }
    }
    Ok(names)
}

fn is_of(cx: &Context, value: &[u8], session: u64) -> bool {
    let connection = serde_json::from_slice::<Connection>(value).ok();
    connection.is_some_and(|connection| {
        connection.server == cx.resources.outbox.server() && connection.session == session
    })
}
