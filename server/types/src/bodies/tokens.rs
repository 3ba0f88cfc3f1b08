//! Tokens: what a log-in gives, and what renews or ends it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A pair of tokens, as logging in and renewing give them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Tokens {
    /// Send it with every request: `Authorization: Bearer <access_token>`. A JWT, good for about 15
    /// minutes.
    pub access_token: String,
    /// When the access token expires, in seconds since 1970-01-01 UTC.
    pub expires_at: i64,
    /// Buys the next pair of tokens, once. Good for 12 hours, unless the session ends before.
    pub refresh_token: String,
}

/// The refresh token of the session to renew or to end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Refresh {
    /// The refresh token that came with the access token.
    pub refresh_token: String,
}
