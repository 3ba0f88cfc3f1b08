//! Accounts: the user as served, and beside it, in a room that nobody lists, the password's hash.

use bytes::Bytes;
use sensu_store::{Operation, Revision, Store};
use sensu_types::user::User;

use crate::error::Error;
use crate::keyspace;

/// A user with what the log-in needs to know.
pub(crate) struct Account {
    /// The user as served.
    pub(crate) user: User,
    /// The bcrypt hash of the password.
    pub(crate) hash: String,
    /// The transaction that last wrote the user. A new password counts as one.
    pub(crate) revision: Revision,
}

/// The account with this name, if there is one.
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

/// The operations that write a user and, where it is new, the password's hash; and the user as
/// it is shown.
pub(crate) fn accounts_put(
    user: &User,
    hash: Option<&str>,
) -> Result<(Vec<Operation>, Bytes), Error> {
    let name = user.username.as_str();
    let no_key = || Error::Internal(format!("no key for the user {name:?}"));
    let shown = serde_json::to_vec(user).map_err(|error| Error::Internal(error.to_string()))?;
    let shown = Bytes::from(shown);
    let put = |key, value| Operation::Put { key, value, flags: 0, expires_at: None };
    let mut operations =
        vec![put(keyspace::key::<User>("", name).ok_or_else(no_key)?, shown.clone())];
    if let Some(hash) = hash {
        let key = keyspace::password(name).ok_or_else(no_key)?;
        operations.push(put(key, Bytes::copy_from_slice(hash.as_bytes())));
    }
    Ok((operations, shown))
}
