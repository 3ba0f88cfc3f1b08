//! Accounts: the user as the API shows it, and the hash of its password in a collection that no
//! operation reads.

use bytes::Bytes;
use sensu_store::{CommitError, Operation, Precondition, Revision, Store, Txn};
use sensu_types::user::User;

use crate::error::Error;
use crate::keyspace;

/// A user and the hash of its password.
pub(crate) struct Account {
    /// The user as the API shows it.
    pub(crate) user: User,
    /// bcrypt hash of the password.
    pub(crate) hash: String,
    /// The transaction that last wrote the user or its password.
    pub(crate) revision: Revision,
}

/// Stored in place of a hash for users without a password. No password with this hash is known, and bcrypt
/// compares it as any other, so that a failed log-in takes the same time (D17).
pub(crate) const NO_PASSWORD: &str = "$2b$04$.....................................................";

impl Account {
    /// Whether there is a password. A user that was imported without one has none.
    pub(crate) fn has_password(&self) -> bool {
        self.hash != NO_PASSWORD
    }
}

/// The account of a user, if there is one.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn account(store: &dyn Store, name: &str) -> Result<Option<Account>, Error> {
    let (Some(user), Some(hash)) = (keyspace::key::<User>("", name), keyspace::password(name))
    else {
        return Ok(None);
    };
    let (Some(user), Some(hash)) = (store.get(&user).await?, store.get(&hash).await?) else {
        return Ok(None);
    };
    let revision = user.revision;
    let user = serde_json::from_slice(&user.value)
        .map_err(|error| Error::Internal(format!("stored user {name}: {error}")))?;
    Ok(Some(Account { user, hash: String::from_utf8_lossy(&hash.value).into_owned(), revision }))
}

/// Replaces the hash of a password by another one of the same password, unless the user has changed. Does not
/// change the revision of the user: sessions continue. Failures are logged: the stored hash stays valid.
pub(super) async fn replace_hash(store: &dyn Store, account: &Account, hash: &str) {
    let name = account.user.username.as_str();
    let (Some(user), Some(key)) = (keyspace::key::<User>("", name), keyspace::password(name))
    else {
        return;
    };
    let value = Bytes::copy_from_slice(hash.as_bytes());
    let txn = Txn {
        preconditions: vec![Precondition::At(user, account.revision)],
        operations: vec![Operation::Put { key, value, flags: 0, expires_at: None }],
    };
    match store.commit(txn).await {
        Ok(_) | Err(CommitError::Precondition(_)) => {}
        Err(error) => tracing::warn!(name, %error, "the hash of a password was not replaced"),
    }
}

/// The operations that write a user, and its password hash if there is a new one. Also returns the user
/// as the API shows it, JSON.
///
/// # Errors
/// [`Error::Internal`] if the user name cannot be part of a key.
pub(crate) fn put_account(
    user: &User,
    hash: Option<&str>,
) -> Result<(Vec<Operation>, Bytes), Error> {
    let name = user.username.as_str();
    let no_key = || Error::Internal(format!("no key for the user {name:?}"));
    let json = serde_json::to_vec(user).map_err(|error| Error::Internal(error.to_string()))?;
    let json = Bytes::from(json);
    // A new password also writes the user, so that the user's revision changes with it.
    let put = |key, value| Operation::Put { key, value, flags: 0, expires_at: None };
    let mut operations =
        vec![put(keyspace::key::<User>("", name).ok_or_else(no_key)?, json.clone())];
    if let Some(hash) = hash {
        let key = keyspace::password(name).ok_or_else(no_key)?;
        operations.push(put(key, Bytes::copy_from_slice(hash.as_bytes())));
    }
    Ok((operations, json))
}
