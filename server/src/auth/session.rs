//! Sessions: what a log-in starts, a refresh renews, and a log-out, a new password or disabling
//! ends (D14, D15).
//!
//! A session is one record under (user, session id). It names the one access token and the one
//! refresh token that are good now; a token that it does not name is dead, however well it is
//! signed. Ending a session removes the record, so it acts on the very next request.

use std::fmt::Write as _;

use bytes::Bytes;
use sensu_store::{CommitError, Key, Operation, Precondition, Txn};
use sensu_types::tokens::Tokens;
use sensu_types::user::User;
use serde::{Deserialize, Serialize};

use super::jwt::{Claims, Use};
use super::{Account, account};
use crate::error::Error;
use crate::keyspace;
use crate::runtime::context::Context;

/// The group that every user belongs to.
const EVERYBODY: &str = "system:users";

/// The ids of the tokens that are good now.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Session {
    pub(super) access: String,
    pub(super) refresh: String,
}

/// Starts a session for an account whose password has been verified.
pub(crate) async fn log_in(cx: &Context, account: &Account) -> Result<Tokens, Error> {
    let id = random_hex();
    issue(cx, account, &id, None).await
}

/// Renews a session: new tokens, groups read afresh, the old tokens dead.
///
/// `access` may have expired or have been replaced; its signature must be good.
pub(crate) async fn refresh(cx: &Context, access: &str, refresh: &str) -> Result<Tokens, Error> {
    let claims = pair(cx, access, refresh)?;
    if claims.exp <= cx.clock.now() {
        return Err(Error::Unauthenticated("the refresh token has expired".into()));
    }
    let key = key(&claims.sub, claims.session())?;
    let Some(entry) = cx.store.get(&key).await? else {
        return Err(ended());
    };
    let session: Session = serde_json::from_slice(&entry.value)
        .map_err(|error| Error::Internal(format!("stored session: {error}")))?;
    if session.refresh != claims.jti {
        // Somebody holds a refresh token that has been used: it was copied. Nobody can tell which
        // of the two holders is the thief, so the session ends for both (D14).
        tracing::warn!(user = claims.sub, "a used refresh token came back; ending the session");
        cx.store.commit(Txn { operations: vec![Operation::Delete(key)], ..Txn::default() }).await?;
        return Err(ended());
    }
    // Not a disabled one: disabling takes the sessions away in the same transaction, and a session
    // that has been taken away since it was read is not written.
    let account = account(cx.store.as_ref(), &claims.sub).await?.ok_or_else(ended)?;
    issue(cx, &account, claims.session(), Some(entry.revision)).await
}

/// Ends the session that the tokens belong to. Ending it twice is fine.
pub(crate) async fn log_out(cx: &Context, access: &str, refresh: &str) -> Result<(), Error> {
    let claims = pair(cx, access, refresh)?;
    let operations = vec![Operation::Delete(key(&claims.sub, claims.session())?)];
    cx.store.commit(Txn { operations, ..Txn::default() }).await?;
    Ok(())
}

/// The operation that ends all sessions of a user.
pub(crate) fn end_all(user: &str) -> Result<Operation, Error> {
    let prefix = keyspace::sessions_of(user);
    let prefix = prefix.ok_or_else(|| Error::Internal(format!("no key for the user {user:?}")))?;
    Ok(Operation::DeletePrefix(prefix))
}

pub(super) fn key(user: &str, session: &str) -> Result<Key, Error> {
    keyspace::session(user, session).ok_or_else(ended)
}

/// The groups of a user, with the one that everybody is in.
pub(super) fn groups_of(user: &User) -> Vec<String> {
    user.groups.iter().cloned().chain([EVERYBODY.to_owned()]).collect()
}

/// The refresh token's claims, if both tokens are ours and belong to one session.
fn pair(cx: &Context, access: &str, refresh: &str) -> Result<Claims, Error> {
    let bad = |_| Error::Unauthenticated("invalid credentials".into());
    let access = cx.signer.verify(Use::Access, access).map_err(bad)?;
    let refresh = cx.signer.verify(Use::Refresh, refresh).map_err(bad)?;
    if access.sub != refresh.sub || access.session() != refresh.session() {
        return Err(Error::Unauthenticated("the tokens belong to different sessions".into()));
    }
    Ok(refresh)
}

fn ended() -> Error {
    Error::Unauthenticated("the session has ended; log in again".into())
}

/// Signs a pair of tokens and writes the session that makes them good: a new one, or the one that
/// was read at `revision`.
async fn issue(
    cx: &Context,
    account: &Account,
    id: &str,
    revision: Option<u64>,
) -> Result<Tokens, Error> {
    let (user, now) = (&account.user, cx.clock.now());
    let groups = groups_of(user);
    let claims = |life: std::time::Duration| Claims {
        exp: now.saturating_add_unsigned(life.as_secs()),
        jti: format!("{id}{}", random_hex()),
        sub: user.username.clone(),
        groups: groups.clone(),
    };
    let access = claims(cx.limits.access_token);
    let refresh = claims(cx.limits.refresh_token);
    let session = Session { access: access.jti.clone(), refresh: refresh.jti.clone() };
    let value = serde_json::to_vec(&session).map_err(|error| Error::Internal(error.to_string()))?;
    let key = key(&user.username, id)?;
    let user_key = keyspace::key::<User>("", &user.username).ok_or_else(ended)?;
    let txn = Txn {
        preconditions: vec![
            match revision {
                Some(revision) => Precondition::At(key.clone(), revision),
                None => Precondition::Absent(key.clone()),
            },
            // A user that was disabled, or given a new password, since it was read gets no session.
            Precondition::At(user_key, account.revision),
        ],
        operations: vec![Operation::Put {
            key,
            value: Bytes::from(value),
            flags: 0,
            expires_at: Some(refresh.exp),
        }],
    };
    match cx.store.commit(txn).await {
        Ok(_) => {}
        // Somebody else renewed or ended the session in between.
        Err(CommitError::Precondition(failed)) if failed.collection() == keyspace::SESSIONS => {
            return Err(ended());
        }
        Err(CommitError::Precondition(_)) => {
            let why = "the user was changed at the same moment; try again";
            return Err(Error::Unavailable(why.into()));
        }
        Err(error) => return Err(error.into()),
    }
    Ok(Tokens {
        access_token: cx.signer.sign(Use::Access, &access)?,
        expires_at: access.exp,
        refresh_token: cx.signer.sign(Use::Refresh, &refresh)?,
    })
}

/// 16 hex digits nobody can guess.
fn random_hex() -> String {
    let mut text = String::with_capacity(16);
    for byte in rand::random::<[u8; 8]>() {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
