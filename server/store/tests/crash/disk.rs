//! Disks that refuse: full, at a limit, failing to sync.

use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::child::{Told, judge, run, run_patiently};

/// `strace`, which can make system calls of a process fail. Where it cannot be used, those tests
/// say so and do nothing, but not where `CI` is set.
#[expect(clippy::print_stdout, reason = "says that something was not tested")]
pub(crate) fn strace() -> Option<Command> {
    let quiet = |command: &mut Command| {
        let ended = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        ended.is_ok_and(|status| status.success())
    };
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o", "/dev/null", "--trace=fdatasync,fsync,pwrite64"]);
    if quiet(Command::new("strace").args(["-f", "-qq", "-o", "/dev/null", "true"])) {
        return Some(command);
    }
    assert!(std::env::var_os("CI").is_none(), "strace is not installed, or may not trace");
    println!("not tested: needs strace and the right to trace (apt-get install strace)");
    None
}

#[test]
fn a_limit_of_size_stops_the_engine_and_loses_nothing() {
    let dir = TempDir::new().unwrap();
    let mut told = Told::default();
    for blocks in [1024, 2048, 4096] {
        // The shell limits the size of files to so many blocks of 512 bytes and has the signal
        // ignored that says so: the write then fails with an error.
        let mut program = Command::new("sh");
        let limit = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        program.arg("-c").arg(limit);
        assert!(run(program, dir.path(), &mut told).success());
        let complaint = told.stopped.take().unwrap();
        assert!(complaint.contains("disk I/O error"), "{complaint}");
        judge(dir.path(), &mut told);
    }
    assert!(told.count > 100, "{} writes", told.count);
}

/// Makes system calls on one file fail and says what the process said of it.
fn injected(dir: &Path, what: &str, file: &str, told: &mut Told) -> Option<()> {
    let mut program = strace()?;
    program.arg(format!("--inject={what}"));
    program.arg("--trace-path").arg(dir.join(file));
    assert!(run_patiently(program, dir, told).success());
    judge(dir, told);
    Some(())
}

#[test]
fn a_failed_sync_stops_the_engine_and_loses_nothing() {
    let dir = TempDir::new().unwrap();
    let mut told = Told::default();
    // Once only: a second sync would succeed and prove nothing, so it must not be tried. And no fsync:
    // SQLite is built to spare file systems their journal (`.cargo/config.toml`).
    for nth in [3, 10, 31] {
        let what = format!("fdatasync:error=EIO:when={nth}");
        if injected(dir.path(), &what, "sensu.db-wal", &mut told).is_none() {
            return;
        }
        let complaint = told.stopped.take().expect("it stops");
        assert!(complaint.contains("disk I/O error"), "{complaint}");
        assert!(told.survived.is_none());
    }
    assert!(told.count > 10, "{} writes", told.count);
}

#[test]
fn a_failed_sync_of_a_checkpoint_stops_the_engine_and_loses_nothing() {
    let dir = TempDir::new().unwrap();
    let mut told = Told::default();
    let what = "fdatasync,fsync:error=EIO:when=2";
    if injected(dir.path(), what, "sensu.db", &mut told).is_some() {
        let complaint = told.stopped.take().expect("it stops");
        // The checkpoint may be the checkpointer's own or the writer's, which only says this.
        assert!(complaint.contains("disk I/O error"), "{complaint}");
        assert!(told.count > 100, "{} writes", told.count);
    }
}

#[test]
fn a_failed_write_stops_the_engine_and_loses_nothing() {
    let dir = TempDir::new().unwrap();
    let mut told = Told::default();
    for nth in [60, 150] {
        let what = format!("pwrite64:error=EIO:when={nth}");
        if injected(dir.path(), &what, "sensu.db-wal", &mut told).is_none() {
            return;
        }
        assert!(told.stopped.take().expect("it stops").contains("disk I/O error"));
    }
}

#[test]
fn a_full_disk_refuses_writes_until_there_is_room() {
    let dir = TempDir::new().unwrap();
    let mut told = Told::default();
    let what = "pwrite64:error=ENOSPC:when=50..120";
    if injected(dir.path(), what, "sensu.db-wal", &mut told).is_some() {
        assert_eq!(told.stopped, None);
        let survived = told.survived.take().expect("it was full");
        assert!(survived.contains("database or disk is full"), "{survived}");
        assert!(told.count > 500, "{} writes", told.count);
    }
}
