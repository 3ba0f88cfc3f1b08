//! [`Tokens`]: the tokens of a session.

use serde::{Deserialize, Serialize};

/// Tokens of a session, as the server issues them.
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Tokens {
    /// Sent with every request.
    pub access_token: String,
    /// Expiry of the access token, in seconds since 1970-01-01 UTC; 0 if unknown.
    pub expires_at: i64,
    /// Exchanged for the next tokens; works once. Empty if the tokens cannot be refreshed.
    pub refresh_token: String,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}
