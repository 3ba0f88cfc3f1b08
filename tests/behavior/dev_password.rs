//! The public password of `start --dev`: rejected by servers without `--dev` (D18).

use std::path::Path;
use std::process::Command;

use sensu_server::seed::DEV_PASSWORD;
use sensu_tests::process::{Process, run, start};
use serde_json::json;

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_test-server"))
}

/// Starts a server without `--dev`. Also returns what it logs before it listens.
fn start_without_dev(state: &Path) -> (Process, String) {
    let mut command = program();
    command.args(["start", "--password-cost", "4", "--api-listen-address", "127.0.0.1:0"]);
    command.arg("--state-dir").arg(state);
    Process::launch_with(command, drop).expect("starts")
}

async fn status(process: &Process, user: &str, password: &str) -> u16 {
    process.log_in(user, password).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_without_dev_rejects_the_public_password_of_dev() {
    let state = tempfile::tempdir().expect("a directory");
    let process = Process::launch(start(program(), state.path())).expect("starts");
    let admin = process.token().await;
    let bob = json!({ "username": "bob", "password": DEV_PASSWORD });
    let users = "/apis/core/v2/users";
    let created = process.send("POST", users, Some(&admin), Some(&bob)).await;
    assert_eq!(created.expect("a response").status, 200);
    assert!(process.stop());

    let (process, log) = start_without_dev(state.path());
    for user in ["admin", "agent"] {
        assert_eq!(status(&process, user, DEV_PASSWORD).await, 401, "{user}");
        let hint = format!("sensu-server init --cluster-admin-username {user}");
        assert!(log.contains("WARN") && log.contains(&hint), "{log}");
    }
    let response = process.send("GET", users, Some(&admin), None).await.expect("a response");
    assert_eq!(response.status, 401, "the session of the public password has ended");
    // --dev has not created this user, and its password was chosen.
    assert_eq!(status(&process, "bob", DEV_PASSWORD).await, 200);
    assert!(process.stop());

    // Development continues with the same directory.
    let process = Process::launch(start(program(), state.path())).expect("starts");
    assert_eq!(status(&process, "agent", DEV_PASSWORD).await, 200);
    process.token().await;
    assert!(process.stop());

    // Another password lifts the restriction.
    let mut init = program();
    init.args(["init", "--password-cost", "4", "--cluster-admin-password", "long enough"]);
    init.arg("--state-dir").arg(state.path());
    let (succeeded, output) = run(init);
    assert!(succeeded, "{output}");
    let (process, log) = start_without_dev(state.path());
    assert!(!log.contains("username admin") && log.contains("username agent"), "{log}");
    assert_eq!(status(&process, "admin", "long enough").await, 200);
    assert_eq!(status(&process, "admin", DEV_PASSWORD).await, 401);
    assert!(process.stop());
}
