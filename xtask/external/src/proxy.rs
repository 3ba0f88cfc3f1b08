//! Prism, as a proxy between a client and the server: it rejects requests and responses that differ from the
//! document, and logs each violation.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use sensu_server::seed;

use crate::served::Served;
use crate::tools;

/// Time limit for Prism to start and to write its log.
const TIMEOUT: Duration = Duration::from_secs(120);

/// An undocumented path, requested last: its violation marks the end of the log.
const END: &str = "/the-end";

/// A running Prism. Stopped when dropped.
pub(crate) struct Proxy {
    prism: Child,
    address: SocketAddr,
    log: PathBuf,
}

impl Proxy {
    /// Starts it in front of a server, and waits until it accepts connections.
    pub(crate) fn start(document: &Path, server: &str) -> anyhow::Result<Self> {
        let log = tools::fresh("prism")?.join("log");
        // Prism does not choose a free port.
        let address = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
        let mut command = tools::node("prism")?;
        command.args([
            "proxy",
            "--errors",
            "--verboseLevel",
            "debug",
            "--host",
            "127.0.0.1",
            "--port",
        ]);
        command.arg(address.port().to_string()).arg(document).arg(server);
        command.stdout(File::create(&log)?).stderr(Stdio::null());
        let mut proxy = Self { prism: command.spawn()?, address, log };
        let until = Instant::now() + TIMEOUT;
        while TcpStream::connect(address).is_err() {
            if let Some(status) = proxy.prism.try_wait()? {
                bail!("prism ended with {status}: {}", fs::read_to_string(&proxy.log)?);
            }
            if Instant::now() > until {
                bail!("prism does not listen: {}", fs::read_to_string(&proxy.log)?);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(proxy)
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The violations in its log, and the number of requests.
    pub(crate) fn findings(&self) -> anyhow::Result<(Vec<String>, usize)> {
        let log = self.complete_log()?;
        let is_violation = |line: &&str| {
            line.contains("terminated with error") || line.to_lowercase().contains("violation")
        };
        let lines = || log.lines().filter(|line| !line.contains(END));
        let requests = lines().filter(|line| line.contains("Request received")).count();
        Ok((lines().filter(is_violation).map(str::to_owned).collect(), requests))
    }

    /// Its log of all requests so far. Prism responds before it writes, but it writes in order: the violation
    /// of a last request follows all others.
    fn complete_log(&self) -> anyhow::Result<String> {
        status(reqwest::Client::new().get(format!("{}{END}", self.url())))?;
        let until = Instant::now() + TIMEOUT;
        loop {
            let log = String::from_utf8_lossy(&fs::read(&self.log)?).into_owned();
            let ends = |line: &str| line.contains(END) && line.contains("terminated with error");
            if log.lines().any(ends) {
                return Ok(log);
            }
            ensure!(Instant::now() < until, "prism's log has no end: {log}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Sends a request. Returns the status.
fn status(request: reqwest::RequestBuilder) -> anyhow::Result<reqwest::StatusCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(request.send())?.status())
}

/// Logs in to a fresh server through a Prism with another document.
///
/// # Errors
/// With the violations.
pub(crate) fn log_in_through(document: &Path) -> anyhow::Result<()> {
    let server = Served::start()?;
    let proxy = Proxy::start(document, &server.url())?;
    let request = reqwest::Client::new().get(format!("{}/auth", proxy.url()));
    let status = status(request.basic_auth("admin", Some(seed::DEV_PASSWORD)))?;
    let (violations, requests) = proxy.findings()?;
    drop(proxy);
    server.stop()?;
    ensure!(requests == 1, "Prism saw {requests} requests");
    ensure!(violations.is_empty(), "{status}: {}", violations.join("\n"));
    Ok(())
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // Both fail if it has already stopped.
        let _ = self.prism.kill();
        let _ = self.prism.wait();
    }
}
