//! `sensu-server start`: runs the server until SIGTERM or SIGINT.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use ipnet::IpNet;
use sensu_store::Durability;
use sensu_store::{AdjustableClock, Clock, MemoryStore, Store, SystemClock};
use sensu_types::version::parse_release;

use super::agent_args::{AgentArgs, Service};
use super::args::Common;
use super::first_start;
use super::logging::log_to_stderr;
use super::pipeline_args::PipelineArgs;
use super::ready_file::Ready;
use super::store_location::StoreLocation;
use crate::client_address::trusted_network;
use crate::error::Error;
use crate::runtime::context::Limits;
use crate::seed::{self, DevUser};
use crate::{ConnectionLimits, Server, Tls, runtime};

/// Number of file descriptors that the server needs for other than connections.
const DESCRIPTORS: usize = 512;

/// Settings of `start`.
#[derive(Clone, Debug, Args)]
pub(super) struct Start {
    #[command(flatten)]
    pub common: Common,
    /// Address and port of the API. Port 0 selects a free port.
    #[arg(
        long,
        env = "SENSU_API_LISTEN_ADDRESS",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8080"
    )]
    pub api_listen_address: SocketAddr,
    /// Port of the API; overrides the port of --api-listen-address. 0 selects a free port.
    #[arg(long, env = "SENSU_API_PORT")]
    pub port: Option<u16>,
    /// File to write once the server accepts requests: JSON with `url` and `pid`, `agent_url` unless
    /// agents are disabled, and with --dev `user` and `password`, if user admin has the public
    /// password. An existing file is replaced.
    #[arg(long, env = "SENSU_READY_FILE", value_name = "FILE")]
    pub ready_file: Option<PathBuf>,
    /// Keep all data in memory, for tests. Stopping the server deletes it.
    #[arg(long, env = "SENSU_IN_MEMORY", conflicts_with = "store")]
    pub in_memory: bool,
    /// PEM file with the certificate chain. With --key-file, serves HTTPS.
    #[arg(long, env = "SENSU_CERT_FILE", value_name = "FILE", requires = "key_file")]
    pub cert_file: Option<PathBuf>,
    /// PEM file with the private key of the certificate, in PKCS #8.
    #[arg(long, env = "SENSU_KEY_FILE", value_name = "FILE", requires = "cert_file")]
    pub key_file: Option<PathBuf>,
    /// Maximum size of a request body, in bytes.
    #[arg(long, env = "SENSU_API_REQUEST_LIMIT", value_name = "BYTES",
          default_value_t = Limits::REQUEST_BYTES)]
    pub api_request_limit: usize,
    /// Maximum size of a response, in bytes; longer lists are split into pages. 0 for no limit.
    #[arg(long, env = "SENSU_API_RESPONSE_LIMIT", value_name = "BYTES",
          default_value_t = Limits::RESPONSE_BYTES)]
    pub api_response_limit: usize,
    /// Split lists below /api/core/v2 into pages, too, as below /apis/core/v2. By default, they are returned
    /// completely, because clients such as sensuctl 5.0 do not know pages.
    #[arg(long, env = "SENSU_API_PAGE_ALL_LISTS")]
    pub api_page_all_lists: bool,
    /// Maximum duration of a request, in seconds.
    #[arg(long, env = "SENSU_API_TIMEOUT", value_name = "SECONDS",
          default_value_t = Limits::DEADLINE.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..))]
    pub api_timeout: u64,
    /// Lifetime of access tokens, in seconds.
    #[arg(long, env = "SENSU_ACCESS_TOKEN_EXPIRY", value_name = "SECONDS",
          default_value_t = Limits::ACCESS_TOKEN.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..))]
    pub access_token_expiry: u64,
    /// Lifetime of refresh tokens, in seconds, extended by each use.
    #[arg(long, env = "SENSU_REFRESH_TOKEN_EXPIRY", value_name = "SECONDS",
          default_value_t = Limits::REFRESH_TOKEN.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..))]
    pub refresh_token_expiry: u64,
    /// Time after the use of a refresh token in which it returns the same new tokens again, in seconds, for
    /// clients that renew a session at the same time. Later use ends the session. 0 for none.
    #[arg(long, env = "SENSU_REFRESH_TOKEN_GRACE", value_name = "SECONDS",
          default_value_t = Limits::REFRESH_TOKEN_GRACE.as_secs())]
    pub refresh_token_grace: u64,
    /// Origins that may call the API from a browser, separated by commas; * for any.
    #[arg(long, env = "SENSU_CORS_ORIGINS", value_name = "ORIGIN", value_delimiter = ',')]
    pub cors_origins: Vec<String>,
    /// Maximum number of open connections. Beyond it, and before file descriptors run out, idle
    /// connections are closed.
    #[arg(long, env = "SENSU_MAX_CONNECTIONS", value_name = "NUMBER",
          default_value_t = ConnectionLimits::CONNECTIONS,
          value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..))]
    pub max_connections: usize,
    /// Sensu release that /version reports, by which clients select features.
    #[arg(long, env = "SENSU_REPORTED_RELEASE", value_name = "RELEASE",
          default_value = Limits::REPORTED_RELEASE, value_parser = parse_release)]
    pub reported_release: String,
    /// Addresses or networks (CIDR) of reverse proxies, separated by commas. For connections from them,
    /// the address of the client is taken from Forwarded or X-Forwarded-For.
    #[arg(long, env = "SENSU_TRUSTED_PROXIES", value_name = "CIDR", value_delimiter = ',',
          value_parser = trusted_network)]
    pub trusted_proxies: Vec<IpNet>,
    #[command(flatten)]
    pub agents: AgentArgs,
    #[command(flatten)]
    pub pipeline: PipelineArgs,
    /// Respond before writes reach the disk. Faster; a power failure may lose the last second.
    #[arg(long, env = "SENSU_RELAXED_DURABILITY")]
    pub relaxed_durability: bool,
    /// Development mode, on loopback addresses only: creates users `admin` and `agent` with the
    /// password `P@ssw0rd!`, and enables the test kit (paths below /dev, described by /dev/openapi.json, and
    /// the header Sensu-Dev-Fault).
    #[arg(long)]
    pub dev: bool,
    /// Initial resources: a file or directory of YAML or wrapped JSON, as written by `sensuctl dump`.
    /// Repeatable. /dev/reset restores them. Requires --dev.
    #[arg(long, env = "SENSU_SEED", value_name = "PATH", requires = "dev")]
    pub seed: Vec<PathBuf>,
    /// File for recorded requests, one JSON object per line, secrets masked. An existing file is
    /// replaced. Requires --dev.
    #[arg(long, env = "SENSU_REQUEST_LOG", value_name = "FILE", requires = "dev")]
    pub request_log: Option<PathBuf>,
}

