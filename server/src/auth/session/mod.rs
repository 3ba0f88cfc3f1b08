//! Sessions: started by a log-in, renewed by a refresh, ended by a log-out, a new password or disabling the
//! user (D14, D15).
//!
//! A session is one record under (user, session ID). It names the one valid access token and the one valid
//! refresh token. All other tokens of the session are invalid, except that refresh tokens that were replaced
//! a moment ago still return the valid tokens. Ending a session deletes the record, which takes effect with
//! the next request. See decision records 0003 and 0019.

mod issued;
mod record;

use bytes::Bytes;
use sensu_store::{CommitError, Entry, Key, Operation, Precondition, Store, Txn};
use sensu_types::tokens::Tokens;
use sensu_types::user::User;

use self::record::random_hex;
use super::jwt::{Claims, Signer, TokenKind};
use super::{Account, account};
use crate::error::Error;
use crate::keyspace;
use crate::runtime::context::Context;

pub(crate) use self::issued::IssuedSession;
pub(super) use self::issued::IssuedSessions;
pub(super) use self::record::Session;

/// Starts a session for an account with verified credentials.
pub(super) async fn start(cx: &Context, account: &Account) -> Result<Tokens, Error> {
    issue(cx, account, &random_hex(), None).await?.ok_or_else(ended)
}

/// Renews a session: issues new tokens with the current groups, and invalidates the old ones.
///
/// `access` may have expired or have been replaced, but must have a valid signature. A refresh token that was
/// replaced within the grace period returns the tokens that are valid now, so that clients that renew a
/// session at the same time get the same tokens.
///
/// # Errors
/// [`Error::Unauthenticated`]; [`Error::Unavailable`] if the user is changed concurrently.
pub(crate) async fn refresh(cx: &Context, access: &str, refresh: &str) -> Result<Tokens, Error> {
    let claims = verify_pair(cx, access, refresh).await?;
    let (key, store) = (key(&claims.sub, claims.session())?, cx.auth.store.as_ref());
    loop {
        let now = cx.clock.now();
        if claims.exp <= now {
            return Err(Error::Unauthenticated("the refresh token has expired".into()));
        }
        let entry = store.get(&key).await?.ok_or_else(ended)?;
        let session = Session::parse(&entry)?;
        let is_replaced = session.refresh != claims.jti;
        if is_replaced
            && !session.has_recently_replaced(&claims.jti, now, cx.limits.refresh_token_grace)
        {
            // The token has been copied. Either client may be the thief, so the session ends for both (D14).
            tracing::warn!(user = claims.sub, "a refresh token was reused; ending the session");
            store
                .commit(Txn { operations: vec![Operation::Delete(key)], ..Txn::default() })
                .await?;
            return Err(ended());
        }
        // The user is not disabled: disabling deletes the sessions in the same transaction, and the session
        // is only written if it still exists.
        let account = account(store, &claims.sub).await?.ok_or_else(ended)?;
        if is_replaced && session.access_expiry > now {
            // A rotation of the secret deletes the session, so this secret signed its tokens.
            return session.tokens(&cx.auth.secret.signer(), &account.user);
        }
        let previous = Some((&entry, &session));
        if let Some(tokens) = issue(cx, &account, claims.session(), previous).await? {
            return Ok(tokens);
        }
    }
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

/// The operations that end the sessions of a user except `kept`, and the precondition that it has not changed.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn end_other_sessions(
    store: &dyn Store,
    user: &str,
    kept: &Key,
) -> Result<(Option<Precondition>, Vec<Operation>), Error> {
    let mut operations = vec![end_all_sessions(user)?];
    let Some(Entry { key, value, flags, revision, expires_at }) = store.get(kept).await? else {
        return Ok((None, operations));
    };
    let unchanged = Precondition::At(key.clone(), revision);
    operations.push(Operation::Put { key, value, flags, expires_at });
    Ok((Some(unchanged), operations))
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

/// Issues a pair of tokens and writes their session: a new one, or `previous` as it was read. `None` if it
/// was renewed or ended since.
async fn issue(
    cx: &Context,
    account: &Account,
    id: &str,
    previous: Option<(&Entry, &Session)>,
) -> Result<Option<Tokens>, Error> {
    let key = key(&account.user.username, id)?;
    let condition = match previous {
        Some((entry, _)) => Precondition::At(key.clone(), entry.revision),
        None => Precondition::Absent(key.clone()),
    };
    loop {
        let (signer, now) = (cx.auth.secret.signer(), cx.clock.now());
        let session = Session::renewed(id, previous.map(|(_, session)| session), now, &cx.limits);
        match write(cx, &signer, account, condition.clone(), key.clone(), &session).await? {
            Outcome::Written => return session.tokens(&signer, &account.user).map(Some),
            Outcome::SessionChanged => return Ok(None),
            Outcome::SecretRotated => cx.auth.secret.refresh(cx.auth.store.as_ref()).await?,
        };
    }
}

/// The result of writing a session.
enum Outcome {
    Written,
    SessionChanged,
    SecretRotated,
}

/// Writes a session, if the condition holds and neither the user nor the secret of the signer has changed.
async fn write(
    cx: &Context,
    signer: &Signer,
    account: &Account,
    condition: Precondition,
    key: Key,
    session: &Session,
) -> Result<Outcome, Error> {
    let value = serde_json::to_vec(session).map_err(|error| Error::Internal(error.to_string()))?;
    let value = Bytes::from(value);
    let user = keyspace::key::<User>("", &account.user.username).ok_or_else(ended)?;
    let txn = Txn {
        preconditions: vec![
            condition,
            // Fails if the user was disabled or got a new password since it was read.
            Precondition::At(user, account.revision),
            Precondition::At(keyspace::token_secret()?, signer.revision()),
        ],
        operations: vec![Operation::Put {
            key: key.clone(),
            value: value.clone(),
            flags: 0,
            expires_at: Some(session.refresh_expiry),
        }],
    };
    match cx.auth.store.commit(txn).await {
        Ok(_) => {
            cx.auth.issued.record(&key, &value, session.refresh_expiry);
            Ok(Outcome::Written)
        }
        Err(CommitError::Precondition(failed)) => match failed.collection() {
            keyspace::SESSIONS => Ok(Outcome::SessionChanged),
            keyspace::SECRETS => Ok(Outcome::SecretRotated),
            _ => {
                let message = "the user was changed at the same time; try again";
                Err(Error::Unavailable(message.into()))
            }
        },
        Err(error) => Err(error.into()),
    }
}
