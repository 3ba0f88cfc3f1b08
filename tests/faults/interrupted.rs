//! `restore`, `compact` and migration, killed at each of their operations on the disk: the store is
//! the old or the new one.

use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sensu_store::sqlite::maintenance;
use sensu_store::{SystemClock, VerifyReport, backup};
use sensu_tests::process::{Process, run, start};
use tempfile::TempDir;

use crate::program;

/// A backup of format 1. The conformance suite of the store lists its content.
const FORMAT_1: &[u8] = include_bytes!("../../server/store/tests/data/format-1.db");

/// System calls that change files.
const SYSTEM_CALLS: &str = "pwrite64,fsync,fdatasync,rename,unlink,link,ftruncate";

/// Runs a command repeatedly, killed at its first, second, ... system call of [`SYSTEM_CALLS`],
/// until it ends by itself. Calls `check` after each run. Returns the number of kills.
fn kill_at_each_step(args: &[&str], state: &Path, check: impl Fn(u32)) -> Option<u32> {
    let quiet = |command: &mut Command| {
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("strace runs")
    };
    let usable = Command::new("strace").args(["-f", "-qq", "-o", "/dev/null", "true"]).output();
    if !usable.is_ok_and(|output| output.status.success()) {
        sensu_tests::skip("no strace, or no permission to trace (apt-get install strace)");
        return None;
    }
    for step in 1..1_000 {
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qq", "-o", "/dev/null", &format!("--trace={SYSTEM_CALLS}")]);
        strace.arg(format!("--inject={SYSTEM_CALLS}:signal=KILL:when={step}"));
        strace.arg(program().get_program()).args(args).arg("--state-dir").arg(state);
        let ended = quiet(&mut strace);
        check(step);
        if ended.signal() != Some(9) {
            return Some(step - 1);
        }
    }
    panic!("{args:?} does not end");
}

fn verify(state: &Path) -> VerifyReport {
    maintenance::verify(state, &SystemClock).expect("an intact store")
}

/// A directory with a store of format 1.
fn format_1(dir: &TempDir) -> PathBuf {
    let state = dir.path().join("state");
    std::fs::create_dir(&state).expect("a directory");
    reset(&state);
    state
}

/// Replaces the store in a directory with the one of format 1.
fn reset(state: &Path) {
    std::fs::remove_dir_all(state).expect("is removed");
    std::fs::create_dir(state).expect("a directory");
    std::fs::write(state.join("sensu.db"), FORMAT_1).expect("writes");
}

fn run_command(args: &[&str], state: &Path) -> (bool, String) {
    let mut command = program();
    command.args(args).arg("--state-dir").arg(state);
    run(command)
}

#[expect(clippy::print_stdout, reason = "`cargo xtask store` adds these lines up")]
fn print(kills: u32, what: &str, entries: u64) {
    println!("{kills} kills during {what}, {entries} acknowledged writes, 0 lost");
}

/// Kills a command at each step, starting from format 1, and asserts that it changes no entry.
fn assert_unchanged_by_kills(args: &[&str], state: &Path, before: VerifyReport) -> Option<u32> {
    kill_at_each_step(args, state, |step| {
        let after = verify(state);
        // The setting of Tessen and the mark that it was added: one transaction, in each older store.
        let seeded = (before.entries + 2, before.revision + 1);
        let same = [(before.entries, before.revision), seeded];
        assert!(same.contains(&(after.entries, after.revision)), "at step {step}: {after:?}");
        reset(state);
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_migration_leaves_the_old_or_the_new_format() {
    let dir = tempfile::tempdir().expect("a directory");
    let state = format_1(&dir);
    let before = verify(&state);
    // Opens and migrates the store. Creates no administrator, because it has one.
    let args = ["init", "--password-cost", "4", "--cluster-admin-password", "P@ssw0rd!"];
    let killed = tokio::task::block_in_place(|| assert_unchanged_by_kills(&args, &state, before));
    let Some(kills) = killed else { return };
    assert!(kills > 3, "{kills} kills test nothing");
    print(kills, "the migration to format 2", before.entries);

    let process = Process::launch(start(program(), &state)).expect("starts");
    let token = process.token().await;
    let path = "/apis/core/v2/namespaces/ops/events/web-1/cpu";
    let event = process.send("GET", path, Some(&token), None).await.expect("a response");
    assert_eq!(event.status, 200);
    assert_eq!(event.body["check"]["occurrences"], 2);
    assert_eq!(event.body["check"]["history"].as_array().map(Vec::len), Some(3));
}

#[test]
fn an_interrupted_restore_leaves_the_old_or_the_new_store() {
    let dir = tempfile::tempdir().expect("a directory");
    let (state, copy) = (format_1(&dir), dir.path().join("copy.db"));
    let copy = copy.to_str().expect("valid UTF-8");
    assert!(run_command(&["backup", copy], &state).0);
    let backed_up = backup::verify(Path::new(copy), &SystemClock).expect("an intact backup");
    // After its backup, the store gets one more user.
    let more = ["init", "--password-cost", "4", "--cluster-admin-password", "P@ssw0rd!"];
    let more = [&more[..], &["--cluster-admin-username", "later"]].concat();
    assert!(run_command(&more, &state).0);
    let before = verify(&state);
    assert!(before.entries > backed_up.entries);
    let args = ["restore", "--overwrite", copy];
    let check = |step| {
        let after = verify(&state);
        let old = (after.entries, after.revision) == (before.entries, before.revision);
        let new = after.entries == backed_up.entries && after.revision > before.revision;
        assert!(old || new, "at step {step}: {after:?}");
        if new {
            reset(&state);
            assert!(run_command(&more, &state).0);
        }
    };
    let Some(kills) = kill_at_each_step(&args, &state, check) else { return };
    assert!(kills > 5, "{kills} kills test nothing");
    print(kills, "a restore", before.entries);
}

#[test]
fn an_interrupted_compaction_changes_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let state = format_1(&dir);
    let before = verify(&state);
    let killed = assert_unchanged_by_kills(&["compact"], &state, before);
    let Some(kills) = killed else { return };
    assert!(kills > 5, "{kills} kills test nothing");
    print(kills, "a compaction", before.entries);
}
