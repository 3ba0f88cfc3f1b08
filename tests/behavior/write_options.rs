//! Write options: strict field validation and dry run (D41). `tests/contract/dry_run.rs` tries every write.

use sensu_tests::TestServer;
use serde_json::{Value, json};

const CHECKS: &str = "/apis/core/v2/namespaces/default/checks";

fn check(interval: u32) -> Value {
    json!({ "metadata": { "name": "a" }, "interval": interval })
}

#[tokio::test]
async fn a_dry_run_returns_the_object_as_it_would_be_stored() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let path = format!("{CHECKS}?dryRun=true");
    let response = server.send("POST", &path, Some(&token), Some(&check(5))).await;
    assert_eq!((response.status, &response.body["interval"]), (200, &json!(5)));
    assert_eq!(response.body["metadata"]["namespace"], "default");
    server.stop().await;
}

#[tokio::test]
async fn a_dry_run_fails_as_the_write_would() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let dry_run = async |method: &str, path: &str, body: Option<Value>| {
        let path = format!("{path}?dryRun=true");
        server.send(method, &path, Some(&token), body.as_ref()).await
    };
    dry_run("POST", CHECKS, Some(check(0))).await.assert_error(400, 1);
    let missing = "/apis/core/v2/namespaces/missing/checks";
    dry_run("POST", missing, Some(check(5))).await.assert_error(404, 2);
    let item = format!("{CHECKS}/a");
    dry_run("DELETE", &item, None).await.assert_error(404, 2);

    assert_eq!(server.send("POST", CHECKS, Some(&token), Some(&check(5))).await.status, 200);
    dry_run("POST", CHECKS, Some(check(5))).await.assert_error(409, 3);
    dry_run("DELETE", "/apis/core/v2/namespaces/default", None).await.assert_error(409, 3);
    let path = format!("{item}?dryRun=true");
    let stale = [("If-Match", "\"1\"")];
    let stale = server.send_with("PUT", &path, Some(&token), Some(&check(6)), &stale).await;
    stale.assert_error(412, 6);
    let agent = server.token_of("agent").await;
    let path = format!("{CHECKS}?dryRun=true");
    server.send("POST", &path, Some(&agent), Some(&check(5))).await.assert_error(403, 4);
    let stored = server.send("GET", &item, Some(&token), None).await;
    assert_eq!(stored.body["interval"], 5);
    server.stop().await;
}

#[tokio::test]
async fn operations_on_sessions_reject_dry_runs() {
    let server = TestServer::start().await;
    let tokens = server.as_admin().await.tokens().expect("logged in");
    let access = Some(tokens.access_token.as_str());
    let body = json!({ "refresh_token": tokens.refresh_token });
    for path in ["/auth/logout?dryRun=true", "/auth/token?dryRun=true"] {
        server.send("POST", path, access, Some(&body)).await.assert_error(400, 1);
    }
    let response = server.send("POST", "/auth/logout?dryRun=false", access, Some(&body)).await;
    assert_eq!(response.status, 200, "the session still exists");
    server.stop().await;
}

#[tokio::test]
async fn unknown_fields_cause_a_warning_and_an_error_if_strict() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let check = json!({ "metadata": { "name": "a", "lables": {} }, "interval": 1, "intervall": 2,
        "secrets": [{ "name": "A", "secret": "b" }, { "nmae": "A", "secret": "b" }] });
    let strict = format!("{CHECKS}?strict=true");
    let rejected = server.send("POST", &strict, Some(&token), Some(&check)).await;
    let message = "unknown fields: intervall, metadata.lables, secrets[1].nmae";
    assert_eq!(rejected.status, 400);
    assert_eq!(rejected.body, json!({ "message": message, "code": 1 }));
    let created = server.send("POST", CHECKS, Some(&token), Some(&check)).await;
    assert_eq!(created.status, 200);
    assert_eq!(created.header("warning"), format!("299 - \"dropped {message}\""));
    assert!(created.body.get("intervall").is_none());

    let item = format!("{CHECKS}/a");
    let warning = "299 - \"dropped unknown field: intervall\"";
    let patch = json!({ "intervall": 3, "metadata": { "labels": { "any": "thing" } } });
    let patched = server.send("PATCH", &item, Some(&token), Some(&patch)).await;
    assert_eq!((patched.status, patched.header("warning")), (200, warning));
    let strict = format!("{item}?strict=true");
    server.send("PATCH", &strict, Some(&token), Some(&patch)).await.assert_error(400, 1);

    let invalid = json!({ "metadata": { "name": "b" }, "intervall": 2 });
    let rejected = server.send("POST", CHECKS, Some(&token), Some(&invalid)).await;
    assert_eq!((rejected.status, rejected.header("warning")), (400, warning));
    let stored = server.send("GET", &item, Some(&token), None).await;
    let echoed = server.send("PUT", &strict, Some(&token), Some(&stored.body)).await;
    assert_eq!((echoed.status, echoed.header("warning")), (200, ""), "all stored fields are known");
    server.stop().await;
}
