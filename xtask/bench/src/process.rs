//! The server as its users run it: a process of its own, over a folder.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

/// Everybody's, and only for as long as a measurement takes.
pub(super) const PASSWORD: &str = "P@ssw0rd!";

/// How long starting may take, with a large store on a busy machine.
const START_TIMEOUT: Duration = Duration::from_secs(120);

/// A server at work. Killed when dropped.
pub(super) struct Process {
    child: Child,
    /// Host and port.
    pub(super) address: String,
    /// How long it took until it took requests.
    pub(super) started_in: Duration,
}

impl Process {
    /// Makes a store with an administrator.
    pub(super) fn init(program: &Path, state: &Path) -> anyhow::Result<()> {
        let mut init = Command::new(program);
        init.args(["init", "--cluster-admin-password", PASSWORD, "--password-cost", "4"]);
        let done = init.arg("--state-dir").arg(state).stderr(Stdio::null()).status()?;
        ensure!(done.success(), "{} init: {done}", program.display());
        Ok(())
    }

    /// Starts a server on a store that there is.
    pub(super) fn start(program: &Path, state: &Path) -> anyhow::Result<Self> {
        let ready = PathBuf::from(format!("{}.ready", state.display()));
        if ready.exists() {
            std::fs::remove_file(&ready)?;
        }
        let began = Instant::now();
        let mut start = Command::new(program);
        start.args(["start", "--api-listen-address", "127.0.0.1:0", "--access-token-expiry"]);
        start.arg("86400").arg("--state-dir").arg(state).arg("--ready-file").arg(&ready);
        let mut child = start.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        while !ready.exists() {
            if let Some(ended) = child.try_wait()? {
                bail!("{} start: {ended}", program.display());
            }
            ensure!(began.elapsed() < START_TIMEOUT, "the server does not start");
            std::thread::sleep(Duration::from_millis(1));
        }
        let started_in = began.elapsed();
        let facts: serde_json::Value = serde_json::from_slice(&std::fs::read(&ready)?)?;
        let url = facts["url"].as_str().context("no address in the ready file")?;
        let address = url.trim_start_matches("http://").to_owned();
        Ok(Self { child, address, started_in })
    }

    /// Memory that is its own and in use now, in MB.
    pub(super) fn memory(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")).context("no RssAnon")?;
        Ok(kib.parse::<f64>()? / 1024.0)
    }

    /// Time that processors have spent on it, its work in the kernel included.
    pub(super) fn worked(&self) -> anyhow::Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // After the name, which may hold anything; user and system time are the 14th and 15th dataset.
        let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(2);
        let ticks: Result<Vec<u64>, _> = fields.map(str::parse).collect();
        // A hundred a second, on every machine that Linux knows.
        Ok(Duration::from_millis(ticks?.iter().sum::<u64>() * 10))
    }

    /// Tells it to stop, and waits until it has.
    pub(super) fn stop(mut self) -> anyhow::Result<()> {
        let told = Command::new("kill").arg(self.child.id().to_string()).status()?;
        ensure!(told.success(), "cannot stop the server");
        let ended = self.child.wait()?;
        ensure!(ended.success(), "the server ended with {ended}");
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
