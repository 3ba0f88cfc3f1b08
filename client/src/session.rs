//! [`Session`]: credentials, tokens and settings that all clones of a client share.

use std::sync::{Arc, OnceLock, RwLock};

use crate::config::ConfigDir;
use crate::observer::Observer;
use crate::prefix::ApiPrefix;
use crate::retry::RetryPolicy;
use crate::tokens::Tokens;

/// Returns the current time, in seconds since 1970-01-01 UTC.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Where the credentials of requests come from.
#[derive(Clone, Default)]
pub(crate) enum CredentialSource {
    /// Only the cached tokens, if there are any.
    #[default]
    Tokens,
    /// Logs in when there are no tokens or they can no longer be refreshed.
    Password { username: String, password: String },
    /// Sent with every request.
    ApiKey(String),
    /// Tokens in a configuration directory, shared with other processes.
    ConfigDir(ConfigDir),
}

/// Authentication state of a client. Clones of a client and of its session share the tokens.
///
/// [`Client::builder`](crate::Client::builder) creates it; [`Client::new`](crate::Client::new) takes
/// one directly.
#[derive(Clone, Default)]
pub struct Session {
    pub(crate) shared: Arc<Shared>,
    pub(crate) observer: Option<Observer>,
}

pub(crate) struct Shared {
    pub(crate) credentials: CredentialSource,
    pub(crate) default_namespace: String,
    pub(crate) api_prefix: OnceLock<ApiPrefix>,
    pub(crate) retry_policy: RetryPolicy,
    pub(crate) clock: Clock,
    pub(crate) tokens: RwLock<Option<CachedTokens>>,
    // Locked during a refresh: a second caller waits, and then finds the new tokens.
    pub(crate) refresh_lock: tokio::sync::Mutex<()>,
}

/// Tokens, and the time to refresh them.
#[derive(Clone)]
pub(crate) struct CachedTokens {
    pub(crate) tokens: Tokens,
    /// By the local clock; `None` if unknown.
    refresh_at: Option<i64>,
}

/// How long before its expiry an access token is refreshed, in seconds, so that it does not expire
/// in transit. At most a tenth of its lifetime.
const REFRESH_MARGIN: i64 = 10;

impl CachedTokens {
    /// Tokens from a response. `server_now` is the server's time, if the response contains it:
    /// only the lifetime matters, so that the clocks may differ.
    pub(crate) fn issued(tokens: Tokens, server_now: Option<i64>, local_now: i64) -> Self {
        let lifetime = tokens.expires_at.saturating_sub(server_now.unwrap_or(local_now));
        // Tokens that expire before they are issued come from a wrong clock: their lifetime is
        // unknown.
        let refresh_at = (lifetime > 0)
            .then(|| local_now.saturating_add(lifetime - REFRESH_MARGIN.min(lifetime / 10)));
        Self { tokens, refresh_at }
    }

    /// Tokens that were stored: their remaining lifetime depends on the local clock.
    pub(crate) fn restored(tokens: Tokens) -> Self {
        let refresh_at = (tokens.expires_at > 0).then_some(tokens.expires_at);
        Self { tokens, refresh_at }
    }

    pub(crate) fn needs_refresh(&self, now: i64) -> bool {
        self.refresh_at.is_some_and(|at| now >= at) && !self.tokens.refresh_token.is_empty()
    }
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            credentials: CredentialSource::default(),
            default_namespace: "default".into(),
            api_prefix: OnceLock::new(),
            retry_policy: RetryPolicy::default(),
            clock: Arc::new(system_time),
            tokens: RwLock::new(None),
            refresh_lock: tokio::sync::Mutex::new(()),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the default of `ClientBuilder::clock`")]
fn system_time() -> i64 {
    let elapsed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    elapsed.map_or(0, |elapsed| i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX))
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let credentials = match &self.shared.credentials {
            CredentialSource::Tokens => "tokens",
            CredentialSource::Password { .. } => "password",
            CredentialSource::ApiKey(_) => "API key",
            CredentialSource::ConfigDir(_) => "configuration directory",
        };
        f.debug_struct("Session")
            .field("credentials", &credentials)
            .field("tokens", &self.tokens())
            .finish_non_exhaustive()
    }
}

