//! Sessions: started by a log-in, renewed by a refresh, ended by a log-out, a new password or disabling the
//! user (D14, D15).
//!
//! A session is one record under (user, session ID). It names the one valid access token and the one valid
//! refresh token; all other tokens of the session are invalid. Ending a session deletes the record, which
//! takes effect with the next request. See decision record 0003.

use std::fmt::Write as _;

use bytes::Bytes;
use sensu_store::{CommitError, Key, Operation, Precondition, Txn};
use sensu_types::tokens::Tokens;
use sensu_types::user::User;
use serde::{Deserialize, Serialize};

use super::groups::groups_of;
use super::jwt::{Claims, Signer, TokenKind};
use super::{Account, account};
use crate::error::Error;
use crate::keyspace;
use crate::runtime::context::Context;

/// The value of a session record: the IDs of the valid tokens.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Session {
    pub(super) access: String,
    pub(super) refresh: String,
}

/// Starts a session for an account with verified credentials.
pub(super) async fn start(cx: &Context, account: &Account) -> Result<Tokens, Error> {
    let id = random_hex();
    issue(cx, account, &id, None).await
}

/// Renews a session: issues new tokens with the current groups, and invalidates the old ones.
///
/// `access` may have expired or have been replaced, but must have a valid signature.
///
/// # Errors
/// [`Error::Unauthenticated`]; [`Error::Unavailable`] if the user is changed concurrently.
pub(crate) async fn refresh(cx: &Context, access: &str, refresh: &str) -> Result<Tokens, Error> {
    let claims = verify_pair(cx, access, refresh).await?;
    if claims.exp <= cx.clock.now() {
        return Err(Error::Unauthenticated("the refresh token has expired".into()));
    }
    let key = key(&claims.sub, claims.session())?;
    let Some(entry) = cx.auth.store.get(&key).await? else {
        return Err(ended());
    };
    let session: Session = serde_json::from_slice(&entry.value)
        .map_err(|error| Error::Internal(format!("stored session: {error}")))?;
    if session.refresh != claims.jti {
        // The token was used before, so it has been copied. Either client may be the thief, so the
        // session ends for both (D14).
        tracing::warn!(user = claims.sub, "a refresh token was reused; ending the session");
        cx.auth
            .store
            .commit(Txn { operations: vec![Operation::Delete(key)], ..Txn::default() })
            .await?;
        return Err(ended());
    }
    // The user is not disabled: disabling deletes the sessions in the same transaction, and the session
    // is only written if it still exists.
    let account = account(cx.auth.store.as_ref(), &claims.sub).await?.ok_or_else(ended)?;
    issue(cx, &account, claims.session(), Some(entry.revision)).await
}

/// Ends the session of the tokens. Has no effect on a session that has ended.
///
/// # Errors
/// [`Error::Unauthenticated`] for invalid tokens or tokens of different sessions.
pub(crate) async fn log_out(cx: &Context, access: &str, refresh: &str) -> Result<(), Error> {
    let claims = verify_pair(cx, access, refresh).await?;
    let operations = vec![Operation::Delete(key(&claims.sub, claims.session())?)];
    cx.auth.store.commit(Txn { operations, ..Txn::default() }).await?;
    Ok(())
}

/// Verifies the signature of an access token, expired or not: before the body with the refresh token is
/// read, because clients without any token must not occupy memory.
///
/// # Errors
/// [`Error::Unauthenticated`]; [`Error`] if the store fails.
pub(crate) async fn verify_access_signature(cx: &Context, access: &str) -> Result<(), Error> {
    cx.auth.secret.verify(cx.auth.store.as_ref(), TokenKind::Access, access).await?;
    Ok(())
}

/// The operation that ends all sessions of a user.
///
/// # Errors
/// [`Error::Internal`] if the user name cannot be part of a key.
pub(crate) fn end_all_sessions(user: &str) -> Result<Operation, Error> {
    let prefix = keyspace::sessions_of(user);
    let prefix = prefix.ok_or_else(|| Error::Internal(format!("no key for the user {user:?}")))?;
    Ok(Operation::DeletePrefix(prefix))
}

pub(super) fn key(user: &str, session: &str) -> Result<Key, Error> {
    keyspace::session(user, session).ok_or_else(ended)
}

/// The claims of the refresh token, if both tokens are valid and belong to the same session.
async fn verify_pair(cx: &Context, access: &str, refresh: &str) -> Result<Claims, Error> {
    let (secret, store) = (&cx.auth.secret, cx.auth.store.as_ref());
    let access = secret.verify(store, TokenKind::Access, access).await?;
    let refresh = secret.verify(store, TokenKind::Refresh, refresh).await?;
    if access.sub != refresh.sub || access.session() != refresh.session() {
        return Err(Error::Unauthenticated("the tokens belong to different sessions".into()));
    }
    Ok(refresh)
}

pub(super) fn ended() -> Error {
    Error::Unauthenticated("the session has ended; log in again".into())
}

/// Issues a pair of tokens and writes their session: a new one, or the one read at `revision`.
async fn issue(
    cx: &Context,
    account: &Account,
    id: &str,
    revision: Option<u64>,
) -> Result<Tokens, Error> {
    loop {
        let signer = cx.auth.secret.signer();
        if let Some(tokens) = issue_with(cx, &signer, account, id, revision).await? {
            return Ok(tokens);
        }
        cx.auth.secret.refresh(cx.auth.store.as_ref()).await?;
    }
}

/// As [`issue`]. `None` if the secret of the signer was rotated.
async fn issue_with(
    cx: &Context,
    signer: &Signer,
    account: &Account,
    id: &str,
    revision: Option<u64>,
) -> Result<Option<Tokens>, Error> {
    let (user, now) = (&account.user, cx.clock.now());
    let groups = groups_of(user);
    let claims = |life: std::time::Duration| Claims {
        exp: now.saturating_add_unsigned(life.as_secs()),
        jti: format!("{id}{}", random_hex()),
        sub: user.username.clone(),
        groups: groups.clone(),
    };
    let access = claims(cx.limits.access_token);
    // Without groups: the token has to fit into a small body.
    let refresh = Claims { groups: Vec::new(), ..claims(cx.limits.refresh_token) };
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
            // Fails if the user was disabled or got a new password since it was read.
            Precondition::At(user_key, account.revision),
            Precondition::At(keyspace::token_secret()?, signer.revision()),
        ],
        operations: vec![Operation::Put {
            key,
            value: Bytes::from(value),
            flags: 0,
            expires_at: Some(refresh.exp),
        }],
    };
    match cx.auth.store.commit(txn).await {
        Ok(_) => {}
        // The session was renewed or ended concurrently.
        Err(CommitError::Precondition(failed)) if failed.collection() == keyspace::SESSIONS => {
            return Err(ended());
        }
        Err(CommitError::Precondition(failed)) if failed.collection() == keyspace::SECRETS => {
            return Ok(None);
        }
        Err(CommitError::Precondition(_)) => {
            let message = "the user was changed at the same time; try again";
            return Err(Error::Unavailable(message.into()));
        }
        Err(error) => return Err(error.into()),
    }
    Ok(Some(Tokens {
        access_token: signer.sign(TokenKind::Access, &access)?,
        expires_at: access.exp,
        refresh_token: signer.sign(TokenKind::Refresh, &refresh)?,
    }))
}

/// 64 random bits in hexadecimal.
fn random_hex() -> String {
    let mut text = String::with_capacity(16);
    for byte in rand::random::<[u8; 8]>() {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
