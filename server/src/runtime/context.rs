//! The context shared by all operations: store, clock, keys, limits, caches. The one type that every
//! layer may import.

use std::sync::atomic::{AtomicBool, AtomicI64};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ipnet::IpNet;
use sensu_store::{Clock, Health, Store, StoreError};

use crate::agents::{self, Agents};
use crate::auth::{Authentication, hashing_pool};
use crate::connections::{self, Connections};
use crate::error::Error;
use crate::gateway::{AgentLog, Dispatch};
use crate::limits::workers::Workers;
use crate::metrics::Metrics;
use crate::pipeline::{self, Pipeline};
use crate::resources::Resources;
use crate::resources::cluster::Identity;
use crate::testkit::Testkit;

/// Objects whose expressions are compiled at the same time. One, because requests should have the
/// other processors; the largest text takes a fifth of a second.
const COMPILERS: usize = 1;
/// Objects that wait until their expressions are compiled.
const WAITING_COMPILATIONS: usize = 32;

/// The context that Dropshot passes to every operation.
pub(crate) type Cx = Arc<Context>;

/// State of one server.
pub(crate) struct Context {
    /// For health and expiry only. `auth` and `resources` have their own, which only they can access.
    store: Arc<dyn Store>,
    /// Since when keepalives can be stored, in seconds since 1970-01-01 UTC: the start of the server, or the end of the
    /// last failure of the store.
    pub(crate) resumed: AtomicI64,
    /// Source of the current time.
    pub(crate) clock: Arc<dyn Clock>,
    /// IDs and addresses of the cluster and its member.
    pub(crate) identity: Identity,
    /// Accounts, sessions, tokens and roles.
    pub(crate) auth: Authentication,
    /// Stored objects.
    pub(crate) resources: Resources,
    /// Connected agents.
    pub(crate) agents: Agents,
    /// What processes events.
    pub(crate) pipeline: Pipeline,
    /// Compiles the expressions of objects.
    pub(crate) compilers: Workers,
    /// Hashes and verifies passwords (D17).
    pub(crate) hashing: Workers,
    /// Limits of requests, responses and tokens.
    pub(crate) limits: Limits,
    /// Prometheus metrics.
    pub(crate) metrics: Metrics,
    /// Open connections, and the bytes that their requests hold.
    pub(crate) connections: Arc<Connections>,
    /// Log of agents that connect by mistake.
    pub(crate) agent_log: AgentLog,
    /// Set at shutdown: requests are still served, but `/ready` reports 503.
    pub(crate) stopping: AtomicBool,
    /// The test kit; set once at start with `--dev`.
    pub(crate) testkit: OnceLock<Testkit>,
    /// Routes requests from the gateway to operations; set once at start.
    pub(crate) dispatch: OnceLock<Dispatch>,
}

/// Limits of requests, responses and tokens.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Maximum size of a request body, in bytes (D11).
    pub request_bytes: usize,
    /// Maximum size of a response, in bytes; `usize::MAX` for no limit (D12).
    pub response_bytes: usize,
    /// Whether lists below the prefix of released clients are split into pages, too, if the client does not ask
    /// for pages (D12). Default false.
    pub page_all_lists: bool,
    /// Maximum duration of a request.
    pub deadline: Duration,
    /// Lifetime of an access token (D14).
    pub access_token: Duration,
    /// Lifetime of a refresh token, extended by each use (D14).
    pub refresh_token: Duration,
    /// Time for which a refresh token that was exchanged returns the valid tokens again (D14).
    pub refresh_token_grace: Duration,
    /// bcrypt cost of new passwords, 4 to 16 (D18).
    pub password_cost: u32,
    /// Origins that may call the API from a browser; `*` for any (D10).
    pub cors_origins: Vec<String>,
    /// Whether users that [`crate::seed::dev_users`] has created may log in with their public
    /// password (D18). Default false.
    pub accept_dev_password: bool,
    /// Limits of connections and of the bytes that their requests hold.
    pub connections: connections::Limits,
    /// Sensu release that `/version` reports: three numbers (D39).
    pub reported_release: String,
    /// Addresses of proxies whose `Forwarded` and `X-Forwarded-For` are used (D17).
    pub trusted_proxies: Vec<IpNet>,
    /// Settings of the port for agents. Default: none, agents cannot connect.
    pub agents: Option<agents::Settings>,
    /// Whether checks are executed on their schedules. Default false.
    pub scheduler: bool,
    /// Whether agents that send no keepalives are reported (D50). Default false.
    pub keepalives: bool,
    /// Handler of deregistration events of entities that name none. Default: none.
    pub deregistration_handler: Option<String>,
    /// Settings of the event pipeline. Default: none, events are stored and not processed.
    pub pipeline: Option<pipeline::Settings>,
}

