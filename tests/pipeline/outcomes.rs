//! The operations that report what handlers did and would do.

use sensu_tests::eventually;
use serde_json::json;

use crate::support::{DEFAULT, Monitored};

#[tokio::test(flavor = "multi_thread")]
async fn the_last_ten_events_are_reported_the_newest_first() {
    let monitored = Monitored::start().await;
    monitored.put_recorder("a", json!({})).await;
    for status in 0..12 {
        monitored.report("web", "cpu", json!({ "status": status, "handlers": ["a"] })).await;
    }
    let events = eventually("the newest event", async || {
        let events = monitored.outcomes("web", "cpu").await;
        Some(events).filter(|events| events.first().is_some_and(|event| event["status"] == 11))
    })
    .await;
    let statuses: Vec<u64> = events.iter().filter_map(|event| event["status"].as_u64()).collect();
    assert_eq!(statuses, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
    let newest = &events[0];
    let stored = monitored.send("GET", &format!("{DEFAULT}/events/web/cpu"), None).await;
    assert_eq!(newest["timestamp"], stored.body["timestamp"]);
    let handler = &newest["handlers"][0];
    assert_eq!((&handler["handler"], &handler["result"]), (&json!("a"), &json!("executed")));
    assert_eq!(
        (&handler["pipeline"], &handler["exit_status"]),
        (&json!("legacy-pipeline"), &json!(0))
    );
    assert!(handler["duration"].as_f64().is_some_and(|seconds| seconds >= 0.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn outcomes_require_the_event_and_credentials() {
    let monitored = Monitored::start().await;
    for (method, operation) in [("GET", "outcomes"), ("POST", "explain")] {
        let path = format!("{DEFAULT}/events/web/cpu/{operation}");
        monitored.send(method, &path, None).await.assert_error(404, 2);
        assert_eq!(monitored.server.send(method, &path, None, None).await.status, 401);
    }
    monitored.report("web", "cpu", json!({})).await;
    assert_eq!(monitored.outcomes("web", "cpu").await, [""; 0]);
    let path = format!("{DEFAULT}/events/web/cpu/explain");
    assert_eq!(monitored.send("POST", &path, None).await.body, json!({ "handlers": [] }));
}

#[tokio::test(flavor = "multi_thread")]
async fn outcomes_are_deleted_with_the_event_and_the_entity() {
    let monitored = Monitored::start().await;
    monitored.put_recorder("a", json!({})).await;
    for object in ["events/web/cpu", "entities/web"] {
        monitored.report("web", "cpu", json!({ "handlers": ["a"] })).await;
        monitored.wait_for_outcomes("web", "cpu", 1).await;
        assert_eq!(
            monitored.send("DELETE", &format!("{DEFAULT}/{object}"), None).await.status,
            204
        );
        monitored.report("web", "cpu", json!({})).await;
        assert_eq!(monitored.outcomes("web", "cpu").await, [""; 0], "{object}");
    }
}
