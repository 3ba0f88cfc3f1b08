//! Failing disks: full, beyond a size limit, or failing to sync.

use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::child::{ACKNOWLEDGED_AFTER_FULL, Reported, check, run, run_through_full_disk};

/// The command of `strace`, which can make system calls of a process fail. `None` if it cannot be
/// used, except where `CI` is set.
#[expect(clippy::print_stdout, reason = "reports that a test was skipped")]
pub(crate) fn strace() -> Option<Command> {
    let succeeds = |command: &mut Command| {
        let ended = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        ended.is_ok_and(|status| status.success())
    };
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o", "/dev/null", "--trace=fdatasync,fsync,pwrite64"]);
    if succeeds(Command::new("strace").args(["-f", "-qq", "-o", "/dev/null", "true"])) {
        return Some(command);
    }
    assert!(std::env::var_os("CI").is_none(), "strace is not installed, or may not trace");
    println!("not tested: needs strace and the right to trace (apt-get install strace)");
    None
}

#[test]
fn a_file_size_limit_stops_the_engine_and_loses_nothing() {
    let dir = TempDir::new().unwrap();
    let mut reported = Reported::default();
    for blocks in [1024, 2048, 4096] {
        // The shell limits the size of files to this number of blocks of 512 bytes, and ignores
        // the signal for larger files: then the write fails with an error.
        let mut program = Command::new("sh");
        let limit = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        program.arg("-c").arg(limit);
        let before = reported.acknowledged;
        assert!(run(program, dir.path(), &mut reported).success());
        let failure = reported.stopped.take().unwrap();
        assert!(failure.contains("disk I/O error"), "{failure}");
        assert!(reported.acknowledged > before, "no write before the limit of {blocks} blocks");
        check(dir.path(), &mut reported);
    }
}

/// Runs the child process while system calls on one file fail. `None` if `strace` cannot be used.
fn run_with_failures(
    dir: &Path,
    failures: &str,
    file: &str,
    reported: &mut Reported,
) -> Option<()> {
    let mut program = strace()?;
    program.arg(format!("--inject={failures}"));
    program.arg("--trace-path").arg(dir.join(file));
    assert!(run_through_full_disk(program, dir, reported).success());
    check(dir, reported);
    Some(())
}

#[test]
fn a_failed_sync_stops_the_engine_and_loses_nothing() {
    let dir = TempDir::new().unwrap();
    let mut reported = Reported::default();
    // One failure only: a second sync would succeed and prove nothing, so it must not be tried.
    // Only fdatasync: the build of SQLite uses no other (`.cargo/config.toml`).
    for nth in [3, 10, 31] {
        let failures = format!("fdatasync:error=EIO:when={nth}");
        if run_with_failures(dir.path(), &failures, "sensu.db-wal", &mut reported).is_none() {
            return;
        }
        let failure = reported.stopped.take().expect("the engine stops");
        assert!(failure.contains("disk I/O error"), "{failure}");
        assert!(reported.full.is_none());
    }
    // Each sync before the failing one acknowledges at least one write, except while opening.
    assert!(reported.acknowledged > 10, "{} writes", reported.acknowledged);
}

#[test]
fn a_failed_sync_of_a_checkpoint_stops_the_engine_and_loses_nothing() {
    let dir = TempDir::new().unwrap();
    let mut reported = Reported::default();
    let failures = "fdatasync,fsync:error=EIO:when=2";
    if run_with_failures(dir.path(), failures, "sensu.db", &mut reported).is_some() {
        let failure = reported.stopped.take().expect("the engine stops");
        // If the writer checkpoints instead of the checkpoint thread, this is the whole message.
        assert!(failure.contains("disk I/O error"), "{failure}");
        assert!(reported.acknowledged > 0, "no write before the checkpoint");
    }
}

#[test]
fn a_failed_write_stops_the_engine_and_loses_nothing() {
    let dir = TempDir::new().unwrap();
    let mut reported = Reported::default();
    for nth in [60, 150] {
        let failures = format!("pwrite64:error=EIO:when={nth}");
        if run_with_failures(dir.path(), &failures, "sensu.db-wal", &mut reported).is_none() {
            return;
        }
        let failure = reported.stopped.take().expect("the engine stops");
        assert!(failure.contains("disk I/O error"), "{failure}");
    }
}

#[test]
fn a_full_disk_rejects_writes_until_there_is_space() {
    let dir = TempDir::new().unwrap();
    let mut reported = Reported::default();
    let failures = "pwrite64:error=ENOSPC:when=50..120";
    if run_with_failures(dir.path(), failures, "sensu.db-wal", &mut reported).is_some() {
        assert_eq!(reported.stopped, None);
        let failure = reported.full.take().expect("the disk was full");
        assert!(failure.contains("database or disk is full"), "{failure}");
        let acknowledged = reported.acknowledged;
        assert!(acknowledged >= ACKNOWLEDGED_AFTER_FULL, "{acknowledged} writes");
    }
}
