//! A running server: Dropshot behind the front door, and the keeper beside it.

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
use crate::runtime::background as keeper;
use crate::runtime::context::{Context, Cx, Limits};
use crate::testkit::Dev;
use crate::{gateway as front, http};

/// How long connections may take to finish what they are doing when the server stops.
const GRACE: Duration = Duration::from_secs(10);

/// A server that listens.
pub struct Server {
    http: HttpServer<Cx>,
    keeper: JoinHandle<()>,
    cx: Cx,
    store: Arc<dyn Store>,
}

/// Where the certificate is, to serve HTTPS.
#[derive(Clone, Debug)]
pub struct Tls {
    /// PEM file with the certificate chain.
    pub cert_file: PathBuf,
    /// PEM file with the private key, in PKCS #8.
    pub key_file: PathBuf,
}

impl Server {
    /// Starts serving a store that has been [seeded](crate::rbac::seed).
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
        if cx.dispatch.set(front::dispatch(http::api()?)).is_err() {
            return Err(anyhow!("the context belongs to another server"));
        }
        let config = ConfigDropshot {
            bind_address: address,
            default_request_body_max_bytes: request_bytes,
            // A client that goes away cancels its operation. That is safe: an operation's only
            // effect is one transaction, which the store finishes once it has it.
            default_handler_task_mode: HandlerTaskMode::CancelOnDisconnect,
            ..ConfigDropshot::default()
        };
        let tls =
            tls.map(|tls| ConfigTls::AsFile { cert_file: tls.cert_file, key_file: tls.key_file });
        // Dropshot's own log lines say less than ours and cost more.
        let silent = Logger::root(slog::Discard.fuse(), slog::o!());
        let http = ServerBuilder::new(front::door()?, Arc::clone(&cx), silent)
            .config(config)
            .tls(tls)
            .start()
            .with_context(|| format!("cannot listen on {address}"))?;
        let keeper = tokio::spawn(keeper::keep(Arc::clone(&cx)));
        Ok(Self { http, keeper, cx, store })
    }

    /// Offers the contract kit, whose reset brings the objects back to what they are now. Requests
    /// are also written to the file, if there is one. Never where strangers can reach the server: the
    /// kit asks nobody for credentials.
    ///
    /// # Errors
    /// If the store fails, or the file cannot be created.
    pub async fn offer_contract_kit(&self, request_log: Option<&Path>) -> anyhow::Result<()> {
        let kit = Dev::over(self.store.as_ref(), request_log).await?;
        // A kit that is there already is as good.
        let _ = self.cx.dev.set(kit);
        Ok(())
    }

    /// Creates or replaces what files hold; see [`crate::import`]. Namespaced objects that name no
    /// namespace go to `default`.
    ///
    /// # Errors
    /// If a file cannot be read, or a document breaks a rule: nothing was written then. If the store
    /// fails.
    pub async fn import(&self, files: &[PathBuf]) -> anyhow::Result<Imported> {
        import::load(&self.cx, files, "default", |_, _| ()).await
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.http.local_addr()
    }

    /// Finishes the requests under way, then closes the store.
    ///
    /// # Errors
    /// If Dropshot reports a failure of its own.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.cx.stopping.store(true, Ordering::Relaxed);
        self.keeper.abort();
        let closed = tokio::time::timeout(GRACE, self.http.close()).await;
        self.store.close().await;
        match closed {
            Ok(Err(why)) => Err(anyhow!("while stopping: {why}")),
            // Whoever has not finished by now never will.
            Ok(Ok(())) | Err(_) => Ok(()),
        }
    }
}
