//! The program, in a home of its own, and a server for it.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sensu_tests::TestServer;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A server, and a home with a `sensuctl` that is logged in there as `admin`.
pub(crate) struct Stage {
    /// Drives the server.
    pub runtime: Runtime,
    /// The server.
    pub server: TestServer,
    /// Where the program lives.
    pub home: Home,
}

/// A home directory for the program.
pub(crate) struct Home {
    folder: TempDir,
}

/// What a run left.
#[derive(Debug)]
pub(crate) struct Ran {
    /// Its exit code.
    pub code: i32,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
}

impl Stage {
    /// A server with a program that is logged in.
    pub(crate) fn set() -> Self {
        let runtime = runtime();
        let server = runtime.block_on(TestServer::start());
        let home = Home::new();
        home.log_in(&server.url());
        Self { runtime, server, home }
    }

    /// Runs a command line and expects it to succeed.
    pub(crate) fn ok(&self, line: &str) -> String {
        self.home.run(line, "").ok()
    }

    /// Runs a command line and expects it to fail; what it said.
    pub(crate) fn fails(&self, line: &str) -> String {
        let ran = self.home.run(line, "");
        assert_eq!(ran.code, 1, "{line}: {ran:?}");
        assert_eq!(ran.out, "", "{line}");
        ran.err
    }

    /// Runs a command line with something to read.
    pub(crate) fn feeds(&self, line: &str, input: &str) -> Ran {
        self.home.run(line, input)
    }
}

/// A runtime for a server beside a test that waits for processes.
pub(crate) fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().expect("a runtime")
}

impl Home {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self { folder: TempDir::new().expect("a folder") }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The configuration directory.
    pub(crate) fn configuration(&self) -> PathBuf {
        self.path().join(".config/sensu/sensuctl")
    }

    /// Logs in as `admin`, with JSON as the format.
    pub(crate) fn log_in(&self, url: &str) {
        let line = format!(
            "configure -n --url {url} --username admin --password P@ssw0rd! --namespace default --format json"
        );
        self.run(&line, "").ok();
    }

    /// A file of the configuration.
    pub(crate) fn kept(&self, name: &str) -> Value {
        let text = fs::read_to_string(self.configuration().join(name)).expect("a file");
        serde_json::from_str(&text).expect("JSON")
    }

    /// The program, ready to be run.
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
    pub(crate) fn run(&self, line: &str, input: &str) -> Ran {
        Ran::of(self.command(line), input)
    }

    /// Writes a file, and says its name.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }
}

impl Ran {
    /// Runs a command to its end.
    pub(crate) fn of(mut command: Command, input: &str) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("starts");
        // A program that reads nothing closes the pipe: that is its right.
        let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
        let output = child.wait_with_output().expect("ends");
        Self {
            code: output.status.code().expect("ended by itself"),
            out: String::from_utf8(output.stdout).expect("text"),
            err: String::from_utf8(output.stderr).expect("text"),
        }
    }

    /// Its output, if all went well.
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        assert_eq!(self.err, "");
        self.out
    }
}
