//! kill -9 of a server or of the database under load: no acknowledged event is lost, the other
//! servers continue, and everything recovers by itself.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use sensu_store::{Prefix, Scan, Store};
use sensu_tests::Response;
use sensu_tests::process::Process;
use sensu_tests_postgres::{Postgres, installed};
use serde_json::json;

use super::Fixture;
use crate::load::{Load, assert_stored, read};

const CHECKS: &str = "/apis/core/v2/namespaces/default/checks";

/// Number of stored events, acknowledged or not.
async fn stored_events(fixture: &Fixture<'_>) -> usize {
    let store = fixture.store().await;
    let prefix = Prefix::new("events", []).expect("a prefix");
    let all = Scan { prefix, after: None, limit: usize::MAX, max_bytes: usize::MAX };
    let count = store.scan(all).await.expect("reads").len();
    store.verify().await.expect("an intact store");
    store.close().await;
    count
}

async fn get(server: &Process, path: &str) -> Response {
    server.send("GET", path, None, None).await.expect("a response")
}

async fn wait_until_ready(server: &Process) {
    while get(server, "/ready").await.status != 200 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_servers_continue_after_a_server_is_killed() {
    let Some(fixture) = Fixture::shared() else { return };
    let next = Arc::new(AtomicUsize::new(0));
    let (mut victim, mut survivor) = (fixture.server(), fixture.server());
    let mut token = survivor.token().await;
    let (mut acknowledged, mut unknown) = (Vec::new(), 0);
    for _ in 0..3 {
        let on_victim = Load::start(&victim, &victim.token().await, &next);
        let on_survivor = Load::start(&survivor, &token, &next);
        on_victim.wait_for(40).await;
        on_survivor.wait_for(40).await;
        victim.kill();
        let loads = [on_victim.stop().await, {
            on_survivor.wait_for(60).await;
            on_survivor.stop().await
        }];
        for written in loads {
            acknowledged.extend(written.acknowledged);
            unknown += written.unknown;
        }
        assert_stored(&survivor, &token, &acknowledged).await;
        // The survivor is the next victim.
        victim = std::mem::replace(&mut survivor, fixture.server());
        token = survivor.token().await;
    }
    assert_stored(&survivor, &token, &acknowledged).await;
    let (stored, acknowledged) = (stored_events(&fixture).await, acknowledged.len());
    let possible = acknowledged..=acknowledged + unknown;
    assert!(possible.contains(&stored), "{stored} events, expected {possible:?}");
    println!("3 servers killed, {acknowledged} acknowledged events, 0 lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_recover_after_the_database_is_killed() {
    if !installed() {
        return;
    }
    let postgres = Postgres::start(&[]);
    let fixture = Fixture::new(&postgres);
    let next = Arc::new(AtomicUsize::new(0));
    let servers = [fixture.server(), fixture.server()];
    let tokens = [servers[0].token().await, servers[1].token().await];
    let mut acknowledged = Vec::new();
    for _ in 0..2 {
        let loads = [0, 1].map(|n: usize| Load::start(&servers[n], &tokens[n], &next));
        loads[0].wait_for(50).await;
        loads[1].wait_for(50).await;
        postgres.kill();
        for (server, token) in servers.iter().zip(&tokens) {
            let check = json!({
                "metadata": { "name": "c" }, "command": "true", "interval": 60,
                "subscriptions": ["s"],
            });
            for (method, body) in [("GET", None), ("POST", Some(&check))] {
                let response = server.send(method, CHECKS, Some(token), body).await;
                let response = response.expect("a response");
                response.assert_error(503, 0);
                assert_ne!(response.header("retry-after"), "");
                let message = response.message();
                assert!(!message.contains("sensu-pg"), "the address of the database: {message}");
            }
            assert_eq!(get(server, "/ready").await.status, 503);
            let health = get(server, "/health").await;
            let member = &health.body["ClusterHealth"][0];
            assert_eq!(member["Healthy"], json!(false), "{health:?}");
            // Clients without credentials learn nothing about the database.
            assert_eq!(member["Err"], "the store does not accept writes");
        }
        postgres.restart();
        for server in &servers {
            wait_until_ready(server).await;
        }
        // The writers have received 503, and continue.
        for load in loads {
            load.wait_for(40).await;
            acknowledged.extend(load.stop().await.acknowledged);
        }
        for (server, token) in servers.iter().zip(&tokens) {
            assert_stored(server, token, &acknowledged).await;
        }
    }
    let before = stored_events(&fixture).await;
    assert!(before >= acknowledged.len());
    postgres.kill();
    postgres.restart();
    assert_eq!(stored_events(&fixture).await, before, "events after another kill");
    println!("3 kills of the database, {} acknowledged events, 0 lost", acknowledged.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_does_not_respond_is_reported_as_503() {
    if !installed() {
        return;
    }
    let postgres = Postgres::start(&[]);
    let fixture = Fixture::new(&postgres);
    let normal = fixture.server();
    let token = normal.token().await;
    // Its requests do not time out: the store does.
    let server = fixture.server_with_timeout(600);
    postgres.suspend();
    let check = json!({ "metadata": { "name": "c" }, "interval": 60 });
    for (method, body) in [("GET", None), ("POST", Some(&check))] {
        let response = server.send(method, CHECKS, Some(&token), body).await.expect("a response");
        response.assert_error(503, 0);
        assert_eq!(response.message(), "the store cannot be reached; try again");
    }
    assert_eq!(get(&server, "/ready").await.status, 503);
    postgres.resume();
    wait_until_ready(&server).await;
    assert_eq!(read(&server, CHECKS, &token).await.status, 200);
}
