//! Access and refresh tokens.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An access token and a refresh token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Tokens {
    /// JWT for the header `Authorization: Bearer <access_token>`. Valid for about 15 minutes.
    pub access_token: String,
    /// Expiration of the access token, in seconds since 1970-01-01 UTC.
    pub expires_at: i64,
    /// Token for getting the next pair of tokens. Can be used once; for 30 seconds, another use returns
    /// the same pair. Expires after 12 hours, or when the session ends.
    pub refresh_token: String,
}

/// The refresh token of the session to renew or to end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Refresh {
    /// Refresh token that was issued with the access token of the request.
    pub refresh_token: String,
}
