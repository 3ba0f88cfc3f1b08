//! `restore`, `compact` and the step from an older format, killed at each thing that they do to the
//! disk: the store is what it was, or what it was to become.

use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sensu_store::SystemClock;
use sensu_store::sqlite::maintenance;
use sensu_store::{VerifyReport, backup};
use sensu_tests::process::{Process, run, start};
use tempfile::TempDir;

use crate::program;

/// A backup of format 1, as version 0.1.0 wrote it: the store's own tests say what is in it.
const FORMAT_1: &[u8] = include_bytes!("../../server/store/tests/data/format-1.db");

/// What is done to a disk.
const STEPS: &str = "pwrite64,fsync,fdatasync,rename,unlink,link,ftruncate";

/// Runs a command again and again, killed at the first of its steps, at the second, and so on, until
/// it comes to its end. Says how often it was killed.
#[expect(clippy::print_stdout, reason = "says that something was not tested")]
fn killed_at_each_step(words: &[&str], state: &Path, left: impl Fn(u32)) -> Option<u32> {
    let quiet = |command: &mut Command| {
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("strace runs")
    };
    let usable = Command::new("strace").args(["-f", "-qq", "-o", "/dev/null", "true"]).output();
    if !usable.is_ok_and(|output| output.status.success()) {
        assert!(std::env::var_os("CI").is_none(), "strace is not installed, or may not trace");
        println!("not tested: needs strace and the right to trace (apt-get install strace)");
        return None;
    }
    for step in 1..1_000 {
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qq", "-o", "/dev/null", &format!("--trace={STEPS}")]);
        strace.arg(format!("--inject={STEPS}:signal=KILL:when={step}"));
        strace.arg(program().get_program()).args(words).arg("--state-dir").arg(state);
        let ended = quiet(&mut strace);
        left(step);
        if ended.signal() != Some(9) {
            return Some(step - 1);
        }
    }
    panic!("{words:?} does not come to an end");
}

fn verified(path: &Path) -> VerifyReport {
    maintenance::verify(path, &SystemClock).expect("is good, or was finished by whoever came next")
}

fn old(folder: &TempDir) -> PathBuf {
    let state = folder.path().join("state");
    std::fs::create_dir(&state).expect("a folder");
    again(&state);
    state
}

/// A store of format 1, in the place of whatever is there.
fn again(state: &Path) {
    std::fs::remove_dir_all(state).expect("is removed");
    std::fs::create_dir(state).expect("a folder");
    std::fs::write(state.join("sensu.db"), FORMAT_1).expect("writes");
}

fn ended(words: &[&str], state: &Path) -> (bool, String) {
    let mut command = program();
    command.args(words).arg("--state-dir").arg(state);
    run(command)
}

#[expect(clippy::print_stdout, reason = "the line that the store task adds up")]
fn told(kills: u32, what: &str, entries: u64) {
    println!("{kills} kills during {what}, {entries} acknowledged writes, 0 lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_step_from_an_older_format_is_done_or_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = old(&folder);
    let before = verified(&state);
    // The store is opened and brought up to date; nothing else is written: there is an admin.
    let words = ["init", "--password-cost", "4", "--cluster-admin-password", "P@ssw0rd!"];
    let kept = |step| {
        let left = verified(&state);
        let same = (left.entries, left.revision) == (before.entries, before.revision);
        assert!(same, "at step {step}: {left:?}");
        again(&state);
    };
    let killed = tokio::task::block_in_place(|| killed_at_each_step(&words, &state, kept));
    let Some(kills) = killed else { return };
    assert!(kills > 3, "{kills} kills test nothing");
    told(kills, "the step to format 2", before.entries);

    let process = Process::launch(start(program(), &state)).expect("starts");
    let token = process.token().await;
    let path = "/apis/core/v2/namespaces/ops/events/web-1/cpu";
    let event = process.send("GET", path, Some(&token), None).await.expect("an answer");
    assert_eq!(event.status, 200);
    assert_eq!(event.body["check"]["occurrences"], 2);
    assert_eq!(event.body["check"]["history"].as_array().map(Vec::len), Some(3));
}

#[test]
fn a_restore_leaves_the_old_store_or_the_new_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let (state, copy) = (old(&folder), folder.path().join("copy.db"));
    let copy = copy.to_str().expect("plain text");
    // The store goes on after its backup, by one user.
    assert!(ended(&["backup", copy], &state).0);
    let backed_up = backup::verify(Path::new(copy), &SystemClock).expect("is good");
    let more = ["init", "--password-cost", "4", "--cluster-admin-password", "P@ssw0rd!"];
    let more = [&more[..], &["--cluster-admin-username", "later"]].concat();
    assert!(ended(&more, &state).0);
    let before = verified(&state);
    assert!(before.entries > backed_up.entries);
    let words = ["restore", "--overwrite", copy];
    let either = |step| {
        let left = verified(&state);
        let old = (left.entries, left.revision) == (before.entries, before.revision);
        let new = left.entries == backed_up.entries && left.revision > before.revision;
        assert!(old || new, "at step {step}: {left:?}");
        if new {
            // Once more from where it began.
            again(&state);
            assert!(ended(&more, &state).0);
        }
    };
    let Some(kills) = killed_at_each_step(&words, &state, either) else { return };
    assert!(kills > 5, "{kills} kills test nothing");
    told(kills, "a restore", before.entries);
}

#[test]
fn compacting_leaves_what_was_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = old(&folder);
    let before = verified(&state);
    let kept = |step| {
        let left = verified(&state);
        let same = (left.entries, left.revision) == (before.entries, before.revision);
        assert!(same, "at step {step}: {left:?}");
        again(&state);
    };
    let Some(kills) = killed_at_each_step(&["compact"], &state, kept) else { return };
    assert!(kills > 5, "{kills} kills test nothing");
    told(kills, "compacting", before.entries);
}
