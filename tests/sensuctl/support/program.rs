//! The program with a home directory, and a server for it.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sensu_tests::TestServer;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A server, and a home directory with a session of `admin` there.
pub(crate) struct Fixture {
    /// Runs the server.
    pub runtime: Runtime,
    pub server: TestServer,
    pub home: Home,
}

/// A home directory.
pub(crate) struct Home {
    folder: TempDir,
}

/// The result of a run.
#[derive(Debug)]
pub(crate) struct RunOutput {
    /// Exit code.
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Fixture {
    /// Starts a server, and logs in.
    pub(crate) fn new() -> Self {
        let runtime = runtime();
        let server = runtime.block_on(TestServer::start());
        let home = Home::new();
        home.log_in(&server.url());
        Self { runtime, server, home }
    }

    /// Runs a command line that succeeds. Returns its standard output.
    pub(crate) fn ok(&self, line: &str) -> String {
        self.home.run(line, "").ok()
    }

    /// Runs a command line that fails without output. Returns its standard error.
    pub(crate) fn fails(&self, line: &str) -> String {
        let output = self.home.run(line, "");
        assert_eq!(output.code, 1, "{line}: {output:?}");
        assert_eq!(output.stdout, "", "{line}");
        output.stderr
    }

    /// Runs a command line with standard input.
    pub(crate) fn run_with_input(&self, line: &str, input: &str) -> RunOutput {
        self.home.run(line, input)
    }
}

/// A runtime whose server works while a test waits for a process.
pub(crate) fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().expect("a runtime")
}

impl Home {
    /// An empty home directory.
    pub(crate) fn new() -> Self {
        Self { folder: TempDir::new().expect("a folder") }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The configuration directory.
    pub(crate) fn config_dir(&self) -> PathBuf {
        self.path().join(".config/sensu/sensuctl")
    }

    /// Logs in as `admin`, with the format `json`.
    pub(crate) fn log_in(&self, url: &str) {
        let line = format!(
            "configure -n --url {url} --username admin --password P@ssw0rd! --namespace default --format json"
        );
        self.run(&line, "").ok();
    }

    /// A file of the configuration directory.
    pub(crate) fn config_file(&self, name: &str) -> Value {
        let text = fs::read_to_string(self.config_dir().join(name)).expect("a file");
        serde_json::from_str(&text).expect("JSON")
    }

    /// The program with arguments, home directory and environment.
    pub(crate) fn command(&self, line: &str) -> Command {
        let words = shell_words::split(line).expect("words");
        let mut command = Command::new(env!("CARGO_BIN_EXE_sensuctl"));
        command
            .args(words)
            .env_clear()
            .env("HOME", self.path())
            .env("TZ", "UTC")
            .env("PATH", "/usr/bin:/bin")
            .env("TERM", "xterm")
            .current_dir(self.path());
        command
    }

    /// Runs a command line.
    pub(crate) fn run(&self, line: &str, input: &str) -> RunOutput {
        RunOutput::of(self.command(line), input)
    }

    /// Writes a file in the home directory, which is the working directory of runs.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        fs::write(path, text).expect("written");
    }
}

impl RunOutput {
    /// Runs a command until it exits.
    pub(crate) fn of(mut command: Command, input: &str) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("starts");
        // A program that does not read its input closes the pipe.
        let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
        let output = child.wait_with_output().expect("exits");
        Self {
            code: output.status.code().expect("no signal"),
            stdout: String::from_utf8(output.stdout).expect("text"),
            stderr: String::from_utf8(output.stderr).expect("text"),
        }
    }

    /// The standard output of a successful run.
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        assert_eq!(self.stderr, "");
        self.stdout
    }
}
