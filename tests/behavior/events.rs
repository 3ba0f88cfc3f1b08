//! Events: history of the first event (D33).

use sensu_tests::TestServer;
use serde_json::{Value, json};

const EVENTS: &str = "/apis/core/v2/namespaces/default/events";

/// An event with this history, whose last result is that of the event.
fn event(entity: &str, history: &[(u32, i64)]) -> Value {
    let (status, executed) = *history.last().expect("a result");
    let history: Vec<Value> =
        history.iter().map(|(status, at)| json!({ "status": status, "executed": at })).collect();
    json!({ "timestamp": executed,
        "entity": { "entity_class": "proxy", "metadata": { "name": entity } },
        "check": { "interval": 10, "status": status, "executed": executed, "history": history,
            "metadata": { "name": "cpu" } } })
}

/// The check of the stored event.
async fn stored(server: &TestServer, token: &str, entity: &str) -> Value {
    let path = format!("{EVENTS}/{entity}/cpu");
    server.send("GET", &path, Some(token), None).await.body["check"].clone()
}

#[tokio::test]
async fn the_history_of_a_first_event_is_kept() {
    let server = TestServer::start().await;
    let admin = server.token().await;
    let history = [(0, 100), (2, 110), (2, 120), (2, 130)];
    let mut post = event("posted", &history);
    (post["check"]["occurrences"], post["check"]["last_ok"]) = (json!(3), json!(100));
    post["check"]["state"] = json!("flapping");
    let posted = server.send("POST", EVENTS, Some(&admin), Some(&post)).await;
    let put = event("put", &history);
    let path = format!("{EVENTS}/put/cpu");
    let put = server.send("PUT", &path, Some(&admin), Some(&put)).await;
    for (response, entity, last_ok) in [(posted, "posted", 100), (put, "put", 0)] {
        assert_eq!(response.status, 200, "{response:?}");
        let check = stored(&server, &admin, entity).await;
        assert_eq!(response.body["check"], check);
        assert_eq!(check["history"], event("x", &history)["check"]["history"]);
        assert_eq!(
            (&check["occurrences"], &check["occurrences_watermark"]),
            (&json!(3), &json!(3))
        );
        assert_eq!((&check["state"], &check["last_ok"]), (&json!("failing"), &json!(last_ok)));
    }
    server.stop().await;
}

#[tokio::test]
async fn a_full_history_determines_the_state_change_and_flapping() {
    let server = TestServer::start().await;
    let admin = server.token().await;
    // With one result without sense at each end, and one too many.
    let mut history: Vec<(u32, i64)> = (100..122).map(|at| (u32::from(at % 2 == 0), at)).collect();
    history.insert(0, (2, -5));
    history.insert(1, (2, 9_000_000_000));
    let mut sent = event("web", &history);
    (sent["check"]["low_flap_threshold"], sent["check"]["high_flap_threshold"]) =
        (json!(10), json!(30));
    sent["check"]["total_state_change"] = json!(7);
    let path = format!("{EVENTS}/web/cpu");
    assert_eq!(server.send("PUT", &path, Some(&admin), Some(&sent)).await.status, 200);
    let check = stored(&server, &admin, "web").await;
    assert_eq!(check["history"], event("web", &history[3..])["check"]["history"]);
    assert_eq!((&check["total_state_change"], &check["state"]), (&json!(100), &json!("flapping")));
    server.stop().await;
}

#[tokio::test]
async fn the_history_of_later_events_is_ignored() {
    let server = TestServer::start().await;
    let admin = server.token().await;
    let path = format!("{EVENTS}/web/cpu");
    let first = event("web", &[(0, 100), (2, 110)]);
    assert_eq!(server.send("PUT", &path, Some(&admin), Some(&first)).await.status, 200);
    let mut second = event("web", &[(1, 90), (1, 95), (2, 120)]);
    second["check"]["occurrences"] = json!(50);
    assert_eq!(server.send("PUT", &path, Some(&admin), Some(&second)).await.status, 200);
    let check = stored(&server, &admin, "web").await;
    let expected = event("web", &[(0, 100), (2, 110), (2, 120)]);
    assert_eq!(
        (&check["history"], &check["occurrences"]),
        (&expected["check"]["history"], &json!(2))
    );
    server.stop().await;
}
