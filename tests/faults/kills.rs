//! kill -9 at random moments under load. `SENSU_SERVER_KILLS` sets the number of kills (default 5).

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use sensu_tests::process::{Process, start};

use crate::load::{Load, assert_stored};
use crate::program;

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_events_survive_a_kill() {
    let kills = crate::number_of_kills();
    let state = tempfile::tempdir().expect("a directory");
    let (next, random) = (Arc::new(AtomicUsize::new(0)), RandomState::new());
    let (mut acknowledged, mut verified, mut required) = (Vec::new(), 0, 0);
    for kill in 0..kills {
        let process = Process::launch(start(program(), state.path())).expect("starts");
        let token = process.token().await;
        let load = Load::start(&process, &token, &next);
        let events = 10 + usize::try_from(random.hash_one(kill) % 300).expect("is small");
        load.wait_for(events).await;
        process.kill();
        acknowledged.extend(load.stop().await.acknowledged);
        required += events;
        // Events of earlier rounds were verified after the previous start. Every tenth round, and
        // the last one, verifies all again.
        if kill % 10 == 9 || kill + 1 == kills {
            verified = 0;
        }
        let process = Process::launch(start(program(), state.path())).expect("starts again");
        assert_stored(&process, &process.token().await, &acknowledged[verified..]).await;
        verified = acknowledged.len();
    }
    assert!(acknowledged.len() >= required, "{} events", acknowledged.len());
    println!("{kills} kills, {} acknowledged events, 0 lost", acknowledged.len());
}
