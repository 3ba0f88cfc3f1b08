//! An installation that is filled by `import` or `init`, and used by `sensuctl`.

use std::path::{Path, PathBuf};
use std::process::Command;

use sensu_tests::process::{Process, run};
use serde_json::Value;

const PASSWORD: &str = "long enough";

/// A store, the home directory of a user, and the files of a migration.
pub(super) struct Installation {
    pub(super) dir: tempfile::TempDir,
}

impl Installation {
    /// Imports a dump into an empty store, and sets the password of the administrator. Returns the report.
    pub(super) fn import(dump: &Path, flags: &[&str]) -> (Self, Value) {
        let installation = Self { dir: tempfile::tempdir().expect("a directory") };
        let report = installation.dir.path().join("report.json");
        let mut import = installation.server("import");
        import.arg(dump).arg("--report").arg(&report).args(flags);
        succeed(import);
        installation.init();
        let report = std::fs::read_to_string(report).expect("a report");
        (installation, serde_json::from_str(&report).expect("JSON"))
    }

    /// An installation that has only an administrator.
    pub(super) fn empty() -> Self {
        let installation = Self { dir: tempfile::tempdir().expect("a directory") };
        installation.init();
        installation
    }

    fn init(&self) {
        let mut init = self.server("init");
        init.args(["--cluster-admin-username", "admin", "--cluster-admin-password", PASSWORD]);
        succeed(init);
    }

    fn server(&self, command: &str) -> Command {
        let mut server = Command::new(env!("CARGO_BIN_EXE_test-server"));
        server.args([command, "--password-cost", "4", "--state-dir"]);
        server.arg(self.dir.path().join("store"));
        server
    }

    /// Dumps everything with `sensuctl`.
    pub(super) fn dump(&self, flags: &[&str]) -> PathBuf {
        let flags = flags.join(" ");
        // `all` does not include the setting of usage reports.
        let commands =
            ["all", "tessen"].map(|types| format!("dump {types} --all-namespaces {flags}"));
        let texts = self.run_sensuctl(&commands);
        let file = self.dir.path().join(format!("dump{flags}"));
        let separator = if flags.contains("yaml") { "\n---\n" } else { "" };
        std::fs::write(&file, texts.join(separator)).expect("writes");
        file
    }

    /// Starts the server, runs commands of `sensuctl` in the directory, and returns their output.
    pub(super) fn run_sensuctl(&self, commands: &[String]) -> Vec<String> {
        let mut start = self.server("start");
        start.args(["--api-listen-address", "127.0.0.1:0"]);
        let (process, _) = Process::launch_with(start, drop).expect("starts");
        let mut configure = self.sensuctl();
        configure.args(["configure", "--non-interactive", "--url", &process.url("")]);
        configure.args(["--username", "admin", "--password", PASSWORD]);
        succeed(configure);
        let run = |command: &String| {
            let mut sensuctl = self.sensuctl();
            let output = sensuctl.args(command.split_whitespace()).output().expect("runs");
            assert!(output.status.success(), "{command}: {output:?}");
            String::from_utf8(output.stdout).expect("text")
        };
        let outputs = commands.iter().map(run).collect();
        assert!(process.stop());
        outputs
    }

    fn sensuctl(&self) -> Command {
        let mut sensuctl = Command::new(env!("CARGO_BIN_EXE_test-sensuctl"));
        sensuctl.env_clear().env("HOME", self.dir.path()).env("PATH", "/usr/bin:/bin");
        sensuctl.current_dir(&self.dir);
        sensuctl
    }
}

fn succeed(command: Command) -> String {
    let shown = format!("{command:?}");
    let (succeeded, output) = run(command);
    assert!(succeeded, "{shown}: {output}");
    output
}
