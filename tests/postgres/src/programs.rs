//! The PostgreSQL programs, and the user that runs them.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;

/// The installed programs.
pub(crate) struct Programs {
    bin: PathBuf,
    /// PostgreSQL does not run as root: then it runs as the user `postgres` of its package.
    root: bool,
}

/// Whether PostgreSQL is installed. If not, prints once how to install it.
///
/// # Panics
/// If it is not installed and `CI` is set: CI must not skip the tests.
pub fn installed() -> bool {
    static PRINTED: Once = Once::new();
    let found = Programs::find().is_some();
    let required =
        std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
    assert!(found || !required, "PostgreSQL is not installed: apt-get install postgresql");
    if !found {
        PRINTED.call_once(|| {
            // Not with a macro, whose output the test harness captures.
            let _ = std::io::stderr().write_all(
                b"not tested on PostgreSQL, which is not installed: apt-get install postgresql\n",
            );
        });
    }
    found
}

impl Programs {
    /// The newest installed version, in the directory of Debian's packages or on the path.
    pub(crate) fn find() -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let on_path = std::env::split_paths(&path).collect::<Vec<_>>();
        let versions = std::fs::read_dir("/usr/lib/postgresql").ok();
        let versions = versions.into_iter().flatten().flatten().map(|entry| entry.path());
        let mut versions: Vec<PathBuf> = versions.collect();
        versions.sort_by_key(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            std::cmp::Reverse(name.parse::<u32>().unwrap_or(0))
        });
        let debian = versions.into_iter().map(|version| version.join("bin"));
        let bin = debian.chain(on_path).find(|bin| bin.join("initdb").is_file())?;
        let id = Command::new("id").arg("-u").output().ok()?;
        Some(Self { bin, root: id.stdout.trim_ascii() == b"0" })
    }

    pub(crate) fn path(&self, program: &str) -> PathBuf {
        self.bin.join(program)
    }

    /// A command that runs the program as a user that PostgreSQL accepts.
    pub(crate) fn command(&self, program: &str) -> Command {
        if !self.root {
            return Command::new(self.path(program));
        }
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
        command.arg(self.path(program)).current_dir("/");
        command
    }

    /// Makes the user that runs the programs the owner of a directory.
    pub(crate) fn take_ownership(&self, path: &Path) {
        if self.root {
            let changed = Command::new("chown").arg("-R").arg("postgres").arg(path).status();
            assert!(changed.is_ok_and(|status| status.success()), "chown {}", path.display());
        }
    }
}
