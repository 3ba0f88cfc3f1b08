//! kill -9 at random moments and exactly at a sync.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use tempfile::TempDir;

use crate::child::{Reported, check, run, start};
use crate::disk::strace;
use crate::repetitions;

#[test]
fn acknowledged_writes_survive_a_kill() {
    let kills = repetitions("SENSU_STORE_KILLS", 25);
    let random = RandomState::new();
    let dir = TempDir::new().unwrap();
    let mut reported = Reported::default();
    for kill in 0..kills {
        let (mut child, mut lines) = start(Command::new("env"), dir.path());
        // Some kills come while the process starts or recovers, others after many writes and a
        // checkpoint.
        let writes = match kill % 5 {
            0 => 0,
            1 => random.hash_one(kill) % 20,
            _ => random.hash_one(kill) % 1500,
        };
        let target = reported.acknowledged + usize::try_from(writes).unwrap();
        while reported.acknowledged < target {
            reported.read(&lines.next().unwrap());
        }
        child.kill().unwrap();
        lines.for_each(|line| reported.read(&line));
        child.wait().unwrap();
        check(dir.path(), &mut reported);
    }
    println!("{kills} kills, {} acknowledged writes, 0 lost", reported.acknowledged);
    assert!(reported.acknowledged > 0 && reported.stopped.is_none());
}

/// At these moments the log is written and not yet synced, or the database is in the middle of a
/// checkpoint.
#[test]
fn acknowledged_writes_survive_a_kill_at_a_sync() {
    let dir = TempDir::new().unwrap();
    let mut reported = Reported::default();
    let kills = repetitions("SENSU_STORE_SYNC_KILLS", 10);
    for kill in 0..kills {
        let Some(mut program) = strace() else { return };
        // The first syncs are those of opening the store.
        let nth = 1 + kill * 11 % 90;
        program.arg(format!("--inject=fdatasync,fsync:signal=KILL:when={nth}"));
        let ended = run(program, dir.path(), &mut reported);
        assert_eq!(ended.signal(), Some(9), "{ended}");
        check(dir.path(), &mut reported);
    }
    println!("{kills} kills at a sync, {} acknowledged writes, 0 lost", reported.acknowledged);
    assert!(reported.acknowledged > 0 && reported.stopped.is_none());
}
