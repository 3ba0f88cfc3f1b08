//! The port for agents.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::{Service, Settings};
use crate::connections::Tls;
use crate::runtime::context::Cx;

/// Number of messages that wait until an agent reads them. Cron schedules can make many checks due in one second.
const QUEUE_LENGTH: usize = 2_000;

/// The port for agents. Dropping it closes all sessions without notice.
pub(crate) struct Listener {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Listener {
    /// Accepts agents from now on.
    ///
    /// # Errors
    /// If the address cannot be bound, or a TLS file cannot be read.
    pub(crate) async fn start(cx: &Cx, settings: &Settings) -> anyhow::Result<Self> {
        let transport = sensu_agents::Settings {
            backend_id: cx.resources.outbox.server().to_owned(),
            write_timeout: settings.write_timeout,
            queue_length: QUEUE_LENGTH,
            incomplete_handshakes: Settings::MAX_HANDSHAKES,
            ping_interval: settings.ping_interval,
            idle_timeout: settings.ping_interval.saturating_mul(5) / 2,
            ..sensu_agents::Settings::default()
        };
        let service = Arc::new(Service::new(Arc::clone(cx), settings));
        let mut listener = sensu_agents::Listener::new(service, transport);
        if let Some(tls) = &settings.tls {
            listener = listener.with_tls(Arc::new(tls_config(tls)?));
        }
        cx.agents.set_counters(listener.counters());
        let socket = TcpListener::bind(settings.address).await.with_context(|| {
            format!(
                "cannot listen for agents on {}; --agent-port selects another port, and --disable agents none",
                settings.address
            )
        })?;
        let address = socket.local_addr()?;
        cx.agents.set_address(address);
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(listener.serve(socket, async {
            // Dropping the sender stops it, too.
            let _ = stopped.await;
        }));
        Ok(Self { address, stop, task })
    }

    /// The address that agents connect to.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes all sessions: the agents connect again, perhaps to another server.
    pub(crate) async fn stop(self) {
        // The task has ended otherwise.
        let _ = self.stop.send(());
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the port for agents has failed");
        }
    }
}

fn tls_config(tls: &Tls) -> anyhow::Result<ServerConfig> {
    let certificates = CertificateDer::pem_file_iter(&tls.cert_file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| format!("--agent-cert-file {}", tls.cert_file.display()))?;
    let key = PrivateKeyDer::from_pem_file(&tls.key_file)
        .with_context(|| format!("--agent-key-file {}", tls.key_file.display()))?;
    let config = ServerConfig::builder().with_no_client_auth();
    config
        .with_single_cert(certificates, key)
        .context("the certificate and the private key of the port for agents")
}
