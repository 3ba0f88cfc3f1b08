//! Authentication: passwords, tokens, sessions, API keys, and the [`Caller`] of a request.

mod account;
mod api_key;
mod caller;
mod dev_password;
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
use caller::VerifiedTokens;
use groups::GroupCache;
use throttle::Throttle;
use token_secret::TokenSecret;

pub(crate) use account::{Account, account, put_account};
pub(crate) use api_key::{api_key_id, api_key_id_in_url, generate_api_key, without_api_keys};
pub(crate) use caller::{Caller, bearer};
pub(crate) use dev_password::{DEV_PASSWORD, DEV_USERS, end_dev_sessions, has_dev_password};
pub(crate) use login::{log_in, verify_credentials};
pub(crate) use password::hash;
pub(crate) use session::{end_all_sessions, log_out, refresh};
pub(crate) use throttle::{FREE_PER_ADDRESS, FREE_PER_USER, MAX_DELAY};
pub(crate) use token_secret::rotate_token_secret;

/// The state of this layer. Its fields are private: code outside `auth` cannot reach the store through
/// it.
pub(crate) struct Authentication {
    store: Arc<dyn Store>,
    secret: TokenSecret,
    verified: VerifiedTokens,
    throttle: Throttle,
    policies: PolicyCache,
    groups: GroupCache,
}

impl Authentication {
    /// # Errors
    /// [`Error`] if the store fails.
    pub(crate) async fn load(store: Arc<dyn Store>) -> Result<Self, Error> {
        let secret = TokenSecret::load(store.as_ref()).await?;
        Ok(Self {
            store,
            secret,
            verified: VerifiedTokens::new(),
            throttle: Throttle::new(),
            policies: PolicyCache::default(),
            groups: GroupCache::new(),
        })
    }
}
