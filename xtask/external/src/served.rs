//! A fresh server in this process, with the users of `--dev`, for tools that need one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use sensu_server::{Limits, Server, seed};
use sensu_store::{AdjustableClock, Clock, MemoryStore, Store};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// Lowest cost of bcrypt: tools log in often.
const PASSWORD_COST: u32 = 4;

/// Validity of access tokens that expire during a test.
const SHORT: Duration = Duration::from_secs(3);

/// A server with an empty store.
pub(crate) struct Served {
    runtime: Runtime,
    server: Server,
}

impl Served {
    /// Starts it on a free port.
    pub(crate) fn start() -> anyhow::Result<Self> {
        Self::start_with(Limits::default(), false)
    }

    /// Starts it with short-lived access tokens and the test kit, for the tests of client packages.
    pub(crate) fn for_packages() -> anyhow::Result<Self> {
        Self::start_with(Limits { access_token: SHORT, ..Limits::default() }, true)
    }

    fn start_with(limits: Limits, has_testkit: bool) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let server = runtime.block_on(async {
            let adjustable = Arc::new(AdjustableClock::default());
            let clock: Arc<dyn Clock> = Arc::clone(&adjustable) as Arc<dyn Clock>;
            let store: Arc<dyn Store> = Arc::new(MemoryStore::new(Arc::clone(&clock)));
            let debug = |error| anyhow::anyhow!("{error:?}");
            seed::defaults(store.as_ref()).await.map_err(debug)?;
            seed::dev_users(store.as_ref(), PASSWORD_COST).await.map_err(debug)?;
            let limits =
                Limits { password_cost: PASSWORD_COST, accept_dev_password: true, ..limits };
            let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
            let server = Server::start(store, clock, limits, any_port, None).await?;
            if has_testkit {
                server.enable_testkit(adjustable, None).await?;
            }
            anyhow::Ok(server)
        })?;
        Ok(Self { runtime, server })
    }

    /// Its address: `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// Creates an API key of the administrator.
    pub(crate) fn api_key(&self) -> anyhow::Result<String> {
        let client = reqwest::Client::new();
        self.runtime.block_on(async {
            let log_in = client.get(format!("{}/auth", self.url()));
            let log_in = log_in.basic_auth("admin", Some(seed::DEV_PASSWORD));
            let tokens: Value = log_in.send().await?.error_for_status()?.json().await?;
            let token = tokens["access_token"].as_str().context("no access token")?;
            let create = client.post(format!("{}/apis/core/v2/apikeys", self.url()));
            let create = create.bearer_auth(token).json(&json!({ "username": "admin" }));
            let issued: Value = create.send().await?.error_for_status()?.json().await?;
            Ok(issued["key"].as_str().context("no key")?.to_owned())
        })
    }

    /// Stops it.
    pub(crate) fn stop(self) -> anyhow::Result<()> {
        self.runtime.block_on(self.server.stop())
    }
}
