//! The record of a session: the IDs of its valid tokens, and of the refresh tokens that they replaced
//! recently. Signing it again gives the same tokens.

use std::fmt::Write as _;
use std::time::Duration;

use sensu_store::Entry;
use sensu_types::tokens::Tokens;
use sensu_types::user::User;
use serde::{Deserialize, Serialize};

use crate::auth::groups::groups_of;
use crate::auth::jwt::{Claims, Signer, TokenKind};
use crate::error::Error;
use crate::runtime::context::Limits;

/// Maximum number of replaced refresh tokens in a record. A client that renews its session more often within
/// the grace period loses the oldest ones.
const MAX_REPLACED: usize = 32;

/// The value of a session record.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(in crate::auth) struct Session {
    /// ID of the valid access token.
    pub(in crate::auth) access: String,
    /// ID of the valid refresh token.
    pub(super) refresh: String,
    /// Expiry of the access token, in seconds since 1970-01-01 UTC. 0 in records of earlier versions.
    #[serde(default)]
    pub(super) access_expiry: i64,
    /// Expiry of the refresh token and of the record.
    #[serde(default)]
    pub(super) refresh_expiry: i64,
    /// Refresh tokens that were replaced within the grace period, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    replaced: Vec<Replaced>,
}

/// A refresh token that was exchanged for another one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
struct Replaced {
    refresh: String,
    /// Time of the exchange, in seconds since 1970-01-01 UTC.
    at: i64,
}

impl Session {
    /// # Errors
    /// [`Error::Internal`] if the value is not the record of a session.
    pub(in crate::auth) fn parse(entry: &Entry) -> Result<Self, Error> {
        serde_json::from_slice(&entry.value)
            .map_err(|error| Error::Internal(format!("stored session: {error}")))
    }

    /// The record of session `id` with new tokens, which replace those of `previous`.
    pub(super) fn renewed(id: &str, previous: Option<&Self>, now: i64, limits: &Limits) -> Self {
        let expiry = |life: Duration| now.saturating_add_unsigned(life.as_secs());
        let mut replaced = previous.map(|session| session.replaced.clone()).unwrap_or_default();
        replaced.extend(previous.map(|one| Replaced { refresh: one.refresh.clone(), at: now }));
        replaced.retain(|token| token.is_recent(now, limits.refresh_token_grace));
        replaced.drain(..replaced.len().saturating_sub(MAX_REPLACED));
        Self {
            access: format!("{id}{}", random_hex()),
            refresh: format!("{id}{}", random_hex()),
            access_expiry: expiry(limits.access_token),
            refresh_expiry: expiry(limits.refresh_token),
            replaced,
        }
    }

    /// Whether the refresh token with this ID was replaced within the grace period.
    pub(super) fn has_recently_replaced(&self, refresh: &str, now: i64, grace: Duration) -> bool {
        self.replaced.iter().any(|token| token.refresh == refresh && token.is_recent(now, grace))
    }

    /// The tokens of the session. The same for each call, unless the groups of the user change.
    ///
    /// # Errors
    /// [`Error::Internal`] if the tokens cannot be signed.
    pub(super) fn tokens(&self, signer: &Signer, user: &User) -> Result<Tokens, Error> {
        let claims = |exp, jti: &str, groups| Claims {
            exp,
            jti: jti.to_owned(),
            sub: user.username.clone(),
            groups,
        };
        let access = claims(self.access_expiry, &self.access, groups_of(user));
        // Without groups: the token has to fit into a small body.
        let refresh = claims(self.refresh_expiry, &self.refresh, Vec::new());
        Ok(Tokens {
            access_token: signer.sign(TokenKind::Access, &access)?,
            expires_at: self.access_expiry,
            refresh_token: signer.sign(TokenKind::Refresh, &refresh)?,
        })
    }
}

impl Replaced {
    /// Clocks of servers on the same database may differ, so a time in the near future is recent as well.
    fn is_recent(&self, now: i64, grace: Duration) -> bool {
        now.abs_diff(self.at) < grace.as_secs()
    }
}

/// 64 random bits in hexadecimal.
pub(super) fn random_hex() -> String {
    let mut text = String::with_capacity(16);
    for byte in rand::random::<[u8; 8]>() {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: Duration = Limits::REFRESH_TOKEN_GRACE;

    fn renewed(previous: Option<&Session>, now: i64) -> Session {
        Session::renewed("0123456789abcdef", previous, now, &Limits::default())
    }

    #[test]
    fn a_replaced_refresh_token_is_recent_for_the_grace_period() {
        let first = renewed(None, 100);
        let second = renewed(Some(&first), 110);
        let third = renewed(Some(&second), 120);
        let recent = |refresh: &str, now| third.has_recently_replaced(refresh, now, GRACE);
        assert!(recent(&first.refresh, 139) && !recent(&first.refresh, 140));
        assert!(recent(&second.refresh, 149) && !recent(&second.refresh, 150));
        assert!(recent(&second.refresh, 91), "the clock of another server");
        assert!(!recent(&third.refresh, 120), "it was not replaced");
        assert!(!third.has_recently_replaced(&second.refresh, 120, Duration::ZERO));
        assert_eq!(renewed(Some(&third), 1_000).replaced.len(), 1, "old ones are removed");
    }

    #[test]
    fn the_size_of_a_record_is_limited() {
        let mut session = renewed(None, 100);
        for _ in 0..1_000 {
            session = renewed(Some(&session), 100);
        }
        assert_eq!(session.replaced.len(), MAX_REPLACED);
        assert!(serde_json::to_vec(&session).unwrap().len() < 3_000);
    }

    #[test]
    fn records_of_earlier_versions_are_valid() {
        let session: Session = serde_json::from_str(r#"{"access":"a","refresh":"r"}"#).unwrap();
        assert_eq!((session.access.as_str(), session.refresh.as_str()), ("a", "r"));
        assert!(renewed(Some(&session), 100).has_recently_replaced("r", 100, GRACE));
    }

    #[test]
    fn the_tokens_of_a_record_are_always_the_same() {
        let (signer, user) = (Signer::new(b"secret", 1), User::default());
        let session = renewed(None, 100);
        let tokens = session.tokens(&signer, &user).unwrap();
        assert_eq!(session.tokens(&signer, &user).unwrap(), tokens);
        assert_ne!(renewed(Some(&session), 100).tokens(&signer, &user).unwrap(), tokens);
    }
}
