//! Probes and metrics (`/health`, `/ready`, `/metrics`), and the test of credentials.

use sensu_tests::{Response, TestServer, series};
use serde_json::{Value, json};

async fn metrics(server: &TestServer) -> String {
    match server.send("GET", "/metrics", None, None).await.body {
        Value::String(text) => text,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_store_that_rejects_writes_shows_in_readiness_health_and_metrics() {
    let server = TestServer::start().await;
    let ready = server.send("GET", "/ready", None, None).await;
    assert_eq!((ready.status, ready.body), (200, json!("ready")));
    assert_eq!(
        series(&metrics(&server).await, r#"sensu_server_store_up{engine="memory"}"#),
        Some(1.0)
    );

    server.store.close().await;
    let ready = server.send("GET", "/ready", None, None).await;
    assert_eq!((ready.status, ready.header("retry-after")), (503, "1"));
    assert_eq!(ready.body, json!({ "message": "the store does not accept writes", "code": 0 }));
    let health = server.send("GET", "/health", None, None).await;
    assert_eq!((health.status, &health.body["ClusterHealth"][0]["Healthy"]), (200, &json!(false)));
    assert_eq!(health.body.get("Alarms"), Some(&Value::Null), "sensuctl compares it with null");
    assert_eq!(health.body["ClusterHealth"][0]["Err"], "the store does not accept writes");
    assert_eq!(
        series(&metrics(&server).await, r#"sensu_server_store_up{engine="memory"}"#),
        Some(0.0)
    );
    server.stop().await;
}

#[tokio::test]
async fn requests_and_events_are_counted() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let path = "/apis/core/v2/namespaces/default/events";
    let event = json!({ "entity": { "entity_class": "proxy", "metadata": { "name": "e" } },
        "check": { "interval": 1, "status": 2, "metadata": { "name": "c" } } });
    assert_eq!(server.send("POST", path, Some(&token), Some(&event)).await.status, 200);
    for path in ["/nope", "/nope/again"] {
        server.send("GET", path, None, None).await.assert_error(404, 2);
    }
    let text = metrics(&server).await;
    let requests =
        |labels: &str| series(&text, &format!("sensu_server_http_requests_total{{{labels}}}"));
    assert_eq!(requests(r#"method="POST",operation="event_create",status="200""#), Some(1.0));
    assert_eq!(requests(r#"method="GET",operation="none",status="404""#), Some(2.0));
    assert_eq!(series(&text, r#"sensu_server_events_total{status="critical"}"#), Some(1.0));
    let durations = r#"sensu_server_http_request_duration_seconds_count{operation="event_create"}"#;
    assert_eq!(series(&text, durations), Some(1.0));
    // The request for the metrics itself.
    assert_eq!(series(&text, "sensu_server_http_requests_in_flight"), Some(1.0));
    assert!(series(&text, "process_resident_memory_bytes").is_some_and(|bytes| bytes > 0.0));
    let revision = server.store.health().await.revision;
    let metric = series(&text, "sensu_server_store_revision");
    assert_eq!(metric.map(|metric| metric.to_string()), Some(revision.to_string()));
    server.stop().await;
}

#[tokio::test]
async fn credentials_can_be_tested_without_a_session() {
    let server = TestServer::start().await;
    let before = server.store.health().await.revision;
    let test = |user: &'static str, password: &'static str| {
        let request = reqwest::Client::new().get(format!("{}/auth/test", server.url()));
        let request = request.basic_auth(user, Some(password));
        async move { Response::read(request.send().await.expect("a response")).await }
    };
    let valid = test("admin", "P@ssw0rd!").await;
    assert_eq!((valid.status, valid.body), (200, Value::Null));
    for (user, password) in [("admin", "wrong"), ("missing", "P@ssw0rd!")] {
        test(user, password).await.assert_error(401, 5);
    }
    assert_eq!(server.store.health().await.revision, before, "nothing was written");
    server.stop().await;
}
