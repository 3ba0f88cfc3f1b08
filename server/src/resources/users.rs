//! Users: passwords, groups, and disabling instead of deletion.

use sensu_store::{CommitError, Precondition, Txn};
use sensu_types::Resource as _;
use sensu_types::user::User;

use crate::auth::{self, Account};
use crate::error::Error;
use crate::keyspace;
use crate::resources::grant::Grant;
use crate::resources::preconditions::Conditions;
use crate::resources::store::{Rendered, invalid_name, write_conflict};

/// Attempts to write a user that concurrent writes change.
const ATTEMPTS: usize = 8;

const NO_PASSWORD: &str = "password can't be empty";

/// Creates a user.
///
/// # Errors
/// [`Error::Exists`]; [`Error::Invalid`].
pub(crate) async fn create(grant: &Grant<User>, user: User) -> Result<Rendered, Error> {
    let exists = || Error::object_exists::<User>("", &user.username);
    let account = auth::account(grant.store(), &user.username).await?;
    if account.is_some() {
        return Err(exists());
    }
    user.validate()?;
    let hash =
        hash_of(grant, &user).await?.ok_or_else(|| Error::invalid(NO_PASSWORD).at("/password"))?;
    replace(grant, &user, Some(&hash), None).await?.ok_or_else(exists)
}

/// Creates or replaces a user. An existing user keeps its password if the body has none (D21).
///
/// # Errors
/// [`Error::Invalid`], also for a new user without a password; [`Error::PreconditionFailed`];
/// [`Error::Unavailable`] after too many write conflicts.
pub(crate) async fn put(
    grant: &Grant<User>,
    mut user: User,
    conditions: &Conditions,
) -> Result<Rendered, Error> {
    user.fill_identity("", grant.name());
    user.validate()?;
    if user.username != grant.name() {
        let (body, url) = (&user.username, grant.name());
        let message =
            format!("the username is {body:?} in the body and {url:?} in the URL; they must agree");
        return Err(Error::invalid(message).at("/username"));
    }
    let hash = hash_of(grant, &user).await?;
    for _ in 0..ATTEMPTS {
        let account = auth::account(grant.store(), &user.username).await?;
        conditions.check(account.as_ref().map(|account| account.revision))?;
        if account.is_none() && hash.is_none() {
            return Err(Error::invalid(NO_PASSWORD).at("/password"));
        }
        if let Some(written) = replace(grant, &user, hash.as_deref(), account.as_ref()).await? {
            return Ok(written);
        }
    }
    Err(write_conflict())
}

/// A user that was imported.
pub(crate) struct ImportedUser {
    /// The user as it is stored.
    pub(crate) rendered: Rendered,
    /// Whether the user has a password, of the import or its own.
    pub(crate) has_password: bool,
}

/// Creates or replaces an imported user. Without a password in the body, an existing user keeps its
/// password and stays disabled if it is; a new user has no password and is disabled.
///
/// # Errors
/// As [`put`].
pub(crate) async fn import(grant: &Grant<User>, mut user: User) -> Result<ImportedUser, Error> {
    let mut has_password = true;
    if user.password.is_empty() && user.password_hash.is_empty() {
        let account = auth::account(grant.store(), &user.username).await?;
        has_password = account.as_ref().is_some_and(Account::has_password);
        user.disabled |= !has_password || account.as_ref().is_some_and(|a| a.user.disabled);
        if account.is_none() {
            user.password_hash = auth::NO_PASSWORD.into();
        }
    }
    let rendered = put(grant, user, &Conditions::default()).await?;
    Ok(ImportedUser { rendered, has_password })
}

/// All users.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn all(grant: &Grant<User>) -> Result<Vec<User>, Error> {
    let prefix = keyspace::whole_collection(User::PLURAL)?;
    keyspace::all(grant.store(), &prefix).await
}

