//! The public password of `start --dev`, which only servers in development mode accept (D18).
//!
//! `--dev` marks the users that it creates. The mark is permanent: a server without `--dev` rejects the
//! public password for marked users whatever wrote its hash, and any other password lifts the restriction.

use bytes::Bytes;
use sensu_store::{Operation, Store, Txn};

use super::{Account, account, password, session};
use crate::error::Error;
use crate::keyspace;

/// The password of the users of `start --dev`, as in Sensu Go 5.0.0.
pub(crate) const DEV_PASSWORD: &str = "P@ssw0rd!";

/// A user of `--dev`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DevUser {
    /// User name.
    pub(crate) name: &'static str,
    /// The only group.
    pub(crate) group: &'static str,
    /// Name of the mark in the store.
    mark: &'static str,
}

/// The users of `--dev`.
pub(crate) const DEV_USERS: [DevUser; 2] = [
    DevUser { name: "admin", group: "cluster-admins", mark: "dev-admin" },
    DevUser { name: "agent", group: "system:agents", mark: "dev-agent" },
];

impl DevUser {
    /// The operation that marks the user.
    ///
    /// # Errors
    /// [`Error::Internal`] if the mark cannot be part of a key.
    pub(crate) fn mark(self) -> Result<Operation, Error> {
        let (key, value) = (keyspace::seed_marker(self.mark)?, Bytes::from_static(b"1"));
        Ok(Operation::Put { key, value, flags: 0, expires_at: None })
    }

    async fn is_marked(self, store: &dyn Store) -> Result<bool, Error> {
        Ok(store.get(&keyspace::seed_marker(self.mark)?).await?.is_some())
    }
}

/// Whether `--dev` has created the user.
///
/// # Errors
/// [`Error`] if the store fails.
pub(super) async fn is_marked(store: &dyn Store, name: &str) -> Result<bool, Error> {
    match DEV_USERS.into_iter().find(|user| user.name == name) {
        Some(user) => user.is_marked(store).await,
        None => Ok(false),
    }
}

/// Whether `--dev` has created the account and its password is still the public one.
///
/// # Errors
/// [`Error`] if the store fails or the hash is malformed.
pub(crate) async fn has_dev_password(store: &dyn Store, account: &Account) -> Result<bool, Error> {
    if !is_marked(store, &account.user.username).await? {
        return Ok(false);
    }
    password::matches_without_pool(DEV_PASSWORD.to_owned(), account.hash.clone()).await
}

/// Ends the sessions of users with the public password. Returns their names.
///
/// # Errors
/// [`Error`] if the store fails, or does not accept writes and there are such users.
pub(crate) async fn end_dev_sessions(store: &dyn Store) -> Result<Vec<&'static str>, Error> {
    let mut names = Vec::new();
    for user in DEV_USERS {
        if let Some(account) = account(store, user.name).await?
            && !account.user.disabled
            && has_dev_password(store, &account).await?
        {
            names.push(user.name);
        }
    }
    if !names.is_empty() {
        let operations = names.iter().map(|name| session::end_all_sessions(name));
        let operations = operations.collect::<Result<_, _>>()?;
        store.commit(Txn { operations, ..Txn::default() }).await?;
    }
    Ok(names)
}