impl Session {
    /// A session that begins with existing tokens, and refreshes them.
    #[must_use]
    pub fn from_tokens(tokens: Tokens) -> Self {
        let session = Self::default();
        session.set_cached_tokens(Some(CachedTokens::restored(tokens)));
        session
    }

    /// The session with a callback that receives every response.
    #[must_use]
    pub fn with_observer(mut self, observer: Observer) -> Self {
        self.observer = Some(observer);
        self
    }

    /// The current tokens; `None` before login and after logout.
    #[must_use]
    pub fn tokens(&self) -> Option<Tokens> {
        self.cached_tokens().map(|cached| cached.tokens)
    }

    /// Namespace of operations that do not set one.
    #[must_use]
    pub fn default_namespace(&self) -> &str {
        &self.shared.default_namespace
    }

    pub(crate) fn cached_tokens(&self) -> Option<CachedTokens> {
        self.shared.tokens.read().ok().and_then(|tokens| tokens.clone())
    }

    pub(crate) fn set_cached_tokens(&self, tokens: Option<CachedTokens>) {
        if let Ok(mut cached) = self.shared.tokens.write() {
            *cached = tokens;
        }
    }

    /// The same session without its password.
    pub(crate) fn without_password(self) -> Self {
        if !matches!(self.shared.credentials, CredentialSource::Password { .. }) {
            return self;
        }
        let Shared { default_namespace, api_prefix, retry_policy, clock, .. } = &*self.shared;
        let shared = Shared {
            credentials: CredentialSource::Tokens,
            default_namespace: default_namespace.clone(),
            api_prefix: api_prefix.clone(),
            retry_policy: *retry_policy,
            clock: Arc::clone(clock),
            tokens: RwLock::new(self.cached_tokens()),
            refresh_lock: tokio::sync::Mutex::new(()),
        };
        Self { shared: Arc::new(shared), observer: self.observer }
    }

    pub(crate) fn now(&self) -> i64 {
        (self.shared.clock)()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(expires_at: i64) -> Tokens {
        Tokens { access_token: "secret".into(), expires_at, refresh_token: "secret".into() }
    }

    #[test]
    fn issued_tokens_are_refreshed_shortly_before_expiry_by_the_server_clock() {
        let cached = CachedTokens::issued(tokens(1900), Some(1000), 500_000);
        assert!(!cached.needs_refresh(500_889));
        assert!(cached.needs_refresh(500_890));
        let short_lived = CachedTokens::issued(tokens(1005), Some(1000), 1000);
        assert!(!short_lived.needs_refresh(1004));
        assert!(short_lived.needs_refresh(1005));
    }

    #[test]
    fn issued_tokens_with_an_implausible_lifetime_are_not_refreshed() {
        for (expires_at, server_now) in [(1000, 500_000), (i64::MIN, 1000)] {
            let cached = CachedTokens::issued(tokens(expires_at), Some(server_now), 1000);
            assert!(!cached.needs_refresh(i64::MAX), "{expires_at}");
        }
        let endless = CachedTokens::issued(tokens(i64::MAX), Some(0), 1000);
        assert!(!endless.needs_refresh(i64::MAX / 2));
    }

    #[test]
    fn restored_tokens_are_refreshed_at_expiry_if_it_is_known_and_they_can_be_refreshed() {
        assert!(!CachedTokens::restored(tokens(100)).needs_refresh(99));
        assert!(CachedTokens::restored(tokens(100)).needs_refresh(100));
        assert!(!CachedTokens::restored(tokens(0)).needs_refresh(100));
        let access_only = Tokens { refresh_token: String::new(), ..tokens(100) };
        assert!(!CachedTokens::restored(access_only).needs_refresh(100));
    }

    #[test]
    fn debug_output_contains_no_secrets() {
        let session = Session::from_tokens(tokens(1));
        assert!(!format!("{session:?}").contains("secret"), "{session:?}");
    }
}
