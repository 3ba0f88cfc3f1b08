//! Who is asking: passwords, tokens, sessions, and the [`Caller`] they add up to.

mod account;
mod api_key;
mod caller;
mod jwt;
mod password;
mod session;
mod throttle;

pub(crate) use account::{Account, account, accounts_put};
pub(crate) use api_key::{mint, name_in_url, name_of};
pub(crate) use caller::{Caller, VerifiedTokens, basic_credentials, bearer};
pub(crate) use jwt::Signer;
pub(crate) use password::{hash, matches};
pub(crate) use session::{end_all, log_in, log_out, refresh};
pub(crate) use throttle::Throttle;
