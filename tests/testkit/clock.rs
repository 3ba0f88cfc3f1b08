//! The clock of the test kit: what expires follows it, without waiting.

use serde_json::{Value, json};

use super::double::Double;

const CORE: &str = "/apis/core/v2";
const DEFAULT: &str = "/apis/core/v2/namespaces/default";

async fn advance(double: &Double, by: &str) -> Value {
    let step = json!({ "by": by });
    let (status, clock) = double.send("POST", "/dev/clock/advance", "", Some(step)).await;
    assert_eq!(status, 200, "{clock}");
    clock
}

#[tokio::test]
async fn a_silence_expires_when_the_clock_is_advanced() {
    let folder = tempfile::tempdir().expect("a folder");
    let double = Double::start(folder.path(), &[]).await;
    let silence = json!({
        "metadata": { "name": "entity:db:*", "namespace": "default" },
        "subscription": "entity:db",
        "check": "*",
        "expire": 600,
    });
    let path = format!("{DEFAULT}/silenced/entity:db:*");
    assert!(double.send("PUT", &path, "", Some(silence)).await.0 < 300);
    advance(&double, "9m").await;
    assert_eq!(double.send("GET", &path, "", None).await.0, 200);
    advance(&double, "1m 1s").await;
    assert_eq!(double.send("GET", &path, "", None).await.0, 404);
}

#[tokio::test]
async fn tokens_expire_when_the_clock_is_advanced_and_a_reset_makes_them_valid() {
    let folder = tempfile::tempdir().expect("a folder");
    let double = Double::start(folder.path(), &[]).await;
    let checks = format!("{DEFAULT}/checks");
    let status = async || double.send("GET", &checks, "", None).await.0;
    advance(&double, "14m").await;
    assert_eq!(status().await, 200);
    advance(&double, "2m").await;
    assert_eq!(status().await, 401, "access tokens are valid for 15 minutes");
    // Longer than a session: its record is deleted.
    advance(&double, "13h").await;
    assert_eq!(double.send("POST", "/dev/reset", "", None).await.0, 200);
    assert_eq!(status().await, 200);
    let (_, clock) = double.send("GET", "/dev/clock", "", None).await;
    assert_eq!((&clock["offset_ms"], &clock["frozen"]), (&json!(0), &json!(false)));
}

#[tokio::test]
async fn an_overdue_result_fails_before_the_clock_has_been_advanced() {
    let folder = tempfile::tempdir().expect("a folder");
    let double = Double::start(folder.path(), &[]).await;
    let event = json!({
        "entity": { "metadata": { "name": "db", "namespace": "default" }, "entity_class": "proxy" },
        "check": { "metadata": { "name": "backup" }, "interval": 60, "ttl": 90, "status": 0 },
    });
    let path = format!("{DEFAULT}/events/db/backup");
    assert!(double.send("PUT", &path, "", Some(event)).await.0 < 300);
    let status = async || double.send("GET", &path, "", None).await.1["check"]["status"].clone();
    advance(&double, "60s").await;
    assert_eq!(status().await, json!(0));
    let clock = advance(&double, "31s").await;
    assert_eq!(status().await, json!(1), "the failure is stored when the response arrives");
    let (_, event) = double.send("GET", &path, "", None).await;
    let (issued, now) = (event["timestamp"].as_i64(), clock["unix"].as_i64());
    assert!(issued >= now.map(|now| now - 1), "the event has the time of the clock: {event}");
}

/// API keys have no expiry in core/v2; their time of creation follows the clock.
#[tokio::test]
async fn times_in_objects_are_those_of_the_clock() {
    let folder = tempfile::tempdir().expect("a folder");
    let double = Double::start(folder.path(), &[]).await;
    let input = json!({ "now": "2031-05-01T00:00:00Z", "frozen": true });
    let (status, clock) = double.send("PUT", "/dev/clock", "", Some(input)).await;
    assert_eq!((status, &clock["now"]), (200, &json!("2031-05-01T00:00:00.000Z")));
    let (status, _) = double.send("GET", &format!("{CORE}/apikeys"), "", None).await;
    assert_eq!(status, 401, "the token has expired");
    let double = double.logged_in_again().await;
    let key = json!({ "username": "admin" });
    let (status, _) = double.send("POST", &format!("{CORE}/apikeys"), "", Some(key)).await;
    assert_eq!(status, 201);
    let (_, keys) = double.send("GET", &format!("{CORE}/apikeys"), "", None).await;
    assert_eq!(keys[0]["created_at"], 1_935_360_000);
    let clock = advance(&double, "1500ms").await;
    assert_eq!(
        (&clock["now"], &clock["frozen"]),
        (&json!("2031-05-01T00:00:01.500Z"), &json!(true))
    );
    let (_, clock) = double.send("DELETE", "/dev/clock", "", None).await;
    assert_eq!((&clock["offset_ms"], &clock["frozen"]), (&json!(0), &json!(false)));
}

#[tokio::test]
async fn invalid_times_are_rejected() {
    let folder = tempfile::tempdir().expect("a folder");
    let double = Double::start(folder.path(), &[]).await;
    for (method, path, body, reason) in [
        ("POST", "/dev/clock/advance", json!({ "by": "soon" }), "expected a duration"),
        ("POST", "/dev/clock/advance", json!({ "by": "9000years" }), "9999"),
        ("POST", "/dev/clock/advance", json!({}), "missing field `by`"),
        ("PUT", "/dev/clock", json!({ "now": "noon" }), "such as 2026-01-31T12:00:00Z"),
        ("PUT", "/dev/clock", json!({ "time": "noon" }), "unknown field `time`"),
        ("PUT", "/dev/clock", json!({}), "expected"),
    ] {
        let (status, error) = double.send(method, path, "", Some(body.clone())).await;
        let message = error["message"].as_str().expect("a message");
        assert!(status == 400 && message.contains(reason), "{body}: {status} {message}");
    }
    assert_eq!(double.send("PATCH", "/dev/clock", "", None).await.0, 405);
}
