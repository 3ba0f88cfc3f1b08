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
    for address in [
        ["--api-listen-address", "0.0.0.0:0", "--agent-host", "127.0.0.1"],
        ["--api-listen-address", "127.0.0.1:0", "--agent-host", "0.0.0.0"],
    ] {
        let mut start = program(&["start", "--dev"]);
        start.args(address).arg("--state-dir").arg(state.path());
        let (succeeded, output) = run(start);
        assert!(!succeeded && output.contains("0.0.0.0:0 is not one"), "{output}");
    }
}

#[test]
fn the_log_and_the_ready_file_contain_the_address_for_agents() {
    let state = tempfile::tempdir().expect("a folder");
    let ready = state.path().join("ready.json");
    let launch = |further: &[&str]| {
        let mut start = start(program(&[]), state.path());
        start.arg("--ready-file").arg(&ready).args(further);
        let (process, log) = Process::launch_with(start, |_| ()).expect("starts");
        let text = std::fs::read_to_string(&ready).expect("a ready file");
        let facts: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(facts["url"], process.url(""));
        assert!(process.stop());
        (log, facts)
    };
    let (log, facts) = launch(&[]);
    let url = facts["agent_url"].as_str().expect("a URL");
    assert!(url.starts_with("ws://127.0.0.1:"), "{url}");
    assert!(log.contains(&format!("agents connect to {url}\n")), "{log}");
    let (log, facts) = launch(&["--disable", "agents"]);
    assert!(!log.contains("agents connect to") && facts.get("agent_url").is_none(), "{log}");
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

#[test]
fn a_start_without_users_logs_how_to_continue() {
    let state = tempfile::tempdir().expect("a folder");
    let launch = || {
        let mut start = program(&["start", "--api-listen-address", "127.0.0.1:0"]);
        start.arg("--state-dir").arg(state.path());
        let (process, log) = Process::launch_with(start, |_| ()).expect("starts");
        assert!(process.stop());
        log.lines()
            .filter(|line| !line.contains("agents connect to"))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let log = launch();
    let expected = format!("sensu-server init --state-dir '{}'", state.path().display());
    assert!(log.contains(&expected) && log.contains("start --dev"), "{log}");
    assert_eq!(log.lines().count(), 3, "{log}");
    let mut init = program(&["init", "--password-cost", "4", "--cluster-admin-password"]);
    init.args(["long enough", "--state-dir"]).arg(state.path());
    assert!(run(init).0);
    assert_eq!(launch(), "");
}

#[test]
fn healthcheck_fails_unless_the_server_accepts_requests() {
    let state = tempfile::tempdir().expect("a folder");
    let process = Process::launch(start(program(&[]), state.path())).expect("starts");
    let address = process.url("").replace("http://", "");
    let check = || run(program(&["healthcheck", "--api-listen-address", &address]));
    let (succeeded, output) = check();
    assert!(succeeded, "{output}");
    assert!(process.stop());
    let (succeeded, output) = check();
    assert!(!succeeded && output.contains("no response from"), "{output}");
}

#[test]
fn manual_pages_and_completions_are_made_for_all_commands() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut man = program(&["man"]);
    man.arg(folder.path());
    assert!(run(man).0);
    let page = std::fs::read_to_string(folder.path().join("sensu-server-start.1"));
    assert!(page.expect("a page").contains("request body"));
    for shell in ["bash", "zsh", "fish"] {
        let (succeeded, script) = run(program(&["completion", shell]));
        assert!(succeeded && script.contains("rotate-secret"), "{script}");
    }
}