/// Changes the user's password and ends its sessions, except one that changes its own password (D15).
///
/// # Errors
/// [`Error::Invalid`]; [`Error::NotFound`]; [`Error::Unavailable`] after too many write conflicts.
pub(crate) async fn set_password(grant: &Grant<User>, password: &str) -> Result<Rendered, Error> {
    sensu_types::user::validate_password(password)?;
    let hash = auth::hash(grant.cx(), password.to_owned()).await?;
    set_hash(grant, &hash).await
}

/// Changes the user's bcrypt hash and ends its sessions, except one that changes its own password (D15).
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Unavailable`] after too many write conflicts.
pub(crate) async fn set_hash(grant: &Grant<User>, hash: &str) -> Result<Rendered, Error> {
    change(grant, Some(hash), true, |_| {}).await
}

/// Disables or reinstates the user. Both end its sessions (D15).
///
/// # Errors
/// As [`set_hash`].
pub(crate) async fn set_disabled(grant: &Grant<User>, disabled: bool) -> Result<Rendered, Error> {
    change(grant, None, true, |user| user.disabled = disabled).await
}

/// Changes the user's groups. Takes effect with the next request (D15).
///
/// # Errors
/// As [`set_hash`].
pub(crate) async fn set_groups(
    grant: &Grant<User>,
    change_groups: impl Fn(&mut Vec<String>),
) -> Result<Rendered, Error> {
    change(grant, None, false, |user| change_groups(&mut user.groups)).await
}

/// The hash of the body, or of its password. `None` if it has neither.
async fn hash_of(grant: &Grant<User>, user: &User) -> Result<Option<String>, Error> {
    if !user.password_hash.is_empty() {
        return Ok(Some(user.password_hash.clone()));
    }
    if user.password.is_empty() {
        return Ok(None);
    }
    Ok(Some(auth::hash(grant.cx(), user.password.clone()).await?))
}

async fn change(
    grant: &Grant<User>,
    hash: Option<&str>,
    end_sessions: bool,
    change: impl Fn(&mut User),
) -> Result<Rendered, Error> {
    for _ in 0..ATTEMPTS {
        let account =
            auth::account(grant.store(), grant.name()).await?.ok_or_else(|| grant.not_found())?;
        let mut user = account.user.clone();
        change(&mut user);
        let written = commit(grant, &user, hash, Some(&account), end_sessions).await?;
        if let Some(written) = written {
            return Ok(written);
        }
    }
    Err(write_conflict())
}

async fn replace(
    grant: &Grant<User>,
    user: &User,
    hash: Option<&str>,
    before: Option<&Account>,
) -> Result<Option<Rendered>, Error> {
    let end_sessions = hash.is_some() || before.is_some_and(|b| b.user.disabled != user.disabled);
    commit(grant, user, hash, before, end_sessions).await
}

/// Writes user and hash. `None` if the user, or the session that is kept, has changed since it was read.
async fn commit(
    grant: &Grant<User>,
    user: &User,
    hash: Option<&str>,
    before: Option<&Account>,
    end_sessions: bool,
) -> Result<Option<Rendered>, Error> {
    let key = keyspace::key::<User>("", &user.username).ok_or_else(invalid_name)?;
    let (mut operations, body) = auth::put_account(user, hash)?;
    if let Some(hash) = hash {
        grant.cx().auth.largest_cost.add(hash);
    }
    let mut preconditions = vec![match before {
        Some(account) => Precondition::At(key, account.revision),
        None => Precondition::Absent(key),
    }];
    let is_password_only = before.is_some_and(|before| before.user.disabled == user.disabled);
    match grant.own_session().filter(|_| is_password_only) {
        _ if !end_sessions => {}
        None => operations.push(auth::end_all_sessions(&user.username)?),
        Some(kept) => {
            let (unchanged, ends) =
                auth::end_other_sessions(grant.store(), &user.username, kept).await?;
            preconditions.extend(unchanged);
            operations.extend(ends);
        }
    }
    match grant.commit(Txn { preconditions, operations }).await {
        Ok(revision) => Ok(Some(Rendered { body, revision })),
        Err(CommitError::Precondition(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
