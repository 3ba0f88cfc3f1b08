//! A private PostgreSQL server for tests: the installed programs, with a temporary data directory
//! and a Unix socket in it. It ends with the test process, however that ends.
//!
//! If PostgreSQL is not installed, [`installed`] prints a line and the tests are skipped; with
//! `CI=true` they fail.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod guard;
mod programs;

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use guard::Guard;
use programs::Programs;

pub use programs::installed;

/// Limit for a server that never starts. Far longer than a start on a busy machine.
const START_TIMEOUT: Duration = Duration::from_secs(300);

/// A PostgreSQL server.
pub struct Postgres {
    programs: Programs,
    dir: PathBuf,
    settings: Vec<String>,
    guard: Mutex<Option<Guard>>,
}

impl Postgres {
    /// The server that all tests of this process share, each with its own schema. `None` if
    /// PostgreSQL is not installed.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Postgres>> = OnceLock::new();
        SHARED.get_or_init(|| installed().then(|| Self::start(&[]))).as_ref()
    }

    /// Starts a server for one test that stops or damages it, with additional settings
    /// (`name=value`).
    ///
    /// # Panics
    /// If it does not start. The message contains its log.
    pub fn start(settings: &[&str]) -> Self {
        Self::start_with(settings, &[])
    }

    /// Like [`Postgres::start`], with additional files in its directory, which settings refer to as
    /// `{dir}`. With the setting `port`, [`Postgres::url`] is not valid.
    ///
    /// # Panics
    /// If it does not start. The message contains its log.
    pub fn start_with(settings: &[&str], files: &[(&str, &str)]) -> Self {
        let programs = Programs::find().expect("PostgreSQL is installed: call `installed` first");
        let dir = tempfile::Builder::new().prefix("sensu-pg-").tempdir().expect("a folder").keep();
        for (name, content) in files {
            std::fs::write(dir.join(name), content).expect("a file");
            let private = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(dir.join(name), private).expect("is ours");
        }
        programs.take_ownership(&dir);
        let data = dir.join("data");
        let created = programs
            .command("initdb")
            .args(["--username=sensu", "--auth=trust", "--encoding=UTF8", "--locale=C"])
            .arg("--pgdata")
            .arg(&data)
            .output()
            .expect("initdb runs");
        assert!(created.status.success(), "{}", String::from_utf8_lossy(&created.stderr));
        let path = dir.display().to_string();
        let settings = settings.iter().map(|setting| setting.replace("{dir}", &path)).collect();
        let postgres = Self { programs, dir, settings, guard: Mutex::new(None) };
        postgres.restart();
        postgres
    }

    /// The URL of the database.
    pub fn url(&self) -> String {
        let mut encoded = String::new();
        for byte in self.dir.as_os_str().as_encoded_bytes() {
            let _ = write!(encoded, "%{byte:02X}");
        }
        format!("postgres://sensu@/postgres?host={encoded}")
    }

    /// The directory of the server.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// A schema name that no other test has.
    pub fn unique_schema(&self) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        format!("test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// Kills all processes of the server with SIGKILL.
    pub fn kill(&self) {
        if let Some(guard) = self.guard().take() {
            guard.kill();
        }
    }

    /// Suspends all processes of the server: it does not respond, but connections stay open.
    pub fn suspend(&self) {
        self.guard().as_ref().expect("the server runs").signal("STOP");
    }

    /// Continues after [`Postgres::suspend`].
    pub fn resume(&self) {
        self.guard().as_ref().expect("the server runs").signal("CONT");
    }

    /// Starts the server after [`Postgres::kill`] and waits until it accepts connections.
    ///
    /// # Panics
    /// If it does not start. The message contains its log.
    pub fn restart(&self) {
        let deadline = Instant::now() + START_TIMEOUT;
        let log = self.dir.join("log");
        loop {
            let mut command = self.programs.command("postgres");
            command.arg("-D").arg(self.dir.join("data")).arg("-k").arg(&self.dir);
            for setting in ["max_connections=300", "shared_buffers=64MB", "listen_addresses="] {
                command.arg("-c").arg(setting);
            }
            for setting in &self.settings {
                command.arg("-c").arg(setting);
            }
            let mut guard = Guard::start(&command, &self.dir, &log);
            while guard.is_running() {
                if self.accepts_connections() {
                    *self.guard() = Some(guard);
                    return;
                }
                assert!(Instant::now() < deadline, "{}", read(&log));
                std::thread::sleep(Duration::from_millis(30));
            }
            // Processes of the killed server may still use its shared memory.
            guard.release();
            assert!(Instant::now() < deadline, "{}", read(&log));
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn guard(&self) -> MutexGuard<'_, Option<Guard>> {
        self.guard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accepts_connections(&self) -> bool {
        let mut command = Command::new(self.programs.path("pg_isready"));
        let port = self.settings.iter().find_map(|setting| setting.strip_prefix("port="));
        command.arg("-q").arg("-h").arg(&self.dir).args(["-p", port.unwrap_or("5432")]);
        command.status().is_ok_and(|status| status.success())
    }
}

fn read(log: &Path) -> String {
    std::fs::read_to_string(log).unwrap_or_default()
}