impl Start {
    /// The limits that the settings select.
    fn limits(&self) -> Limits {
        Limits {
            request_bytes: self.api_request_limit,
            response_bytes: match self.api_response_limit {
                0 => usize::MAX,
                bytes => bytes,
            },
            page_all_lists: self.api_page_all_lists,
            deadline: Duration::from_secs(self.api_timeout),
            access_token: Duration::from_secs(self.access_token_expiry),
            refresh_token: Duration::from_secs(self.refresh_token_expiry),
            refresh_token_grace: Duration::from_secs(self.refresh_token_grace),
            password_cost: self.common.password_cost,
            cors_origins: self.cors_origins.clone(),
            accept_dev_password: self.dev,
            connections: ConnectionLimits {
                connections: self.max_connections,
                ..ConnectionLimits::default()
            },
            reported_release: self.reported_release.clone(),
            trusted_proxies: self.trusted_proxies.clone(),
            agents: self.agents.settings(self.address().port() == 0),
            scheduler: self.agents.is_enabled(Service::Scheduler),
            keepalives: self.agents.is_enabled(Service::Keepalives),
            deregistration_handler: self.agents.deregistration_handler.clone(),
            pipeline: self
                .agents
                .is_enabled(Service::Pipeline)
                .then(|| self.pipeline.settings(self.state_dir())),
        }
    }

    /// The address of the API.
    pub(super) fn address(&self) -> SocketAddr {
        let mut address = self.api_listen_address;
        if let Some(port) = self.port {
            address.set_port(port);
        }
        address
    }

    /// The directory for data. `None` if the data is in memory or in a database.
    fn state_dir(&self) -> Option<&Path> {
        let is_unused = self.in_memory || self.common.database.store.is_some();
        (!is_unused).then_some(self.common.state_dir.as_path())
    }

    fn tls(&self) -> Option<Tls> {
        Some(Tls { cert_file: self.cert_file.clone()?, key_file: self.key_file.clone()? })
    }

    async fn open_store(&self, clock: Arc<dyn Clock>) -> anyhow::Result<Arc<dyn Store>> {
        if self.in_memory {
            return Ok(Arc::new(MemoryStore::new(clock)));
        }
        let durability =
            if self.relaxed_durability { Durability::Relaxed } else { Durability::Disk };
        let location = StoreLocation::from_settings(&self.common.state_dir, &self.common.database)?;
        location.open(durability, clock).await
    }
}

