//! The program as a process: started, stopped, told wrong things. `tests/faults` kills it.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server process; killed when dropped.
struct Process {
    child: Child,
}

impl Process {
    /// Starts the program on a free port and waits until it says where it listens.
    fn start(state: &Path) -> Self {
        let mut child = program()
            .args(["start", "--dev", "--password-cost", "4", "--api-listen-address", "127.0.0.1:0"])
            .arg("--state-dir")
            .arg(state)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let mut said = lines.by_ref().map_while(Result::ok);
        assert!(said.any(|line| line.contains("http://")), "it says where it listens");
        // Its log must go somewhere, or it would wait for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Already gone is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_sensu-server"))
}

#[test]
fn init_makes_an_administrator_once() {
    let state = tempfile::tempdir().expect("a folder");
    let init = |password: &str| {
        program()
            .args(["init", "--password-cost", "4", "--cluster-admin-username", "alice"])
            .args(["--cluster-admin-password", password])
            .arg("--state-dir")
            .arg(state.path())
            .output()
            .expect("runs")
    };
    assert!(!init("short").status.success(), "a short password is refused");
    assert!(init("long enough").status.success());
    let again = init("another one");
    assert!(!again.status.success());
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(said.contains("already"), "{said}");
}

#[test]
fn dev_is_refused_where_others_can_reach_it() {
    let state = tempfile::tempdir().expect("a folder");
    let output = program()
        .args(["start", "--dev", "--api-listen-address", "0.0.0.0:0"])
        .arg("--state-dir")
        .arg(state.path())
        .output()
        .expect("runs");
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("--dev"));
}

#[test]
fn a_second_process_is_told_that_the_store_is_taken() {
    let state = tempfile::tempdir().expect("a folder");
    let first = Process::start(state.path());
    let second = program()
        .args(["init", "--cluster-admin-password", "long enough"])
        .arg("--state-dir")
        .arg(state.path())
        .output()
        .expect("runs");
    assert!(!second.status.success());
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains("store"), "{said}");
    drop(first);
}

#[test]
fn it_stops_when_told_to() {
    let state = tempfile::tempdir().expect("a folder");
    let mut process = Process::start(state.path());
    let pid = process.child.id().to_string();
    let told = Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs");
    assert!(told.success());
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(status) = process.child.try_wait().expect("a child") {
            assert!(status.success(), "{status}");
            return;
        }
        assert!(Instant::now() < deadline, "still running");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn openapi_prints_the_committed_document() {
    let output = program().arg("openapi").output().expect("runs");
    let committed = include_bytes!("../../openapi/sensu-core-v2.json");
    assert!(output.stdout == committed, "run `cargo xtask generate`");
}
