//! A running server: Dropshot behind the gateway, and the background task.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use dropshot::{ConfigDropshot, ConfigTls, HandlerTaskMode, HttpServer, ServerBuilder};
use sensu_store::{Clock, Store};
use slog::{Drain as _, Logger};
use tokio::task::JoinHandle;

use crate::import::{self, Imported};
use crate::runtime::background;
use crate::runtime::context::{Context, Cx, Limits};
use crate::testkit::Testkit;
use crate::{gateway, http};

/// Maximum time for open connections to finish their requests at shutdown.
const GRACE: Duration = Duration::from_secs(10);

/// A running server.
pub struct Server {
    http: HttpServer<Cx>,
    background: JoinHandle<()>,
    cx: Cx,
    store: Arc<dyn Store>,
}

/// Certificate and private key for HTTPS.
#[derive(Clone, Debug)]
pub struct Tls {
    /// PEM file with the certificate chain.
    pub cert_file: PathBuf,
    /// PEM file with the private key, in PKCS #8.
    pub key_file: PathBuf,
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
        // The access log replaces the log lines of Dropshot, which contain less and cost more.
        let silent = Logger::root(slog::Discard.fuse(), slog::o!());
        let http = ServerBuilder::new(gateway::endpoints()?, Arc::clone(&cx), silent)
            .config(config)
            .tls(tls)
            .start()
            .with_context(|| format!("cannot listen on {address}"))?;
        let background = tokio::spawn(background::run(Arc::clone(&cx)));
        Ok(Self { http, background, cx, store })
    }

    /// Enables the test kit. A reset restores the objects of the store as they are now. Recorded
    /// requests are also appended to the file, if given. The test kit requires no credentials: enable it
    /// on loopback addresses only.
    ///
    /// # Errors
    /// If the store fails, or the file cannot be created.
    pub async fn enable_testkit(&self, request_log: Option<&Path>) -> anyhow::Result<()> {
        let testkit = Testkit::new(Arc::clone(&self.store), request_log, self.address()).await?;
        // Enabling it twice has no effect.
        let _ = self.cx.testkit.set(testkit);
        Ok(())
    }

    /// Creates or replaces the resources of files; see [`crate::import`]. Namespaced resources without
    /// a namespace are imported into `default`.
    ///
    /// # Errors
    /// If a file cannot be read or a resource is invalid: nothing is written. If the store fails.
    pub async fn import(&self, files: &[PathBuf]) -> anyhow::Result<Imported> {
        import::load(&self.cx, files, "default", |_, _| ()).await
    }

    /// The address that the server listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.http.local_addr()
    }

    /// Completes the requests in progress, then closes the store.
    ///
    /// # Errors
    /// If Dropshot reports a failure of its own.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.cx.stopping.store(true, Ordering::Relaxed);
        self.background.abort();
        let closed = tokio::time::timeout(GRACE, self.http.close()).await;
        self.store.close().await;
        match closed {
            Ok(Err(why)) => Err(anyhow!("shutdown failed: {why}")),
            // Requests still in progress after the grace period are cut off.
            Ok(Ok(())) | Err(_) => Ok(()),
        }
    }
}
