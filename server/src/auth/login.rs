//! Log-in with user name and password (D17, D18).

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sensu_types::tokens::Tokens;

use super::dev_password::{self, DEV_PASSWORD};
use super::{Account, account, password, session};
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

/// Verifies user name and password of a `Basic` header.
///
/// # Errors
/// [`Error::Unauthenticated`] for wrong credentials, disabled users, the public password of `--dev` unless
/// the server accepts it (D18), and other headers;
/// [`Error::Throttled`] after repeated failures.
pub(crate) async fn verify_credentials(
    cx: &Context,
    header: &str,
    address: IpAddr,
) -> Result<Account, Error> {
    let bad = || Error::Unauthenticated("bad credentials".into());
    let (user, password) = parse_basic(header).ok_or_else(bad)?;
    let (throttle, now) = (&cx.auth.throttle, cx.clock.now());
    throttle.admit(&user, address, now)?;
    let account = account(cx.auth.store.as_ref(), &user).await?;
    let hash = account.as_ref().map(|account| account.hash.clone());
    let is_public = password == DEV_PASSWORD;
    let matches = password::matches(password, hash, cx.limits.password_cost).await?;
    let mut accepted = account.filter(|account| matches && !account.user.disabled);
    if accepted.is_some()
        && is_public
        && !cx.limits.accept_dev_password
        && dev_password::is_marked(cx.auth.store.as_ref(), &user).await?
    {
        tracing::warn!(user, "the public password of --dev was rejected");
        accepted = None;
    }
    match accepted {
        Some(account) => {
            throttle.record_success(&user);
            Ok(account)
        }
        None => {
            throttle.record_failure(&user, address, now);
            tracing::warn!(user, %address, "log-in failed");
            Err(bad())
        }
    }
}

/// User name and password of a `Basic` header. The scheme is case-sensitive, as in Sensu Go 5.0.0.
fn parse_basic(header: &str) -> Option<(String, String)> {
    let bytes = STANDARD.decode(header.strip_prefix("Basic ")?.trim()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}
