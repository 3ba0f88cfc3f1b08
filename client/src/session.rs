//! Who a client is to the server: its credentials, and the tokens that they bought.

use std::sync::{Arc, OnceLock, RwLock};

use serde::{Deserialize, Serialize};

use crate::config::Directory;
use crate::observe::Observer;
use crate::prefix::Prefix;
use crate::retry::Retries;

/// What a log-in gives.
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Tokens {
    /// Sent with every request.
    pub access_token: String,
    /// When the access token expires, in seconds since 1970-01-01 UTC.
    pub expires_at: i64,
    /// Buys the next pair of tokens, once.
    pub refresh_token: String,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// Tells the time, in seconds since 1970-01-01 UTC.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// What a client proves with who it is.
#[derive(Clone, Default)]
pub(crate) enum Credentials {
    /// Tokens, if there are any; when they have had their day, nothing.
    #[default]
    Tokens,
    /// A user's name and password: buys tokens whenever there are none.
    Password { user: String, password: String },
    /// An API key, sent as it is.
    Key(String),
    /// A configuration directory: its tokens, shared with other processes.
    Directory(Directory),
}

/// Who a client is to the server. Clones of it, and of the client, share the tokens.
#[derive(Clone, Default)]
pub struct Session {
    pub(crate) shared: Arc<Shared>,
    pub(crate) observer: Option<Observer>,
}

pub(crate) struct Shared {
    pub(crate) credentials: Credentials,
    pub(crate) namespace: String,
    pub(crate) prefix: OnceLock<Prefix>,
    pub(crate) retries: Retries,
    pub(crate) clock: Clock,
    pub(crate) held: RwLock<Option<Held>>,
    // Held while the tokens are renewed: whoever gets it second finds new tokens and goes on.
    pub(crate) renewal: tokio::sync::Mutex<()>,
}

/// Tokens, and when it is time for others.
#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) tokens: Tokens,
    /// By this machine's clock; `None` if that cannot be told.
    due: Option<i64>,
}

/// How long before its end an access token is renewed, in seconds, so that it does not expire on
/// its way; shorter for tokens that do not live long.
const MARGIN: i64 = 10;

impl Held {
    /// Tokens that came from the server just now: its clock counts, not ours, when it has told it.
    pub(crate) fn fresh(tokens: Tokens, server: Option<i64>, here: i64) -> Self {
        // What a server says may be any number.
        let life = tokens.expires_at.saturating_sub(server.unwrap_or(here));
        // A life that is over at its beginning means clocks that mean nothing.
        let due = (life > 0).then(|| here.saturating_add(life - MARGIN.min(life / 10)));
        Self { tokens, due }
    }

    /// Tokens that somebody has kept.
    pub(crate) fn kept(tokens: Tokens) -> Self {
        let due = (tokens.expires_at > 0).then_some(tokens.expires_at);
        Self { tokens, due }
    }

    pub(crate) fn is_due(&self, now: i64) -> bool {
        self.due.is_some_and(|due| now >= due) && !self.tokens.refresh_token.is_empty()
    }
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            credentials: Credentials::default(),
            namespace: "default".into(),
            prefix: OnceLock::new(),
            retries: Retries::default(),
            clock: Arc::new(now),
            held: RwLock::new(None),
            renewal: tokio::sync::Mutex::new(()),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the clock of those who bring none")]
fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let credentials = match &self.shared.credentials {
            Credentials::Tokens => "tokens",
            Credentials::Password { .. } => "user and password",
            Credentials::Key(_) => "API key",
            Credentials::Directory(_) => "configuration directory",
        };
        f.debug_struct("Session")
            .field("credentials", &credentials)
            .field("tokens", &self.tokens())
            .finish_non_exhaustive()
    }
}

impl Session {
    /// A session that goes on with these tokens.
    #[must_use]
    pub fn with_tokens(tokens: Tokens) -> Self {
        let session = Self::default();
        session.hold(Some(Held::kept(tokens)));
        session
    }

    /// The same session, with somebody watching the answers.
    #[must_use]
    pub fn observed(mut self, observer: Observer) -> Self {
        self.observer = Some(observer);
        self
    }

    /// The tokens that are sent now; `None` before a log-in and after a log-out.
    #[must_use]
    pub fn tokens(&self) -> Option<Tokens> {
        self.held().map(|held| held.tokens)
    }

    /// The namespace of those who name none.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.shared.namespace
    }

    pub(crate) fn held(&self) -> Option<Held> {
        self.shared.held.read().ok().and_then(|held| held.clone())
    }

    pub(crate) fn hold(&self, tokens: Option<Held>) {
        if let Ok(mut held) = self.shared.held.write() {
            *held = tokens;
        }
    }

    /// The same session, which ends when its tokens do.
    pub(crate) fn forgetting_password(self) -> Self {
        let Shared { credentials, namespace, prefix, retries, clock, .. } = &*self.shared;
        if !matches!(credentials, Credentials::Password { .. }) {
            return self;
        }
        let shared = Shared {
            credentials: Credentials::Tokens,
            namespace: namespace.clone(),
            prefix: prefix.clone(),
            retries: *retries,
            clock: Arc::clone(clock),
            held: RwLock::new(self.held()),
            renewal: tokio::sync::Mutex::new(()),
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
    fn fresh_tokens_are_due_shortly_before_their_end_whatever_the_clock_here_says() {
        let held = Held::fresh(tokens(1900), Some(1000), 500_000);
        assert!(!held.is_due(500_889));
        assert!(held.is_due(500_890));
        let short = Held::fresh(tokens(1005), Some(1000), 1000);
        assert!(!short.is_due(1004));
        assert!(short.is_due(1005));
        assert!(!Held::fresh(tokens(1000), Some(500_000), 0).is_due(i64::MAX), "senseless clocks");
        assert!(!Held::fresh(tokens(i64::MIN), Some(1000), 1000).is_due(i64::MAX), "long over");
        assert!(!Held::fresh(tokens(i64::MAX), Some(0), 1000).is_due(i64::MAX / 2), "for ever");
    }

    #[test]
    fn kept_tokens_are_due_at_their_end_if_it_is_known_and_they_can_be_renewed() {
        assert!(!Held::kept(tokens(100)).is_due(99));
        assert!(Held::kept(tokens(100)).is_due(100));
        assert!(!Held::kept(tokens(0)).is_due(100));
        let last = Tokens { refresh_token: String::new(), ..tokens(100) };
        assert!(!Held::kept(last).is_due(100));
    }

    #[test]
    fn nothing_secret_is_shown() {
        let session = Session::with_tokens(tokens(1));
        assert!(!format!("{session:?}").contains("secret"), "{session:?}");
    }
}
