//! The server as a process, with a folder as its store.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

/// Password of the administrator of a measured server.
pub(super) const PASSWORD: &str = "P@ssw0rd!";

/// Time limit for starting, with a large store on a busy machine.
const START_TIMEOUT: Duration = Duration::from_secs(120);

/// A running server. Killed when dropped.
pub(super) struct Process {
    child: Child,
    /// Host and port.
    pub(super) address: String,
    /// Time from its start until it accepted requests.
    pub(super) started_in: Duration,
}

impl Process {
    /// Creates a store with an administrator.
    pub(super) fn init(program: &Path, state: &Path) -> anyhow::Result<()> {
        let mut init = Command::new(program);
        init.args(["init", "--cluster-admin-password", PASSWORD, "--password-cost", "4"]);
        let status = init.arg("--state-dir").arg(state).stderr(Stdio::null()).status()?;
        ensure!(status.success(), "{} init: {status}", program.display());
        Ok(())
    }

    /// Starts a server on an existing store, and waits until it accepts requests.
    pub(super) fn start(program: &Path, state: &Path) -> anyhow::Result<Self> {
        Self::start_logged(program, state, Stdio::null())
    }

    /// The same, with further settings.
    pub(super) fn start_with(
        program: &Path,
        state: &Path,
        settings: &[&str],
    ) -> anyhow::Result<Self> {
        Self::launch(program, state, settings, Stdio::null())
    }

    /// The same, with a destination for its log.
    pub(super) fn start_logged(program: &Path, state: &Path, log: Stdio) -> anyhow::Result<Self> {
        Self::launch(program, state, &[], log)
    }

    fn launch(program: &Path, state: &Path, settings: &[&str], log: Stdio) -> anyhow::Result<Self> {
        let ready = PathBuf::from(format!("{}.ready", state.display()));
        if ready.exists() {
            std::fs::remove_file(&ready)?;
        }
        let began = Instant::now();
        let mut start = Command::new(program);
        start.args(["start", "--api-listen-address", "127.0.0.1:0", "--access-token-expiry"]);
        start.arg("86400").arg("--state-dir").arg(state).arg("--ready-file").arg(&ready);
        start.args(settings);
        let mut child = start.stdout(Stdio::null()).stderr(log).spawn()?;
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

    /// Resident anonymous memory, in MiB.
    pub(super) fn memory(&self) -> anyhow::Result<f64> {
        let kib = self.status("RssAnon")?;
        Ok(kib.trim_end_matches(" kB").parse::<f64>()? / 1024.0)
    }

    /// All resident memory, including that of the program and of mapped files, in MiB.
    pub(super) fn resident(&self) -> anyhow::Result<f64> {
        let kib = self.status("VmRSS")?;
        Ok(kib.trim_end_matches(" kB").parse::<f64>()? / 1024.0)
    }

    /// Number of threads.
    pub(super) fn threads(&self) -> anyhow::Result<usize> {
        Ok(self.status("Threads")?.parse()?)
    }

    /// Number of open file descriptors.
    pub(super) fn descriptors(&self) -> anyhow::Result<usize> {
        Ok(std::fs::read_dir(format!("/proc/{}/fd", self.child.id()))?.count())
    }

    /// A field of `/proc/PID/status`.
    fn status(&self, field: &str) -> anyhow::Result<String> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let mut fields = status.lines().filter_map(|line| line.split_once(':'));
        let found = fields.find(|(name, _)| *name == field);
        Ok(found.with_context(|| format!("no {field}"))?.1.trim().to_owned())
    }

    /// CPU time so far, user and system.
    pub(super) fn cpu_time(&self) -> anyhow::Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // User and system time are fields 14 and 15. The name, field 2, may contain spaces.
        let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(2);
        let ticks: Result<Vec<u64>, _> = fields.map(str::parse).collect();
        // 100 ticks per second, on every architecture of Linux.
        Ok(Duration::from_millis(ticks?.iter().sum::<u64>() * 10))
    }

    /// Stops it with SIGTERM, and waits for its end.
    pub(super) fn stop(mut self) -> anyhow::Result<()> {
        let signal = Command::new("kill").arg(self.child.id().to_string()).status()?;
        ensure!(signal.success(), "cannot stop the server");
        let ended = self.child.wait()?;
        ensure!(ended.success(), "the server ended with {ended}");
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail if it has already stopped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
