//! Log-in with user name and password (D17, D18).

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sensu_types::tokens::Tokens;

use super::account::{account, replace_hash};
use super::caller::credentials;
use super::dev_password::{self, DEV_PASSWORD};
use super::password::{self, Comparison};
use super::{Account, session};
use crate::error::Error;
use crate::runtime::context::Context;

/// Starts a session for the user of a `Basic` header. `address` is that of the client.
///
/// # Errors
/// As [`verify_credentials`].
pub(crate) async fn log_in(cx: &Context, header: &str, address: IpAddr) -> Result<Tokens, Error> {
    let account = verify_credentials(cx, header, address).await?;
    session::start(cx, &account).await
}

/// Verifies user name and password of a `Basic` header. If the hash of the password does not have the cost
/// of the server, it is replaced.
///
/// # Errors
/// [`Error::BadLogin`] for wrong credentials, disabled users, the public password of `--dev` unless the
/// server accepts it (D18), and other headers; [`Error::Throttled`] after repeated failures;
/// [`Error::Unavailable`] if too many log-ins are in progress.
pub(crate) async fn verify_credentials(
    cx: &Context,
    header: &str,
    address: IpAddr,
) -> Result<Account, Error> {
    let (user, password) = parse_basic(header).ok_or(Error::BadLogin)?;
    verify_password(cx, &user, password, address).await
}

/// As [`verify_credentials`], without a header.
///
/// # Errors
/// As [`verify_credentials`].
pub(crate) async fn verify_password(
    cx: &Context,
    user: &str,
    password: String,
    address: IpAddr,
) -> Result<Account, Error> {
    let (account, new_hash) = verify(cx, user, password, address).await?;
    if let Some(hash) = new_hash {
        replace_hash(cx.auth.store.as_ref(), &account, &hash).await;
    }
    Ok(account)
}

/// Verifies a password that is about to be changed. Its hash is not replaced.
///
/// # Errors
/// As [`verify_credentials`].
pub(crate) async fn verify_current_password(
    cx: &Context,
    user: &str,
    password: String,
    address: IpAddr,
) -> Result<(), Error> {
    verify(cx, user, password, address).await.map(drop)
}

/// The account, and the hash that replaces the stored one, if there is one.
async fn verify(
    cx: &Context,
    user: &str,
    password: String,
    address: IpAddr,
) -> Result<(Account, Option<String>), Error> {
    let auth = &cx.auth;
    let attempt = auth.throttle.admit(user, address, cx.clock.as_ref()).await;
    let now = cx.clock.now();
    let attempt = attempt.inspect_err(|_| auth.failures.throttled(now))?;
    match compare(cx, user, password).await {
        Ok(Some(verified)) => {
            attempt.succeed(now);
            Ok(verified)
        }
        Ok(None) => {
            auth.failures.failed(user, address, now);
            Err(Error::BadLogin)
        }
        // The password was not compared.
        Err(error) => {
            attempt.refund();
            Err(error)
        }
    }
}

/// The account, if the password is right, and the hash that replaces the stored one, if there is one.
async fn compare(
    cx: &Context,
    user: &str,
    password: String,
) -> Result<Option<(Account, Option<String>)>, Error> {
    let store = cx.auth.store.as_ref();
    let account = account(store, user).await?;
    let is_public = password == DEV_PASSWORD && !cx.limits.accept_dev_password;
    let is_rejected = is_public && dev_password::is_marked(store, user).await?;
    Ok(match password::compare(cx, password, account.as_ref(), !is_rejected).await? {
        Comparison::Matches { new_hash } => account.map(|account| (account, new_hash)),
        Comparison::Fails => None,
    })
}

/// User name and password of a `Basic` header.
fn parse_basic(header: &str) -> Option<(String, String)> {
    let bytes = STANDARD.decode(credentials(header, "basic")?.trim()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::Arc;

    use futures::FutureExt as _;
    use sensu_store::{ManualClock, MemoryStore};

    use super::*;
    use crate::auth::throttle::PER_USER_AND_ADDRESS;
    use crate::limits::workers::Workers;
    use crate::runtime::context::{Cx, Limits};
    use crate::seed;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

    fn header(user: &str, password: &str) -> String {
        format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
    }

    /// A context with the users of `--dev`, whose pool runs one hash while the given number waits.
    async fn context(queue: usize) -> Cx {
        let clock = Arc::new(ManualClock::at(1_000));
        let store = Arc::new(MemoryStore::new(clock.clone()));
        seed::dev_users(store.as_ref(), 4).await.unwrap();
        let limits = Limits { password_cost: 4, accept_dev_password: true, ..Limits::default() };
        let mut cx = Context::new(store, clock, limits).await.unwrap();
        Arc::get_mut(&mut cx).unwrap().hashing = Workers::new("hashing passwords", 1, queue);
        cx
    }

    #[tokio::test]
    async fn a_full_pool_rejects_log_ins_without_counting_them() {
        let cx = context(0).await;
        let (release, held) = std::sync::mpsc::channel::<()>();
        let mut work = Box::pin(cx.hashing.run(move || while held.recv().is_ok() {}));
        assert_eq!(work.as_mut().now_or_never(), None);
        for _ in 0..=PER_USER_AND_ADDRESS.free {
            for user in ["admin", "unknown"] {
                let result = verify_credentials(&cx, &header(user, "wrong"), HERE).await;
                let full = |error| matches!(error, Error::Unavailable(_));
                assert!(result.is_err_and(full), "{user}");
            }
        }
        drop(release);
        work.await.unwrap();
        let right = header("admin", seed::DEV_PASSWORD);
        while verify_credentials(&cx, &right, HERE).await.is_err() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn attempts_of_closed_connections_are_counted() {
        let cx = context(100).await;
        let (release, held) = std::sync::mpsc::channel::<()>();
        let mut work = Box::pin(cx.hashing.run(move || while held.recv().is_ok() {}));
        assert_eq!(work.as_mut().now_or_never(), None);
        let wrong = header("admin", "wrong");
        for _ in 0..PER_USER_AND_ADDRESS.free {
            let mut attempt = Box::pin(verify_credentials(&cx, &wrong, HERE));
            // The attempt waits for the pool when its connection is closed.
            assert!(attempt.as_mut().now_or_never().is_none());
        }
        let throttled = Error::Throttled(PER_USER_AND_ADDRESS.interval.unsigned_abs());
        let result = verify_credentials(&cx, &wrong, HERE).await;
        assert_eq!(result.err(), Some(throttled));
        drop(release);
        work.await.unwrap();
    }
}
