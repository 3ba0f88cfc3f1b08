//! `backup`, `restore`, `verify` and `compact` of a directory, with and without a running server.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use sensu_tests::process::{Process, run, start};

use crate::load::{Load, assert_stored, event_path};
use crate::program;

fn command(args: &[&str], state: &Path) -> Command {
    let mut command = program();
    command.args(args).arg("--state-dir").arg(state);
    command
}

/// Runs a command that succeeds. Returns its output.
fn succeed(args: &[&str], state: &Path) -> String {
    let (success, output) = run(command(args, state));
    assert!(success, "{args:?}: {output}");
    output
}

/// Runs a command that fails. Returns its output.
fn fail(args: &[&str], state: &Path) -> String {
    let (success, output) = run(command(args, state));
    assert!(!success, "{args:?}: {output}");
    output
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_contains_what_was_acknowledged_before_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let (state, copy) = (dir.path().join("state"), dir.path().join("copy.db"));
    let copy = copy.to_str().expect("valid UTF-8");
    let process = Process::launch(start(program(), &state)).expect("starts");
    let (token, next) = (process.token().await, Arc::new(AtomicUsize::new(0)));
    let load = Load::start(&process, &token, &next);
    load.wait_for(200).await;
    let before = load.stop().await.acknowledged;

    let load = Load::start(&process, &token, &next);
    load.wait_for(20).await;
    let output = tokio::task::block_in_place(|| succeed(&["backup", copy], &state));
    assert!(output.contains("backed up") && output.contains("entries at revision"), "{output}");
    let output = tokio::task::block_in_place(|| succeed(&["verify"], &state));
    assert!(output.contains("is intact"), "{output}");
    // Writes continue, and the last of them is certainly not in the backup.
    load.wait_for(20).await;
    let during = load.stop().await.acknowledged;
    assert!(tokio::task::block_in_place(|| fail(&["backup", copy], &state)).contains("exists"));
    assert_stored(&process, &token, &during).await;

    // A restore into the same directory is rejected, while the server runs and afterwards.
    let output = tokio::task::block_in_place(|| fail(&["restore", copy], &state));
    assert!(output.contains("is in use by another server"), "{output}");
    assert!(process.stop());
    let output = fail(&["restore", copy], &state);
    assert!(output.contains("--overwrite"), "{output}");

    let elsewhere = dir.path().join("elsewhere");
    let output = succeed(&["restore", copy], &elsewhere);
    assert!(output.contains("restored"), "{output}");
    let process = Process::launch(start(program(), &elsewhere)).expect("starts from the backup");
    assert_stored(&process, &process.token().await, &before).await;
    assert!(process.stop());

    // A restore over the store discards what was written after the backup.
    succeed(&["restore", "--overwrite", copy], &state);
    let process = Process::launch(start(program(), &state)).expect("starts from the backup");
    let token = process.token().await;
    assert_stored(&process, &token, &before).await;
    let last = during.iter().max().expect("an event");
    let response = process.send("GET", &event_path(*last), Some(&token), None).await;
    assert_eq!(response.expect("a response").status, 404, "event {last} is not in the backup");
}

#[tokio::test(flavor = "multi_thread")]
async fn compaction_reclaims_space_and_preserves_everything() {
    let state = tempfile::tempdir().expect("a directory");
    let process = Process::launch(start(program(), state.path())).expect("starts");
    let (token, next) = (process.token().await, Arc::new(AtomicUsize::new(0)));
    let load = Load::start(&process, &token, &next);
    load.wait_for(500).await;
    let mut deleted = load.stop().await.acknowledged;
    let remaining = deleted.split_off(deleted.len() - 100);
    for n in deleted {
        let path = format!("/apis/core/v2/namespaces/default/entities/e{n}");
        let response = process.send("DELETE", &path, Some(&token), None).await;
        assert_eq!(response.expect("a response").status, 204);
    }
    let output = tokio::task::block_in_place(|| fail(&["compact"], state.path()));
    assert!(output.contains("stop the server"), "{output}");
    assert!(process.stop());
    let output = succeed(&["compact"], state.path());
    let sizes: Vec<u64> = output.split(' ').filter_map(|word| word.trim().parse().ok()).collect();
    assert!(matches!(&*sizes, [before, after] if *after < before / 2), "{output}");
    let process = Process::launch(start(program(), state.path())).expect("starts");
    assert_stored(&process, &process.token().await, &remaining).await;
}

#[test]
fn a_damaged_backup_is_detected_and_not_restored() {
    let dir = tempfile::tempdir().expect("a directory");
    let (state, copy) = (dir.path().join("state"), dir.path().join("copy.db"));
    assert!(fail(&["verify"], &state).contains("there is no store in"));
    assert!(fail(&["compact"], &state).contains("there is no store in"));
    let name = copy.to_str().expect("valid UTF-8");
    assert!(fail(&["backup", name], &state).contains("there is no store in"));
    assert!(!state.exists(), "a failed command has created a directory");

    assert!(Process::launch(start(program(), &state)).expect("starts").stop());
    succeed(&["backup", name], &state);
    assert!(succeed(&["verify", name], &state).contains("is intact"));
    let mut bytes = std::fs::read(&copy).expect("the backup");
    // The first byte of each page, except the first page, is its type.
    for page in bytes.chunks_mut(4096).skip(1) {
        page[0] ^= 0x55;
    }
    std::fs::write(&copy, bytes).expect("writes");
    let output = fail(&["verify", name], &state);
    assert!(output.contains("is damaged"), "{output}");
    let output = fail(&["restore", "--overwrite", name], &state);
    assert!(output.contains("the existing data is unchanged"), "{output}");
    assert!(succeed(&["verify"], &state).contains("is intact"));
    let mut files: Vec<_> = std::fs::read_dir(&state)
        .expect("the directory")
        .map(|file| file.expect("a file").file_name().to_string_lossy().into_owned())
        .filter(|name| !["sensu.db-wal", "sensu.db-shm"].contains(&name.as_str()))
        .collect();
    files.sort();
    assert_eq!(files, ["sensu.db", "sensu.lock", "sensu.mark", "sensu.reserve"]);
}
