//! A running server: Dropshot behind the gateway, and the background task.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use dropshot::{ConfigDropshot, ConfigTls, HandlerTaskMode, HttpServer, ServerBuilder};
use sensu_store::{AdjustableClock, Clock, Store};
use tokio::task::JoinHandle;

use crate::connections::Tls;
use crate::import::{self, report::Report};
use crate::runtime::context::{Context, Cx, Limits};
use crate::runtime::sockets::Sockets;
use crate::runtime::watchdog::Watchdog;
use crate::runtime::{background, http_log};
use crate::testkit::{self, Testkit};
use crate::{agents, gateway, http, pipeline, scheduler};

/// Maximum time for open connections to finish their requests at shutdown.
const GRACE: Duration = Duration::from_secs(10);

/// Time between refusing new connections and closing open ones at shutdown, in which `/ready` on open
/// connections responds 503.
const DRAIN: Duration = Duration::from_secs(1);

/// A running server.
pub struct Server {
    http: HttpServer<Cx>,
    background: JoinHandle<()>,
    /// Accepts agents. Absent if agents are disabled.
    agents: Option<agents::Listener>,
    /// Requests the execution of checks. Absent if agents are disabled.
    scheduler: Option<JoinHandle<()>>,
    /// Handles events. Absent if the pipeline is disabled.
    pipeline: Option<JoinHandle<()>>,
    /// Absent where the system does not support it.
    watchdog: Option<Watchdog>,
    cx: Cx,
    store: Arc<dyn Store>,
}

impl Server {
    /// Starts a server on a store that [`crate::seed::defaults`] has prepared.
    ///
    /// # Errors
    /// If the store fails, the address cannot be bound, or a TLS file cannot be read.
    pub async fn start(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        limits: Limits,
        address: SocketAddr,
        tls: Option<Tls>,
    ) -> anyhow::Result<Self> {
        let request_bytes = limits.request_bytes;
        let cx = Context::new(Arc::clone(&store), clock, limits)
            .await
            .map_err(|error| anyhow!("the store is not usable: {error:?}"))?;
        if cx.dispatch.set(gateway::dispatch(http::api()?)).is_err() {
            return Err(anyhow!("the context belongs to another server"));
        }
        let pipeline = match cx.limits.pipeline.clone() {
            Some(settings) => {
                let service = pipeline::Service::start(Arc::clone(&cx), settings).await;
                let service = service.map_err(|error| anyhow!("the outbox: {error:?}"))?;
                Some(tokio::spawn(service.run()))
            }
            None => None,
        };
        let (agents, scheduler) = match cx.limits.agents.clone() {
            Some(settings) => {
                let scheduler = scheduler::Service::start(Arc::clone(&cx)).await;
                let scheduler = scheduler.map_err(|error| anyhow!("the checks: {error:?}"))?;
                let listener = agents::Listener::start(&cx, &settings).await?;
                (Some(listener), Some(tokio::spawn(scheduler.run())))
            }
            None => (None, None),
        };
        let config = ConfigDropshot {
            bind_address: address,
            default_request_body_max_bytes: request_bytes,
            // A closed connection cancels its operation. This is safe: the only effect of an operation
            // is one transaction, which the store completes once it has accepted it.
            default_handler_task_mode: HandlerTaskMode::CancelOnDisconnect,
            ..ConfigDropshot::default()
        };
        let tls =
            tls.map(|tls| ConfigTls::AsFile { cert_file: tls.cert_file, key_file: tls.key_file });
        let log = http_log::logger(&cx.connections);
        let http = ServerBuilder::new(gateway::endpoints()?, Arc::clone(&cx), log)
            .config(config)
            .tls(tls)
            .start()
            .with_context(|| format!("cannot listen on {address}"))?;
        let background = tokio::spawn(background::run(Arc::clone(&cx)));
        let watchdog = Watchdog::start(&cx, http.local_addr()).map_err(|error| {
            tracing::warn!(
                error = format!("{error:#}"),
                "connections are not limited: use a reverse proxy that limits them"
            );
        });
        let watchdog = watchdog.ok();
        Ok(Self { http, background, agents, scheduler, pipeline, watchdog, cx, store })
    }

