//! Several servers on one database: each event is handled by one of them, and by another one after that
//! was killed (D51).

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Instant;

use sensu_tests::eventually;

use super::Fixture;
use crate::handlers::{Recorder, wait_until_handled};
use crate::load::Load;

#[tokio::test(flavor = "multi_thread")]
async fn each_event_is_handled_once_and_by_another_server_after_a_kill() {
    let Some(fixture) = Fixture::shared() else { return };
    let launch = || {
        let mut program = fixture.program();
        program.env("SENSU_ALLOW_COMMANDS", "true");
        fixture.launch(program)
    };
    let (victim, survivor) = (launch(), launch());
    let folder = tempfile::tempdir().expect("a directory");
    let token = survivor.token().await;
    let recorder = Recorder::create(&survivor, &token, folder.path()).await;
    let next = Arc::new(AtomicUsize::new(0));
    let loads =
        [Load::start(&victim, &victim.token().await, &next), Load::start(&survivor, &token, &next)];
    let mut acknowledged = Vec::new();
    for load in loads {
        load.wait_for(50).await;
        acknowledged.extend(load.stop().await.acknowledged);
    }
    wait_until_handled(&victim).await;
    wait_until_handled(&survivor).await;
    assert_eq!(recorder.assert_handled(&acknowledged), 0, "handled by both servers");

    let load = Load::start(&victim, &victim.token().await, &next);
    load.wait_for(50).await;
    victim.kill();
    let killed = Instant::now();
    acknowledged.extend(load.stop().await.acknowledged);
    eventually("the survivor handles the events", async || {
        let handled = recorder.handled();
        acknowledged.iter().all(|event| handled.contains_key(event)).then_some(())
    })
    .await;
    let seconds = killed.elapsed().as_secs();
    let repeated = recorder.assert_handled(&acknowledged);
    println!("handled by the survivor after {seconds} s, {repeated} repeated");
    assert!(survivor.stop());
}
