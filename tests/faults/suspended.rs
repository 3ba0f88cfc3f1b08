//! A server that was suspended gives silent agents one period to report before it reports them (D50).

use std::net::TcpListener;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use sensu_store::{Clock as _, SystemClock};
use sensu_tests::eventually;
use sensu_tests::process::Process;

use crate::agents::{EVENTS, PERIOD, connect_silent_agent, launch};
use crate::load::read;

fn signal(process: &Process, signal: Signal) {
    let id = Pid::from_raw(i32::try_from(process.id()).expect("an ID")).expect("an ID");
    kill_process(id, signal).expect("is sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_server_reports_silent_agents_after_another_period() {
    let state = tempfile::tempdir().expect("a directory");
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = free.local_addr().expect("an address").port();
    drop(free);
    let process = launch(state.path(), port);
    let token = process.token().await;
    connect_silent_agent(&process, &token, &format!("ws://127.0.0.1:{port}")).await;
    signal(&process, Signal::STOP);
    let stopped = SystemClock.now();
    // The deadline passes meanwhile.
    tokio::time::sleep(Duration::from_secs(u64::from(PERIOD) + 1)).await;
    let resumed = SystemClock.now();
    signal(&process, Signal::CONT);
    let reported = eventually("the agent is reported", async || {
        let event = read(&process, &format!("{EVENTS}/silent/keepalive"), &token).await.body;
        let executed = event["check"]["executed"].as_i64()?;
        (event["check"]["status"] != 0 && executed > stopped).then_some(executed)
    })
    .await;
    let earliest = resumed + i64::from(PERIOD);
    assert!(reported >= earliest, "reported at {reported}, resumed at {resumed}");
    process.kill();
}
