//! Prism between a client and the server: an answer or a request that is not as documented becomes a
//! failure that the client sees, and a line in Prism's log.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use sensu_server::rbac;

use crate::served::Served;
use crate::tools;

/// How long Prism may take to read the document.
const PATIENCE: Duration = Duration::from_secs(120);

/// What nobody documents: asked for last, and found at the end of the log.
const END: &str = "/the-end";

/// A running Prism. Stops when dropped.
pub(crate) struct Proxy {
    prism: Child,
    address: SocketAddr,
    log: PathBuf,
}

impl Proxy {
    /// Starts one in front of a server, and waits until it listens.
    pub(crate) fn start(document: &Path, server: &str) -> anyhow::Result<Self> {
        let log = tools::fresh("prism")?.join("log");
        // Prism does not take a free port by itself.
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
        let until = Instant::now() + PATIENCE;
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

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The lines of its log about what is not as documented, and how many requests it saw.
    pub(crate) fn findings(&self) -> anyhow::Result<(Vec<String>, usize)> {
        let log = self.whole_log()?;
        // What it does not forward or hand back: violations, and what it takes for one.
        let refused = |line: &&str| {
            line.contains("terminated with error") || line.to_lowercase().contains("violation")
        };
        let told = || log.lines().filter(|line| !line.contains(END));
        let requests = told().filter(|line| line.contains("Request received")).count();
        Ok((told().filter(refused).map(str::to_owned).collect(), requests))
    }

    /// Its log with everything that was asked so far. Prism answers before it writes, but it writes in
    /// order: when it has refused what is asked for now, it has said all there is to say before.
    fn whole_log(&self) -> anyhow::Result<String> {
        status(reqwest::Client::new().get(format!("{}{END}", self.url())))?;
        let until = Instant::now() + PATIENCE;
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

/// Asks, and answers with the status.
fn status(request: reqwest::RequestBuilder) -> anyhow::Result<reqwest::StatusCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(request.send())?.status())
}

/// Logs in to a fresh server through a Prism that has another document.
///
/// # Errors
/// With what Prism has to say about it.
pub(crate) fn look(document: &Path) -> anyhow::Result<()> {
    let server = Served::start()?;
    let proxy = Proxy::start(document, &server.url())?;
    let log_in = reqwest::Client::new().get(format!("{}/auth", proxy.url()));
    let status = status(log_in.basic_auth("admin", Some(rbac::DEV_PASSWORD)))?;
    let (violations, requests) = proxy.findings()?;
    drop(proxy);
    server.stop()?;
    ensure!(requests == 1, "Prism saw {requests} requests");
    ensure!(violations.is_empty(), "{status}: {}", violations.join("\n"));
    Ok(())
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.prism.kill();
        let _ = self.prism.wait();
    }
}
