//! kill -9 for a server, and for the database, under load: what was acknowledged is there, the
//! others go on, and what comes back works without help.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use sensu_store::{Prefix, Scan, Store};
use sensu_tests::Response;
use sensu_tests::process::Process;
use sensu_tests_postgres::{Postgres, installed};
use serde_json::json;

use super::Place;
use crate::load::{Load, all_there};

const CHECKS: &str = "/apis/core/v2/namespaces/default/checks";

/// Events that are stored, whoever asks.
async fn stored(place: &Place<'_>) -> usize {
    let store = place.store().await;
    let prefix = Prefix::new("events", []).expect("a prefix");
    let all = Scan { prefix, after: None, limit: usize::MAX, max_bytes: usize::MAX };
    let count = store.scan(all).await.expect("reads").len();
    store.verify().await.expect("nothing is damaged");
    store.close().await;
    count
}

async fn ask(server: &Process, path: &str) -> Response {
    server.send("GET", path, None, None).await.expect("an answer")
}

/// Asks until the server is ready.
async fn ready(server: &Process) {
    while ask(server, "/ready").await.status != 200 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_server_is_killed_and_the_other_goes_on() {
    let Some(place) = Place::shared() else { return };
    let next = Arc::new(AtomicUsize::new(0));
    let (one, mut other) = (place.server(), place.server());
    let mut survivor_token = other.token().await;
    let mut victim = one;
    let mut acknowledged = Vec::new();
    for _ in 0..3 {
        let lost = Load::on(&victim, &victim.token().await, &next);
        let kept = Load::on(&other, &survivor_token, &next);
        lost.reach(40).await;
        kept.reach(40).await;
        victim.kill();
        acknowledged.extend(lost.end().await);
        // What the other goes on to acknowledge from here on, it does without the first.
        let before = kept.acknowledged();
        kept.reach(before + 60).await;
        acknowledged.extend(kept.end().await);
        all_there(&other, &survivor_token, &acknowledged).await;
        // They take turns at dying.
        victim = std::mem::replace(&mut other, place.server());
        survivor_token = other.token().await;
    }
    all_there(&other, &survivor_token, &acknowledged).await;
    let (stored, acknowledged) = (stored(&place).await, acknowledged.len());
    // Each of the eight writers of each kill may have one event written but not acknowledged.
    assert!((acknowledged..=acknowledged + 3 * 8).contains(&stored), "{acknowledged}: {stored}");
    println!("3 servers killed, {acknowledged} acknowledged events, 0 lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_is_killed_and_started_again() {
    if !installed() {
        return;
    }
    let postgres = Postgres::start(&[]);
    let place = Place::on(&postgres);
    let next = Arc::new(AtomicUsize::new(0));
    let servers = [place.server(), place.server()];
    let tokens = [servers[0].token().await, servers[1].token().await];
    let mut acknowledged = Vec::new();
    for _ in 0..2 {
        let loads = [0, 1].map(|n: usize| Load::on(&servers[n], &tokens[n], &next));
        loads[0].reach(50).await;
        loads[1].reach(50).await;
        postgres.kill();
        for (server, token) in servers.iter().zip(&tokens) {
            let check = json!({
                "metadata": { "name": "c" }, "command": "true", "interval": 60,
                "subscriptions": ["s"],
            });
            for (method, body) in [("GET", None), ("POST", Some(&check))] {
                let answer = server.send(method, CHECKS, Some(token), body).await;
                let answer = answer.expect("an answer");
                assert_eq!((answer.status, &answer.body["code"]), (503, &json!(0)), "{answer:?}");
                assert_ne!(answer.header("retry-after"), "");
                let message = answer.body["message"].as_str().expect("a message");
                assert!(!message.contains("sensu-pg"), "no addresses for callers: {message}");
            }
            assert_eq!(ask(server, "/ready").await.status, 503);
            let health = ask(server, "/health").await;
            assert_eq!(health.body["ClusterHealth"][0]["Healthy"], json!(false), "{health:?}");
        }
        postgres.again();
        for server in &servers {
            ready(server).await;
        }
        // The writers were told to come back later, and did.
        for load in loads {
            load.reach(load.acknowledged() + 40).await;
            acknowledged.extend(load.end().await);
        }
        for (server, token) in servers.iter().zip(&tokens) {
            all_there(server, token, &acknowledged).await;
        }
    }
    let before = stored(&place).await;
    assert!(before >= acknowledged.len());
    postgres.kill();
    postgres.again();
    assert_eq!(stored(&place).await, before, "the counts before and after agree");
    println!("3 deaths of the database, {} acknowledged events, 0 lost", acknowledged.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_stops_answering_is_not_waited_for() {
    if !installed() {
        return;
    }
    let postgres = Postgres::start(&[]);
    let place = Place::on(&postgres);
    let server = place.server();
    let token = server.token().await;
    postgres.freeze();
    let answer = server.send("GET", CHECKS, Some(&token), None).await.expect("an answer");
    assert_eq!((answer.status, &answer.body["code"]), (503, &json!(0)), "{answer:?}");
    assert_eq!(ask(&server, "/ready").await.status, 503);
    postgres.thaw();
    ready(&server).await;
    let answer = server.send("GET", CHECKS, Some(&token), None).await.expect("an answer");
    assert_eq!(answer.status, 200);
}
