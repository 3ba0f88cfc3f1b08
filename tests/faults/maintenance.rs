//! `backup`, `restore`, `verify` and `compact`, beside a server that is at work and without one.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use sensu_tests::process::{Process, run, start};

use crate::load::{Load, all_there};
use crate::program;

fn command(words: &[&str], state: &Path) -> Command {
    let mut command = program();
    command.args(words).arg("--state-dir").arg(state);
    command
}

fn done(words: &[&str], state: &Path) -> String {
    let (success, said) = run(command(words, state));
    assert!(success, "{words:?}: {said}");
    said
}

fn refused(words: &[&str], state: &Path) -> String {
    let (success, said) = run(command(words, state));
    assert!(!success, "{words:?}: {said}");
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_beside_writers_holds_what_was_acknowledged_before_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (state, copy) = (folder.path().join("state"), folder.path().join("copy.db"));
    let copy = copy.to_str().expect("a name");
    let process = Process::launch(start(program(), &state)).expect("starts");
    let (token, next) = (process.token().await, Arc::new(AtomicUsize::new(0)));
    let before = Load::on(&process, &token, &next);
    before.reach(200).await;
    let before = before.end().await;

    let load = Load::on(&process, &token, &next);
    load.reach(20).await;
    let said = tokio::task::block_in_place(|| done(&["backup", copy], &state));
    assert!(said.contains("entries as of revision"), "{said}");
    let said = tokio::task::block_in_place(|| done(&["verify"], &state));
    assert!(said.contains("is intact"), "{said}");
    let reached = load.end().await;
    assert!(reached.len() > 20, "the writers went on");
    assert!(tokio::task::block_in_place(|| refused(&["backup", copy], &state)).contains("exists"));
    all_there(&process, &token, &reached).await;

    // The same folder is refused, while the server runs and afterwards.
    let said = tokio::task::block_in_place(|| refused(&["restore", copy], &state));
    assert!(said.contains("is in use by another server"), "{said}");
    assert!(process.stop());
    let said = refused(&["restore", copy], &state);
    assert!(said.contains("--overwrite"), "{said}");

    let elsewhere = folder.path().join("elsewhere");
    let said = done(&["restore", copy], &elsewhere);
    assert!(said.contains("restored"), "{said}");
    let process = Process::launch(start(program(), &elsewhere)).expect("starts from the backup");
    all_there(&process, &process.token().await, &before).await;
    assert!(process.stop());

    // Over the store that has gone on since: it is as it was at the backup.
    done(&["restore", "--overwrite", copy], &state);
    let process = Process::launch(start(program(), &state)).expect("starts from the backup");
    let token = process.token().await;
    all_there(&process, &token, &before).await;
    let last = reached.iter().max().expect("some");
    let path = format!("/apis/core/v2/namespaces/default/events/e{last}/c");
    let answer = process.send("GET", &path, Some(&token), None).await.expect("an answer");
    assert_eq!(answer.status, 404, "what was written after the backup is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn compacting_gives_room_back_and_keeps_everything() {
    let state = tempfile::tempdir().expect("a folder");
    let process = Process::launch(start(program(), state.path())).expect("starts");
    let (token, next) = (process.token().await, Arc::new(AtomicUsize::new(0)));
    let load = Load::on(&process, &token, &next);
    load.reach(500).await;
    let (mut gone, kept) = (load.end().await, 100);
    let kept = gone.split_off(gone.len() - kept);
    for n in gone {
        let path = format!("/apis/core/v2/namespaces/default/entities/e{n}");
        let answer = process.send("DELETE", &path, Some(&token), None).await.expect("an answer");
        assert_eq!(answer.status, 204);
    }
    let said = tokio::task::block_in_place(|| refused(&["compact"], state.path()));
    assert!(said.contains("stop the server"), "{said}");
    assert!(process.stop());
    let said = done(&["compact"], state.path());
    let sizes: Vec<u64> = said.split(' ').filter_map(|word| word.trim().parse().ok()).collect();
    assert!(matches!(&*sizes, [before, after] if *after < before / 2), "{said}");
    let process = Process::launch(start(program(), state.path())).expect("starts");
    all_there(&process, &process.token().await, &kept).await;
}

#[test]
fn damage_is_found_and_never_restored() {
    let folder = tempfile::tempdir().expect("a folder");
    let (state, copy) = (folder.path().join("state"), folder.path().join("copy.db"));
    assert!(refused(&["verify"], &state).contains("there is no store in"));
    assert!(refused(&["compact"], &state).contains("there is no store in"));
    let name = copy.to_str().expect("a name");
    assert!(refused(&["backup", name], &state).contains("there is no store in"));
    assert!(!state.exists(), "asking has made a folder");

    assert!(Process::launch(start(program(), &state)).expect("starts").stop());
    done(&["backup", name], &state);
    assert!(done(&["verify", name], &state).contains("is intact"));
    let mut bytes = std::fs::read(&copy).expect("the backup");
    // Each page but the first begins with a byte that says what it is.
    for page in bytes.chunks_mut(4096).skip(1) {
        page[0] ^= 0x55;
    }
    std::fs::write(&copy, bytes).expect("writes");
    let said = refused(&["verify", name], &state);
    assert!(said.contains("is damaged"), "{said}");
    let said = refused(&["restore", "--overwrite", name], &state);
    assert!(said.contains("what was there is as it was"), "{said}");
    assert!(done(&["verify"], &state).contains("is intact"));
    let mut left: Vec<_> = std::fs::read_dir(&state)
        .expect("the folder")
        .map(|file| file.expect("a file").file_name().to_string_lossy().into_owned())
        .filter(|name| !["sensu.db-wal", "sensu.db-shm"].contains(&name.as_str()))
        .collect();
    left.sort();
    assert_eq!(left, ["sensu.db", "sensu.lock", "sensu.mark"]);
}
