//! Where PostgreSQL's programs are, and as whom they run.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;

/// PostgreSQL's programs.
pub(crate) struct Programs {
    bin: PathBuf,
    /// PostgreSQL refuses to run as root: then it runs as the user its package makes.
    root: bool,
}

/// Whether PostgreSQL can be run here. Says in one line how to get it, if not.
///
/// # Panics
/// If not and `CI` is set: there it belongs to what is tested.
pub fn installed() -> bool {
    static SAID: Once = Once::new();
    let found = Programs::find().is_some();
    let must = std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
    assert!(found || !must, "PostgreSQL is not installed: apt-get install postgresql");
    if !found {
        SAID.call_once(|| {
            // Not with a macro, whose words the test harness keeps to itself.
            let _ = std::io::stderr().write_all(
                b"not tested on PostgreSQL, which is not installed: apt-get install postgresql\n",
            );
        });
    }
    found
}

impl Programs {
    /// The newest version that is installed: on the path, or where Debian puts it.
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

    /// A command that runs the program as somebody it accepts.
    pub(crate) fn command(&self, program: &str) -> Command {
        if !self.root {
            return Command::new(self.path(program));
        }
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
        command.arg(self.path(program)).current_dir("/");
        command
    }

    /// Gives a folder to whoever runs the programs.
    pub(crate) fn own(&self, path: &Path) {
        if self.root {
            let given = Command::new("chown").arg("-R").arg("postgres").arg(path).status();
            assert!(given.is_ok_and(|status| status.success()), "{} given away", path.display());
        }
    }
}