impl Limits {
    /// Default maximum size of a request body, in bytes (D11).
    pub const REQUEST_BYTES: usize = 512_000;
    /// Maximum size of a body with a refresh token, in bytes. Smaller, because it is read before the session
    /// is looked up.
    pub(crate) const TOKEN_BODY_BYTES: usize = 16_000;
    /// Default maximum size of a response, in bytes (D12).
    pub const RESPONSE_BYTES: usize = 512_000;
    /// Maximum size of a page of a streamed list, in bytes (D12). A streamed list holds one page until the client has
    /// received it.
    pub(crate) const STREAM_PAGE_BYTES: usize = 128 << 10;
    /// Default maximum duration of a request.
    pub const DEADLINE: Duration = Duration::from_secs(15);
    /// Default lifetime of an access token (D14).
    pub const ACCESS_TOKEN: Duration = Duration::from_secs(15 * 60);
    /// Default lifetime of a refresh token (D14).
    pub const REFRESH_TOKEN: Duration = Duration::from_secs(12 * 60 * 60);
    /// Default grace period of exchanged refresh tokens (D14).
    pub const REFRESH_TOKEN_GRACE: Duration = Duration::from_secs(30);
    /// Newest Sensu release whose features of core/v2 this server has. 6.12 added limits of the expiry of silences
    /// and `PUT /users/{name}/change_password` (D39).
    pub const REPORTED_RELEASE: &str = "6.11.0";
    /// Default bcrypt cost of new passwords (D18).
    pub const PASSWORD_COST: u32 = 10;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_bytes: Self::REQUEST_BYTES,
            response_bytes: Self::RESPONSE_BYTES,
            page_all_lists: false,
            deadline: Self::DEADLINE,
            access_token: Self::ACCESS_TOKEN,
            refresh_token: Self::REFRESH_TOKEN,
            refresh_token_grace: Self::REFRESH_TOKEN_GRACE,
            password_cost: Self::PASSWORD_COST,
            cors_origins: Vec::new(),
            accept_dev_password: false,
            connections: connections::Limits::default(),
            reported_release: Self::REPORTED_RELEASE.to_owned(),
            trusted_proxies: Vec::new(),
            agents: None,
            scheduler: false,
            keepalives: false,
            deregistration_handler: None,
            pipeline: None,
        }
    }
}

impl Limits {
    /// Maximum time for the body of a request to arrive: four fifths of the deadline, which leaves time
    /// to respond 408.
    pub(crate) fn body_deadline(&self) -> Duration {
        // Divided first, because multiplying the longest deadline would overflow.
        self.deadline / 5 * 4
    }
}

impl Context {
    /// A context for a store that [`crate::seed::defaults`] has prepared.
    ///
    /// # Errors
    /// [`Error`] if the store fails or holds no token secret.
    pub(crate) async fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        limits: Limits,
    ) -> Result<Cx, Error> {
        let auth = Authentication::load(Arc::clone(&store)).await?;
        let identity = Identity::load(store.as_ref()).await?;
        let metrics = Metrics::new().map_err(|error| Error::Internal(format!("{error:#}")))?;
        Ok(Arc::new(Self {
            resources: Resources::new(Arc::clone(&store)),
            agents: Agents::default(),
            pipeline: Pipeline::new(limits.pipeline.as_ref())?,
            store,
            resumed: AtomicI64::new(clock.now()),
            clock,
            connections: Connections::new(limits.connections.clone()),
            identity,
            auth,
            compilers: Workers::new("checking expressions", COMPILERS, WAITING_COMPILATIONS),
            hashing: hashing_pool(),
            limits,
            metrics,
            agent_log: AgentLog::default(),
            stopping: AtomicBool::new(false),
            testkit: OnceLock::new(),
            dispatch: OnceLock::new(),
        }))
    }

    /// The state of the store.
    pub(crate) async fn store_health(&self) -> Health {
        self.store.health().await
    }

    /// Removes up to `limit` expired entries from the store. Returns their number.
    ///
    /// # Errors
    /// [`StoreError`] if the store fails.
    pub(crate) async fn sweep(&self, limit: usize) -> Result<usize, StoreError> {
        self.store.sweep(limit).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_deadline_is_four_fifths_of_the_deadline() {
        let of = |deadline| Limits { deadline, ..Limits::default() }.body_deadline();
        assert_eq!(of(Duration::from_secs(15)), Duration::from_secs(12));
        assert_eq!(of(Duration::from_secs(1)), Duration::from_millis(800));
        assert!(of(Duration::from_secs(u64::MAX)) > Duration::from_secs(u64::MAX / 2));
    }
}