    /// Enables the test kit. A reset restores the objects of the store as they are now, and the clock of the
    /// machine. `clock` must be the one that the server was started with. Recorded requests are also appended to the
    /// file, if given. The test kit requires no credentials: enable it on loopback addresses only.
    ///
    /// # Errors
    /// If the store fails, or the file cannot be created.
    pub async fn enable_testkit(
        &self,
        clock: Arc<AdjustableClock>,
        request_log: Option<&Path>,
    ) -> anyhow::Result<()> {
        let address = self.address();
        let sockets = Sockets::new().map(Mutex::new);
        let reset_connection = move |client| {
            let Ok(sockets) = &sockets else { return };
            let mut sockets = sockets.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(error) = sockets.reset_when_closed(address, client) {
                tracing::warn!(%error, "a connection is closed without a reset");
            }
        };
        let operations = http::api()?.operations.into_iter().map(|operation| operation.id);
        let settings = testkit::Settings {
            clock,
            address,
            operations: operations.collect(),
            reset_connection: Box::new(reset_connection),
        };
        let testkit = Testkit::new(Arc::clone(&self.store), settings, request_log).await?;
        // Enabling it twice has no effect.
        let _ = self.cx.testkit.set(testkit);
        self.cx.auth.keep_issued_sessions();
        Ok(())
    }

    /// Creates or replaces the resources of files; see [`crate::import`]. Namespaced resources without
    /// a namespace are imported into `default`.
    ///
    /// # Errors
    /// If a file cannot be read or a resource is invalid: nothing is written. If the store fails.
    pub async fn import(&self, files: &[PathBuf]) -> anyhow::Result<Report> {
        let options = import::Options { reject_unknown_types: true, ..Default::default() };
        import::load(&self.cx, files, &options, |_, _| ()).await
    }

    /// The address that the server listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.http.local_addr()
    }

    /// The address that agents connect to. `None` if agents are disabled.
    #[must_use]
    pub fn agent_address(&self) -> Option<SocketAddr> {
        self.agents.as_ref().map(agents::Listener::address)
    }

    /// Refuses new connections, and reports on open ones for a second that the server is not ready.
    pub async fn drain(&self) {
        self.cx.stopping.store(true, Ordering::Relaxed);
        self.refuse_connections();
        if self.cx.connections.count() > 0 {
            tokio::time::sleep(DRAIN).await;
        }
    }

    fn refuse_connections(&self) {
        if let Some(watchdog) = &self.watchdog
            && !self.cx.connections.is_refusing()
        {
            self.cx.connections.set_refusing();
            watchdog.refuse();
        }
    }

    /// Completes the requests in progress, then closes the store.
    ///
    /// # Errors
    /// If Dropshot reports a failure of its own.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.cx.stopping.store(true, Ordering::Relaxed);
        self.refuse_connections();
        self.background.abort();
        if let Some(scheduler) = self.scheduler {
            scheduler.abort();
        }
        if let Some(agents) = self.agents {
            agents.stop().await;
        }
        self.cx.connections.close_idle();
        let closed = tokio::time::timeout(GRACE, self.http.close()).await;
        if let Some(pipeline) = self.pipeline {
            // Events that are not handled yet stay in the outbox.
            pipeline.abort();
            // The task ends with an error, because it was aborted.
            let _ = pipeline.await;
            pipeline::release(&self.cx).await;
        }
        self.store.close().await;
        match closed {
            Ok(Err(why)) => Err(anyhow!("shutdown failed: {why}")),
            // Requests still in progress after the grace period are cut off.
            Ok(Ok(())) | Err(_) => Ok(()),
        }
    }
}
