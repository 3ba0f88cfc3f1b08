//! A server in this process for the tools to talk to: fresh, with the users of `--dev`.

use std::net::SocketAddr;
use std::sync::Arc;

use sensu_server::{Limits, Server, rbac};
use sensu_store::{Clock, MemoryStore, Store, SystemClock};
use tokio::runtime::Runtime;

/// The lowest cost that bcrypt has: tools log in often.
const COST: u32 = 4;

/// A server that nobody has talked to yet.
pub(crate) struct Served {
    runtime: Runtime,
    server: Server,
}

impl Served {
    /// Starts one on a free port, over an empty store.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let server = runtime.block_on(async {
            let clock: Arc<dyn Clock> = Arc::new(SystemClock);
            let store: Arc<dyn Store> = Arc::new(MemoryStore::new(Arc::clone(&clock)));
            let told = |error| anyhow::anyhow!("{error:?}");
            rbac::seed(store.as_ref()).await.map_err(told)?;
            rbac::dev_users(store.as_ref(), COST).await.map_err(told)?;
            let limits = Limits { password_cost: COST, ..Limits::default() };
            let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
            Server::start(store, clock, limits, anywhere, None).await
        })?;
        Ok(Self { runtime, server })
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// Stops it.
    pub(crate) fn stop(self) -> anyhow::Result<()> {
        self.runtime.block_on(self.server.stop())
    }
}
