//! The program as a process: its commands, and how it starts and stops. `tests/faults` kills it.

use std::process::Command;

use sensu_tests::process::{Process, run, start};

fn program(arguments: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_test-server"));
    program.args(arguments);
    program
}

#[test]
fn init_creates_an_administrator_once() {
    let state = tempfile::tempdir().expect("a folder");
    let init = |password: &str| {
        let mut init = program(&["init", "--password-cost", "4"]);
        init.args(["--cluster-admin-username", "alice", "--cluster-admin-password", password]);
        init.arg("--state-dir").arg(state.path());
        run(init)
    };
    assert!(!init("short").0, "a short password is rejected");
    let (succeeded, output) = init("long enough");
    assert!(succeeded, "{output}");
    let (succeeded, output) = init("another one");
    assert!(!succeeded && output.contains("already"), "{output}");
}

#[test]
fn dev_listens_on_this_machine_only() {
    let state = tempfile::tempdir().expect("a folder");
    let mut start = program(&["start", "--dev", "--api-listen-address", "0.0.0.0:0"]);
    start.arg("--state-dir").arg(state.path());
    let (succeeded, output) = run(start);
    assert!(!succeeded && output.contains("--dev"), "{output}");
}

#[test]
fn a_second_process_cannot_open_the_store() {
    let state = tempfile::tempdir().expect("a folder");
    let first = Process::launch(start(program(&[]), state.path())).expect("starts");
    let mut init = program(&["init", "--cluster-admin-password", "long enough"]);
    init.arg("--state-dir").arg(state.path());
    let (succeeded, output) = run(init);
    assert!(!succeeded && output.contains("store"), "{output}");
    drop(first);
}

#[test]
fn sigterm_stops_the_server_with_success() {
    let state = tempfile::tempdir().expect("a folder");
    let process = Process::launch(start(program(&[]), state.path())).expect("starts");
    assert!(process.stop());
}

#[test]
fn openapi_prints_the_committed_document() {
    let output = program(&["openapi"]).output().expect("runs");
    let committed = std::fs::read(xtask::root().join("openapi/sensu-core-v2.json"));
    assert!(output.stdout == committed.expect("can be read"), "run `cargo xtask generate`");
}
