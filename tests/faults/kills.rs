//! kill -9 at random moments under load. `SENSU_SERVER_KILLS` sets how often.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use sensu_tests::process::{Process, start};

use crate::load::{Load, all_there};
use crate::program;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_kill_9() {
    let kills = std::env::var_os("SENSU_SERVER_KILLS");
    let kills: usize =
        kills.map_or(5, |kills| kills.to_string_lossy().parse().expect("a number of kills"));
    let state = tempfile::tempdir().expect("a folder");
    let (next, random) = (Arc::new(AtomicUsize::new(0)), RandomState::new());
    let (mut acknowledged, mut proven) = (Vec::new(), 0);
    for kill in 0..kills {
        let process = Process::launch(start(program(), state.path())).expect("starts");
        let token = process.token().await;
        let load = Load::on(&process, &token, &next);
        load.reach(usize::try_from(random.hash_one(kill) % 300).expect("is small")).await;
        process.kill();
        acknowledged.extend(load.end().await);
        // Those of before the last start were found then; now and then all are asked for again.
        if kill % 10 == 9 || kill + 1 == kills {
            proven = 0;
        }
        let process = Process::launch(start(program(), state.path())).expect("starts again");
        all_there(&process, &process.token().await, &acknowledged[proven..]).await;
        proven = acknowledged.len();
    }
    assert!(acknowledged.len() > 10 * kills, "{} writes test nothing", acknowledged.len());
    println!("{kills} kills, {} acknowledged events, 0 lost", acknowledged.len());
}
