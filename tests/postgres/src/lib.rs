//! A PostgreSQL of their own for tests: from the system's package, in a private folder, reached
//! through a socket in it, and gone when the test process is, however that ends.
//!
//! Where PostgreSQL is not installed, [`installed`] says so in one line; on a machine that builds
//! releases (`CI=true`) that is a failure.

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

/// How long starting and stopping may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running PostgreSQL.
pub struct Postgres {
    programs: Programs,
    dir: PathBuf,
    settings: Vec<String>,
    guard: Mutex<Option<Guard>>,
}

impl Postgres {
    /// One for all tests of this process, each of which takes a schema of its own. `None` where
    /// PostgreSQL is not installed.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Postgres>> = OnceLock::new();
        SHARED.get_or_init(|| installed().then(|| Self::start(&[]))).as_ref()
    }

    /// One for a single test that is going to harm it, with further settings: `name=value`.
    ///
    /// # Panics
    /// If it does not start; the message has its log.
    pub fn start(settings: &[&str]) -> Self {
        Self::start_with(settings, &[])
    }

    /// The same with files in its folder, which settings call `{dir}`. With a `port` of its own, it
    /// is not at [`Postgres::url`].
    ///
    /// # Panics
    /// If it does not start; the message has its log.
    pub fn start_with(settings: &[&str], files: &[(&str, &str)]) -> Self {
        let programs = Programs::find().expect("PostgreSQL is installed: ask `installed` first");
        let dir = tempfile::Builder::new().prefix("sensu-pg-").tempdir().expect("a folder").keep();
        for (name, content) in files {
            std::fs::write(dir.join(name), content).expect("a file");
            let private = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(dir.join(name), private).expect("is ours");
        }
        programs.own(&dir);
        let data = dir.join("data");
        let made = programs
            .command("initdb")
            .args(["--username=sensu", "--auth=trust", "--encoding=UTF8", "--locale=C"])
            .arg("--pgdata")
            .arg(&data)
            .output()
            .expect("initdb runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let shown = dir.display().to_string();
        let settings = settings.iter().map(|setting| setting.replace("{dir}", &shown)).collect();
        let postgres = Self { programs, dir, settings, guard: Mutex::new(None) };
        postgres.again();
        postgres
    }

    /// The address of its database.
    pub fn url(&self) -> String {
        let mut encoded = String::new();
        for byte in self.dir.as_os_str().as_encoded_bytes() {
            let _ = write!(encoded, "%{byte:02X}");
        }
        format!("postgres://sensu@/postgres?host={encoded}")
    }

    /// Its folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// A name for a schema that nobody else has.
    pub fn schema(&self) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        format!("test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// kill -9 for all of its processes: no chance to finish anything.
    pub fn kill(&self) {
        if let Some(guard) = self.guard().take() {
            guard.kill();
        }
    }

    /// Stops it for a while without ending it: nobody answers, no connection breaks.
    pub fn freeze(&self) {
        self.guard().as_ref().expect("it runs").signal("STOP");
    }

    /// Goes on after [`Postgres::freeze`].
    pub fn thaw(&self) {
        self.guard().as_ref().expect("it runs").signal("CONT");
    }

    /// Starts it again after [`Postgres::kill`] and waits until it takes connections.
    ///
    /// # Panics
    /// If it does not start; the message has its log.
    pub fn again(&self) {
        let deadline = Instant::now() + PATIENCE;
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
            while guard.runs() {
                if self.ready() {
                    *self.guard() = Some(guard);
                    return;
                }
                assert!(Instant::now() < deadline, "{}", read(&log));
                std::thread::sleep(Duration::from_millis(30));
            }
            // Processes of the one before may still hold its memory.
            guard.release();
            assert!(Instant::now() < deadline, "{}", read(&log));
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn guard(&self) -> MutexGuard<'_, Option<Guard>> {
        self.guard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ready(&self) -> bool {
        let mut asked = Command::new(self.programs.path("pg_isready"));
        let port = self.settings.iter().find_map(|setting| setting.strip_prefix("port="));
        asked.arg("-q").arg("-h").arg(&self.dir).args(["-p", port.unwrap_or("5432")]);
        asked.status().is_ok_and(|status| status.success())
    }
}

fn read(log: &Path) -> String {
    std::fs::read_to_string(log).unwrap_or_default()
}
