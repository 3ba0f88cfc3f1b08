//! A change on one server takes effect on the others with their next request: sessions, roles,
//! silences. A missed deadline is recorded once.

use std::sync::Arc;
use std::time::Duration;

use sensu_server::Limits;
use sensu_store::{Clock, ManualClock, Prefix, Scan, Store, SystemClock};
use sensu_tests::process::run;
use sensu_tests::{Response, TestServer};
use serde_json::{Value, json};

use super::Fixture;

const V2: &str = "/apis/core/v2";

/// Two servers on one database.
async fn two_servers(fixture: &Fixture<'_>, clock: Arc<dyn Clock>) -> [TestServer; 2] {
    // No request times out, however busy the machine is.
    let limits = Limits { deadline: Duration::from_secs(300), ..Limits::default() };
    let mut servers = Vec::new();
    for _ in 0..2 {
        let store = Arc::new(fixture.store_with(Arc::clone(&clock)).await);
        servers.push(TestServer::start_over(store, limits.clone(), Arc::clone(&clock)).await);
    }
    servers.try_into().ok().expect("two servers")
}

async fn send(
    server: &TestServer,
    method: &str,
    path: &str,
    token: &str,
    body: Option<&Value>,
) -> Response {
    server.send(method, &format!("{V2}{path}"), Some(token), body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn ended_sessions_and_changed_roles_take_effect_on_every_server() {
    let Some(fixture) = Fixture::shared() else { return };
    let [one, other] = two_servers(&fixture, Arc::new(SystemClock)).await;
    let admin = one.token().await;
    let bob = json!({ "username": "bob", "password": "correct horse" });
    assert_eq!(send(&one, "POST", "/users", &admin, Some(&bob)).await.status, 200);
    let binding = json!({
        "metadata": { "name": "bob" }, "subjects": [{ "type": "User", "name": "bob" }],
        "role_ref": { "type": "ClusterRole", "name": "view" },
    });
    const CHECKS: &str = "/namespaces/default/checks";
    for round in 0..15 {
        // The servers alternate.
        let (here, there) = if round % 2 == 0 { (&one, &other) } else { (&other, &one) };
        let client = here.log_in("bob", "correct horse").await;
        let tokens = client.tokens().expect("logged in");
        let token = tokens.access_token;
        let reads = async || send(there, "GET", CHECKS, &token, None).await.status;
        assert_eq!(reads().await, 403, "round {round}");
        let bound = send(here, "POST", "/clusterrolebindings", &admin, Some(&binding)).await;
        assert_eq!(bound.status, 200, "{bound:?}");
        assert_eq!(reads().await, 200, "round {round}: bound on the other server");
        let gone = send(here, "DELETE", "/clusterrolebindings/bob", &admin, None).await;
        assert_eq!(gone.status, 204);
        assert_eq!(reads().await, 403, "round {round}: unbound");
        match round % 3 {
            0 => {
                let body = json!({ "refresh_token": tokens.refresh_token });
                let out = here.send("POST", "/auth/logout", Some(&token), Some(&body)).await;
                assert_eq!(out.status, 200, "{out:?}");
            }
            1 => {
                assert_eq!(send(here, "DELETE", "/users/bob", &admin, None).await.status, 204);
                assert_eq!(reads().await, 401, "round {round}: disabled");
                let back = send(there, "PUT", "/users/bob/reinstate", &admin, None).await;
                assert_eq!(back.status, 200);
            }
            _ => {
                let new = json!({ "username": "bob", "password": "correct horse" });
                let changed = send(here, "PUT", "/users/bob/password", &admin, Some(&new)).await;
                assert_eq!(changed.status, 200, "{changed:?}");
            }
        }
        assert_eq!(reads().await, 401, "round {round}: the session has ended");
    }
    one.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silences_take_effect_on_every_server() {
    let Some(fixture) = Fixture::shared() else { return };
    let [one, other] = two_servers(&fixture, Arc::new(SystemClock)).await;
    let admin = one.token().await;
    let event = json!({
        "entity": { "entity_class": "proxy", "metadata": { "name": "web" } },
        "check": { "interval": 10, "status": 1, "metadata": { "name": "cpu" } },
    });
    let silence = json!({ "check": "cpu" });
    let path = "/namespaces/default/events/web/cpu";
    for round in 0..10 {
        let put = send(&other, "PUT", path, &admin, Some(&event)).await;
        assert_eq!(put.body["check"].get("silenced").unwrap_or(&json!([])), &json!([]));
        let silenced = send(&one, "POST", "/namespaces/default/silenced", &admin, Some(&silence));
        assert_eq!(silenced.await.status, 200, "round {round}");
        let put = send(&other, "PUT", path, &admin, Some(&event)).await;
        assert_eq!(put.body["check"]["silenced"], json!(["*:cpu"]), "round {round}");
        let gone = send(&one, "DELETE", "/namespaces/default/silenced/*:cpu", &admin, None).await;
        assert_eq!(gone.status, 204);
    }
    one.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missed_deadline_is_recorded_once_by_several_servers() {
    const ENTITIES: usize = 25;
    let Some(fixture) = Fixture::shared() else { return };
    let clock = Arc::new(ManualClock::at(1_700_000_000));
    let [one, other] = two_servers(&fixture, clock.clone()).await;
    let admin = one.token().await;
    for n in 0..ENTITIES {
        let event = json!({
            "entity": { "entity_class": "proxy", "metadata": { "name": format!("e{n}") } },
            "check": { "interval": 10, "ttl": 60, "status": 0, "metadata": { "name": "beat" } },
        });
        let posted = send(&one, "POST", "/namespaces/default/events", &admin, Some(&event)).await;
        assert_eq!(posted.status, 200, "{posted:?}");
    }
    let before = one.store.health().await.revision;
    clock.advance(61);
    // Both servers check twice a second. They are done when no due record is left.
    let due = |store: Arc<dyn Store>, now: i64| async move {
        let prefix = Prefix::new(sensu_server::keyspace::DEADLINES_BY_TIME, []).expect("a prefix");
        let scan = Scan { prefix, after: None, limit: usize::MAX, max_bytes: usize::MAX };
        let left = store.scan(scan).await.expect("reads");
        left.iter().any(|entry| {
            let due: i64 =
                entry.key.segments().nth(1).and_then(|due| due.parse().ok()).expect("a time");
            due <= now
        })
    };
    while due(one.store.clone(), clock.now()).await {
        tokio::task::yield_now().await;
    }
    let changes = one.store.changes(before, usize::MAX).await.expect("the feed");
    for n in 0..ENTITIES {
        let name = format!("e{n}");
        let written = changes.iter().filter(|change| {
            change.key.collection() == "events" && change.key.segments().nth(2) == Some(&name)
        });
        assert_eq!(written.count(), 1, "{name}: one missing result");
        let path = format!("/namespaces/default/events/{name}/beat");
        let event = send(&other, "GET", &path, &admin, None).await.body;
        let history = event["check"]["history"].as_array().expect("a history").clone();
        assert_eq!(history.len(), 2, "{event}");
        assert_ne!(event["check"]["status"], json!(0));
    }
    one.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn running_servers_use_a_rotated_token_secret() {
    let Some(fixture) = Fixture::shared() else { return };
    let servers = two_servers(&fixture, Arc::new(SystemClock)).await;
    let status = async |server: &TestServer, token: &str| {
        send(server, "GET", "/users", token, None).await.status
    };
    // In the second round, the other server is the first to need the new secret.
    for (first, second) in [(&servers[0], &servers[1]), (&servers[1], &servers[0])] {
        let old = [first.token().await, second.token().await];
        let mut rotate = fixture.program();
        rotate.arg("rotate-secret");
        let (succeeded, output) = tokio::task::block_in_place(|| run(rotate));
        assert!(succeeded, "{output}");
        let client = first.as_admin().await;
        let new = client.tokens().expect("logged in").access_token;
        for server in [first, second] {
            for token in &old {
                assert_eq!(status(server, token).await, 401);
            }
            assert_eq!(status(server, &new).await, 200);
        }
        client.refresh(&new).await.expect("the session continues");
    }
    for server in servers {
        server.stop().await;
    }
}
