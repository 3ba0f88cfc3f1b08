//! What every operation can reach: the store, the clock, the keys, the limits.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use sensu_store::{Clock, Store};

use crate::auth::{Signer, Throttle, VerifiedTokens};
use crate::error::Error;
use crate::gateway::Dispatch;
use crate::metrics::Metrics;
use crate::rbac::Policies;
use crate::resources::cluster::Identity;
use crate::resources::events::Silences;
use crate::testkit::Dev;

/// The context that Dropshot hands to every operation.
pub(crate) type Cx = Arc<Context>;

/// What every operation can reach.
pub(crate) struct Context {
    /// Where everything is kept. Operations go through a [`crate::resources::grant::Grant`] instead.
    pub(crate) store: Arc<dyn Store>,
    /// What time it is.
    pub(crate) clock: Arc<dyn Clock>,
    /// Which cluster this is.
    pub(crate) identity: Identity,
    /// Signs and verifies tokens.
    pub(crate) signer: Signer,
    /// Tokens whose signature was verified lately.
    pub(crate) verified: VerifiedTokens,
    /// Slows down those who guess passwords.
    pub(crate) throttle: Throttle,
    /// Roles and bindings, ready for evaluation.
    pub(crate) policies: Policies,
    /// Silenced entries, ready for judging events.
    pub(crate) silences: Silences,
    /// Numbers that bound requests and answers.
    pub(crate) limits: Limits,
    /// What is counted and measured.
    pub(crate) metrics: Metrics,
    /// Whether the server has been told to stop: it still answers, but wants no more requests.
    pub(crate) stopping: AtomicBool,
    /// The contract kit; set once, when the server was started with `--dev`.
    pub(crate) dev: OnceLock<Dev>,
    /// The router behind the front door; set once, when the server starts.
    pub(crate) dispatch: OnceLock<Dispatch>,
}

/// Numbers that bound requests, answers and lives of tokens.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Largest request body, in bytes (D11).
    pub request_bytes: usize,
    /// Largest answer, in bytes; `usize::MAX` for no limit (D12).
    pub response_bytes: usize,
    /// How long a request may take altogether.
    pub deadline: Duration,
    /// Life of an access token (D14).
    pub access_token: Duration,
    /// Life of a refresh token; every refresh starts it again (D14).
    pub refresh_token: Duration,
    /// bcrypt's cost for new passwords (D18).
    pub password_cost: u32,
    /// Origins that browsers may call from (D10). `*` for any.
    pub cors_origins: Vec<String>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_bytes: 512_000,
            response_bytes: 512_000,
            deadline: Duration::from_secs(15),
            access_token: Duration::from_secs(15 * 60),
            refresh_token: Duration::from_secs(12 * 60 * 60),
            password_cost: 10,
            cors_origins: Vec::new(),
        }
    }
}

impl Limits {
    /// How long a request's body may take to arrive: a part of the whole, so that what was too slow can
    /// still be answered as such.
    pub(crate) fn body_deadline(&self) -> Duration {
        // Divided first: the whole may be as long as a number of seconds can be.
        self.deadline / 5 * 4
    }
}

impl Context {
    /// A context over a store that has been prepared by [`crate::rbac::seed`].
    ///
    /// # Errors
    /// [`Error`] if the store fails or holds no token secret.
    pub(crate) async fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        limits: Limits,
    ) -> Result<Cx, Error> {
        let signer = Signer::load(store.as_ref()).await?;
        let identity = Identity::load(store.as_ref()).await?;
        let metrics = Metrics::new().map_err(|error| Error::Internal(format!("{error:#}")))?;
        Ok(Arc::new(Self {
            store,
            clock,
            identity,
            signer,
            verified: VerifiedTokens::new(),
            throttle: Throttle::new(),
            policies: Policies::default(),
            silences: Silences::default(),
            limits,
            metrics,
            stopping: AtomicBool::new(false),
            dev: OnceLock::new(),
            dispatch: OnceLock::new(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_most_of_the_time_there_is_however_much_that_is() {
        let of = |deadline| Limits { deadline, ..Limits::default() }.body_deadline();
        assert_eq!(of(Duration::from_secs(15)), Duration::from_secs(12));
        assert_eq!(of(Duration::from_secs(1)), Duration::from_millis(800));
        assert!(of(Duration::from_secs(u64::MAX)) > Duration::from_secs(u64::MAX / 2));
    }
}
