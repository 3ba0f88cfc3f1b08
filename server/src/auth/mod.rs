//! Authentication: passwords, tokens, sessions, API keys, and the [`Caller`] of a request.

mod account;
mod agent_login;
mod api_key;
mod caller;
mod dev_password;
mod failure_log;
mod groups;
mod jwt;
mod login;
mod password;
mod session;
mod throttle;
mod token_secret;

use std::sync::Arc;

use sensu_store::Store;

use crate::error::Error;
use crate::rbac::PolicyCache;
use agent_login::VerifiedPasswords;
use caller::VerifiedTokens;
use failure_log::FailureLog;
use groups::GroupCache;
use password::LargestCost;
use session::IssuedSessions;
use throttle::Throttle;
use token_secret::TokenSecret;

pub(crate) use account::{Account, NO_PASSWORD, account, put_account};
pub(crate) use agent_login::{is_enabled, log_in_agent};
pub(crate) use api_key::{api_key_id, api_key_id_in_url, generate_api_key, without_api_keys};
pub(crate) use caller::{Caller, bearer};
pub(crate) use dev_password::{DEV_PASSWORD, DEV_USERS, end_dev_sessions, has_dev_password};
pub(crate) use login::{log_in, verify_credentials, verify_current_password, verify_password};
pub(crate) use password::{hash, hash_without_pool, hashing_pool};
pub(crate) use session::{
    IssuedSession, end_all_sessions, end_other_sessions, log_out, refresh, verify_access_signature,
};
pub(crate) use throttle::{PER_ADDRESS, PER_USER, PER_USER_AND_ADDRESS};
pub(crate) use token_secret::rotate_token_secret;

/// The state of this layer. Its fields are private: code outside `auth` cannot reach the store through
/// it.
pub(crate) struct Authentication {
    store: Arc<dyn Store>,
    secret: TokenSecret,
    verified: VerifiedTokens,
    verified_passwords: VerifiedPasswords,
    throttle: Throttle,
    failures: FailureLog,
    /// The largest cost of a password hash, which determines the time of failed log-ins.
    pub(crate) largest_cost: LargestCost,
    policies: PolicyCache,
    groups: GroupCache,
    issued: IssuedSessions,
}

impl Authentication {
    /// # Errors
    /// [`Error`] if the store fails.
    pub(crate) async fn load(store: Arc<dyn Store>) -> Result<Self, Error> {
        let secret = TokenSecret::load(store.as_ref()).await?;
        let largest_cost = LargestCost::load(store.as_ref()).await?;
        Ok(Self {
            store,
            secret,
            verified: VerifiedTokens::new(),
            verified_passwords: VerifiedPasswords::new(),
            throttle: Throttle::new(),
            failures: FailureLog::default(),
            largest_cost,
            policies: PolicyCache::default(),
            groups: GroupCache::new(),
            issued: IssuedSessions::default(),
        })
    }

    /// Keeps all sessions that are issued from now on, for [`Authentication::issued_sessions`].
    pub(crate) fn keep_issued_sessions(&self) {
        self.issued.enable();
    }

    /// The sessions that were issued since [`Authentication::keep_issued_sessions`], ended or not, that are valid
    /// after `now` and belong to these users.
    pub(crate) fn issued_sessions(
        &self,
        now: i64,
        has_user: impl Fn(&str) -> bool,
    ) -> Vec<IssuedSession> {
        self.issued.current(now, has_user)
    }
}