/// Runs the server until the process receives SIGTERM or SIGINT.
///
/// # Errors
/// If the store cannot be opened, or the address cannot be bound.
pub(super) async fn start(args: &Start) -> anyhow::Result<()> {
    log_to_stderr(args.common.log_level, args.common.log_format);
    let address = args.address();
    let limits = args.limits();
    if args.dev {
        require_loopback(address)?;
        limits.agents.as_ref().map_or(Ok(()), |agents| require_loopback(agents.address))?;
    }
    let connections = args.max_connections.saturating_add(args.agents.max_connections());
    let needed = connections.saturating_add(DESCRIPTORS);
    if let Err(error) = runtime::raise_descriptor_limit(needed) {
        tracing::warn!(%error, "the limit of file descriptors is not raised");
    }
    let adjustable = args.dev.then(|| Arc::new(AdjustableClock::default()));
    let clock: Arc<dyn Clock> = match &adjustable {
        Some(adjustable) => Arc::clone(adjustable) as Arc<dyn Clock>,
        None => Arc::new(SystemClock),
    };
    let store = args.open_store(Arc::clone(&clock)).await?;
    if let Some(why) = store.health().await.failure {
        tracing::warn!(
            why,
            "the store does not accept writes; only reads are served until it does"
        );
    }
    seed::defaults(store.as_ref()).await.map_err(Error::operator_error)?;
    let mut is_public = false;
    if args.dev {
        is_public = create_dev_users(store.as_ref(), args.common.password_cost).await?;
    } else {
        reject_dev_password(store.as_ref()).await?;
        first_start::explain(store.as_ref(), args).await?;
    }
    let server = Server::start(store, clock, limits, address, args.tls()).await?;
    if let Some(clock) = adjustable
        && let Err(error) = prepare_test_double(&server, clock, args).await
    {
        server.stop().await?;
        return Err(error);
    }
    // Installed before the ready file exists: its readers may stop the server at once.
    let shutdown = shutdown_signal()?;
    let scheme = if args.cert_file.is_some() { "https" } else { "http" };
    let url = format!("{scheme}://{}", server.address());
    let agent_scheme = if args.agents.agent_cert_file.is_some() { "wss" } else { "ws" };
    let agent_url = server.agent_address().map(|address| format!("{agent_scheme}://{address}"));
    if let Some(file) = &args.ready_file {
        let ready = Ready { url: &url, agent_url: agent_url.as_deref(), is_public };
        ready
            .write(file)
            .with_context(|| format!("cannot write the ready file {}", file.display()))?;
    }
    if let Some(agent_url) = agent_url {
        tracing::info!("agents connect to {agent_url}");
    }
    tracing::info!("listening on {url}");
    shutdown.await;
    tracing::info!("shutting down");
    server.drain().await;
    server.stop().await
}

/// Rejects an address at which other machines could use the public password of `--dev`.
fn require_loopback(address: SocketAddr) -> anyhow::Result<()> {
    if !address.ip().is_loopback() {
        bail!(
            "--dev creates users with a public password, so it requires a loopback address, and \
             {address} is not one. Use `sensu-server init` instead."
        );
    }
    Ok(())
}

/// Creates the users of `--dev`, and logs who has the public password. Returns whether `admin` has.
async fn create_dev_users(store: &dyn Store, cost: u32) -> anyhow::Result<bool> {
    let users = seed::dev_users(store, cost).await.map_err(Error::operator_error)?;
    let (public, others): (Vec<&DevUser>, Vec<&DevUser>) =
        users.iter().partition(|user| user.has_dev_password);
    let names: Vec<&str> = public.iter().map(|user| user.name).collect();
    if !names.is_empty() {
        let names = names.join(" and ");
        tracing::warn!("--dev: public password of {names}: {}", seed::DEV_PASSWORD);
    }
    for DevUser { name, lacks_password, .. } in others {
        match lacks_password {
            true => tracing::warn!(
                "--dev: user {name} was imported without a password and is disabled; to set one, stop the \
                 server and run `sensu-server init --cluster-admin-username {name}` (administrators), or run \
                 `sensuctl user reset-password {name}` and `sensuctl user reinstate {name}`"
            ),
            false => {
                tracing::warn!("--dev: user {name} existed and does not have the public password")
            }
        }
    }
    Ok(names.contains(&"admin"))
}

/// Warns of users with the public password of an earlier `--dev`, which this server rejects, and ends their
/// sessions.
async fn reject_dev_password(store: &dyn Store) -> anyhow::Result<()> {
    let names = match seed::end_dev_sessions(store).await {
        Ok(names) => names,
        Err(Error::Unavailable(why)) => {
            // The store does not accept writes now. Reads are served, and log-ins check the password.
            tracing::warn!(why, "sessions of the users of --dev were not ended");
            return Ok(());
        }
        Err(error) => return Err(error.operator_error()),
    };
    for name in names {
        tracing::warn!(
            "user {name} was created by --dev and has its public password, which is rejected now; to set \
             another one, stop the server and run `sensu-server init --cluster-admin-username {name}`"
        );
    }
    Ok(())
}

/// Imports the seed and enables the test kit.
async fn prepare_test_double(
    server: &Server,
    clock: Arc<AdjustableClock>,
    args: &Start,
) -> anyhow::Result<()> {
    if !args.seed.is_empty() {
        let imported = server.import(&args.seed).await.context("--seed")?;
        tracing::info!("--seed: {imported}");
    }
    server.enable_testkit(clock, args.request_log.as_deref()).await
}

/// Installs the signal handlers; the future resolves at the first SIGTERM or SIGINT.
fn shutdown_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
