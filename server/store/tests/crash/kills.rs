//! kill -9, at random moments and at the worst ones.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use tempfile::TempDir;

use crate::child::{Told, judge, run, start};
use crate::disk::strace;
use crate::times;

#[test]
fn what_was_acknowledged_survives_being_killed() {
    let kills = times("SENSU_STORE_KILLS", 25);
    let random = RandomState::new();
    let dir = TempDir::new().unwrap();
    let mut told = Told::default();
    for kill in 0..kills {
        let (mut child, mut lines) = start(Command::new("env"), dir.path());
        // Some at once, while it starts or recovers; some after many writes and a checkpoint.
        let moment = match kill % 5 {
            0 => 0,
            1 => random.hash_one(kill) % 20,
            _ => random.hash_one(kill) % 1500,
        };
        let enough = told.count + usize::try_from(moment).unwrap();
        while told.count < enough {
            told.hear(&lines.next().unwrap());
        }
        child.kill().unwrap();
        lines.for_each(|line| told.hear(&line));
        child.wait().unwrap();
        judge(dir.path(), &mut told);
    }
    println!("{kills} kills, {} acknowledged writes, 0 lost", told.count);
    assert!(told.count > 0 && told.stopped.is_none());
}

/// The log is written and not yet synced; or the database is, in the middle of a checkpoint.
#[test]
fn what_was_acknowledged_survives_being_killed_at_a_sync() {
    let dir = TempDir::new().unwrap();
    let mut told = Told::default();
    let kills = times("SENSU_STORE_SYNC_KILLS", 10);
    for kill in 0..kills {
        let Some(mut program) = strace() else { return };
        // The first few are those of opening.
        let nth = 1 + kill * 11 % 90;
        program.arg(format!("--inject=fdatasync,fsync:signal=KILL:when={nth}"));
        let ended = run(program, dir.path(), &mut told);
        assert_eq!(ended.signal(), Some(9), "{ended}");
        judge(dir.path(), &mut told);
    }
    println!("{kills} kills at a sync, {} acknowledged writes, 0 lost", told.count);
    assert!(told.count > 0 && told.stopped.is_none());
}
