//! Log-in of agents. Thousands of them have one user and connect at the same time, so a password that was verified is
//! not hashed again until the user changes.

use std::net::IpAddr;

use quick_cache::sync::Cache;
use sensu_store::Revision;
use sha2::{Digest as _, Sha256};

use super::account::account;
use super::{Account, Caller, verify_password};
use crate::error::Error;
use crate::runtime::context::{Context, Cx};

/// Maximum number of passwords that are remembered as verified.
const CACHED: usize = 1_024;

/// Verified passwords as digests with a key that only this process has, each with the revision of its user.
pub(super) struct VerifiedPasswords {
    key: [u8; 32],
    users: Cache<[u8; 32], Revision>,
}

impl VerifiedPasswords {
    pub(super) fn new() -> Self {
        Self { key: rand::random(), users: Cache::new(CACHED) }
    }

    fn digest(&self, user: &str, password: &str) -> [u8; 32] {
        let length = (user.len() as u64).to_le_bytes();
        let parts: [&[u8]; 4] = [&self.key, &length, user.as_bytes(), password.as_bytes()];
        parts
            .into_iter()
            .fold(Sha256::new(), |digest, part| digest.chain_update(part))
            .finalize()
            .into()
    }
}

/// Authenticates an agent.
///
/// # Errors
/// As [`verify_password`].
pub(crate) async fn log_in_agent(
    cx: &Cx,
    user: &str,
    password: &str,
    address: IpAddr,
) -> Result<Caller, Error> {
    let verified = &cx.auth.verified_passwords;
    let verify = || verify_password(cx, user, password.to_owned(), address);
    let current = account(cx.auth.store.as_ref(), user).await?;
    // Agents that connect at the same time wait for the verification of one of them.
    let cached = verified.users.get_value_or_guard_async(&verified.digest(user, password)).await;
    let account = match (cached, current) {
        (Ok(revision), Some(account)) if is_unchanged(&account, revision) => account,
        (Ok(_), _) => {
            let account = verify().await?;
            verified.users.insert(verified.digest(user, password), account.revision);
            account
        }
        (Err(guard), _) => {
            let account = verify().await?;
            // Another task has removed the placeholder: the password is verified again the next time.
            let _ = guard.insert(account.revision);
            account
        }
    };
    Ok(Caller::agent(cx, &account.user.username))
}

/// Whether the user of an agent can still log in.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn is_enabled(cx: &Context, user: &str) -> Result<bool, Error> {
    let account = account(cx.auth.store.as_ref(), user).await?;
    Ok(account.is_some_and(|account| !account.user.disabled))
}

fn is_unchanged(account: &Account, revision: Revision) -> bool {
    account.revision == revision && !account.user.disabled
}
