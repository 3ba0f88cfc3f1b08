//! What the subcommands do.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use sensu_store::sqlite::Durability;
use sensu_store::{Clock, MemoryStore, Store, SystemClock};
use serde_json::json;

use crate::cli::config::{Common, Init, LogFormat, LogLevel, Start};
use crate::cli::store_location::Location;
use crate::error::Error;
use crate::rbac::{self, Seeded};
use crate::{Server, Tls};

/// Serves until the process is told to stop.
///
/// # Errors
/// If the store cannot be opened or the address cannot be bound; the message says what to do.
pub(super) async fn start(settings: &Start) -> anyhow::Result<()> {
    log_to_stderr(settings.common.log_level, settings.common.log_format);
    let mut address = settings.api_listen_address;
    if let Some(port) = settings.port {
        address.set_port(port);
    }
    if settings.dev && !address.ip().is_loopback() {
        bail!(
            "--dev seeds passwords that everybody knows, so it listens on this machine only; \
             {address} can be reached from others. Use `sensu-server init` instead."
        );
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store: Arc<dyn Store> = match settings.in_memory {
        true => Arc::new(MemoryStore::new(Arc::clone(&clock))),
        false => open(&settings.common, settings.relaxed_durability, Arc::clone(&clock)).await?,
    };
    rbac::seed(store.as_ref()).await.map_err(Error::operator_error)?;
    if settings.dev {
        rbac::dev_users(store.as_ref(), settings.common.password_cost)
            .await
            .map_err(Error::operator_error)?;
        tracing::warn!(
            "--dev: users admin and agent have the well-known password {}",
            rbac::DEV_PASSWORD
        );
    }
    let tls = match (&settings.cert_file, &settings.key_file) {
        (Some(cert_file), Some(key_file)) => {
            Some(Tls { cert_file: cert_file.clone(), key_file: key_file.clone() })
        }
        _ => None,
    };
    let server = Server::start(store, clock, settings.limits(), address, tls).await?;
    let scheme = if settings.cert_file.is_some() { "https" } else { "http" };
    if settings.dev
        && let Err(error) = stand_in(&server, settings).await
    {
        server.stop().await?;
        return Err(error);
    }
    // Whoever is told that the server is there may tell it to stop at once.
    let told_to_stop = told_to_stop()?;
    if let Some(file) = &settings.ready_file {
        write_ready_file(file, &format!("{scheme}://{}", server.address()), settings.dev)
            .with_context(|| format!("cannot write the ready file {}", file.display()))?;
    }
    tracing::info!("serving the API on {scheme}://{}", server.address());
    told_to_stop.await;
    tracing::info!("stopping");
    server.stop().await
}

/// Makes a server a double for the tests of others: with the objects that they want to find.
async fn stand_in(server: &Server, settings: &Start) -> anyhow::Result<()> {
    if !settings.seed.is_empty() {
        let imported = server.import(&settings.seed).await.context("--seed")?;
        tracing::info!("--seed: {imported}");
    }
    server.offer_contract_kit(settings.request_log.as_deref()).await
}

/// Writes the facts that a client needs: beside the file and then in its place, so that nobody reads
/// half of it.
fn write_ready_file(file: &Path, url: &str, dev: bool) -> std::io::Result<()> {
    let pid = std::process::id();
    let facts = match dev {
        true => json!({ "url": url, "pid": pid, "user": "admin", "password": rbac::DEV_PASSWORD }),
        false => json!({ "url": url, "pid": pid }),
    };
    let mut beside = file.as_os_str().to_owned();
    beside.push(format!(".{}", std::process::id()));
    std::fs::write(&beside, format!("{facts}\n"))?;
    std::fs::rename(&beside, file)
}

/// Creates the first administrator.
///
/// # Errors
/// If the store is in use or cannot be opened, or the name or password breaks a rule.
pub(super) async fn init(settings: &Init) -> anyhow::Result<()> {
    log_to_stderr(settings.common.log_level, settings.common.log_format);
    let name = &settings.cluster_admin_username;
    let password = match &settings.cluster_admin_password {
        Some(password) => password.clone(),
        None if std::io::stdin().is_terminal() => ask_for_password(name)?,
        None => bail!(
            "no password for {name}: give --cluster-admin-password, set \
             SENSU_BACKEND_CLUSTER_ADMIN_PASSWORD, or run this on a terminal"
        ),
    };
    let store = open(&settings.common, false, Arc::new(SystemClock)).await?;
    rbac::seed(store.as_ref()).await.map_err(Error::operator_error)?;
    let cost = settings.common.password_cost;
    let seeded =
        rbac::admin(store.as_ref(), name, &password, cost).await.map_err(Error::operator_error)?;
    store.close().await;
    match seeded {
        Seeded::Now => {
            tracing::info!("user {name} can log in now");
            Ok(())
        }
        Seeded::Before => bail!("there is a user {name} already; its password was not changed"),
    }
}

async fn open(
    common: &Common,
    relaxed: bool,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<Arc<dyn Store>> {
    let durability = if relaxed { Durability::Relaxed } else { Durability::Disk };
    Location::of(&common.state_dir, &common.database)?.open(durability, clock).await
}

fn ask_for_password(name: &str) -> anyhow::Result<String> {
    let password = rpassword::prompt_password(format!("Password for {name}: "))?;
    if password != rpassword::prompt_password("The same again: ")? {
        bail!("the two are not the same");
    }
    Ok(password)
}

fn log_to_stderr(level: LogLevel, format: LogFormat) {
    let level = match level {
        LogLevel::Error => tracing::Level::ERROR,
        LogLevel::Warn => tracing::Level::WARN,
        LogLevel::Info => tracing::Level::INFO,
        LogLevel::Debug => tracing::Level::DEBUG,
        LogLevel::Trace => tracing::Level::TRACE,
    };
    let lines = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let installed = match format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    if let Err(error) = installed {
        let _ = writeln!(std::io::stderr(), "cannot log: {error}");
    }
}

/// Listens for the wish that the program stops, from now on; what is returned waits for it.
fn told_to_stop() -> std::io::Result<impl Future<Output = ()>> {
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
