//! Planned faults: their conditions, their effects on the wire, and their counts; filters of recorded requests.

use serde_json::{Value, json};

use super::double::Double;

const CHECKS: &str = "/apis/core/v2/namespaces/default/checks";
/// The same list below the prefix of released clients.
const RELEASED: &str = "/api/core/v2/namespaces/default/checks";

async fn plan(double: &Double, fault: Value) -> Value {
    let (status, planned) = double.send("POST", "/dev/faults", "", Some(fault)).await;
    assert_eq!(status, 200, "{planned}");
    planned
}

#[tokio::test]
async fn a_fault_of_an_operation_applies_to_both_prefixes_and_is_recorded_with_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let double = Double::start(folder.path(), &[]).await;
    let fault =
        plan(&double, json!({ "operation": "check_list", "status": 503, "times": 2 })).await;
    plan(&double, json!({ "path": RELEASED, "method": "POST", "status": 500 })).await;
    plan(&double, json!({ "operation": "event_list", "drop": true })).await;
    let mut statuses = Vec::new();
    for path in [RELEASED, CHECKS, CHECKS] {
        statuses.push(double.send("GET", path, "", None).await.0);
    }
    assert_eq!(statuses, [503, 503, 200]);
    assert_eq!(double.send("POST", CHECKS, "", Some(json!({}))).await.0, 500);

    let (_, faults) = double.send("GET", "/dev/faults", "", None).await;
    let counts: Vec<_> = faults
        .as_array()
        .into_iter()
        .flatten()
        .map(|fault| (fault["matched"].as_u64(), fault["injected"].as_u64()))
        .collect();
    assert_eq!(counts, [(Some(3), Some(2)), (Some(1), Some(1)), (Some(0), Some(0))]);
    let (_, unmatched) = double.send("GET", "/dev/faults?matched=false", "", None).await;
    assert_eq!(unmatched[0]["operation"], "event_list");
    assert_eq!(unmatched.as_array().map(Vec::len), Some(1));

    let path = format!("/dev/faults/{}", fault["id"].as_str().expect("an ID"));
    assert_eq!(double.send("GET", &path, "", None).await.0, 200);
    assert_eq!(double.send("DELETE", &path, "", None).await.0, 204);
    assert_eq!(double.send("DELETE", &path, "", None).await.0, 404);

    let statuses = async |query: &str| {
        let (status, list) = double.send("GET", &format!("/dev/requests?{query}"), "", None).await;
        assert_eq!(status, 200, "{list}");
        let list = list.as_array().cloned().unwrap_or_default();
        list.iter().map(|one| one["status"].as_u64().unwrap_or_default()).collect::<Vec<_>>()
    };
    assert_eq!(statuses("operation=check_list").await, [503, 503, 200]);
    assert_eq!(statuses("operation=check_create&status=5xx").await, [500]);
    assert_eq!(statuses("status=503").await, [503, 503]);
    assert_eq!(statuses(&format!("method=GET&path={RELEASED}")).await, [503, 503, 200]);
    assert_eq!(statuses("since=2100-01-01T00:00:00Z").await, [] as [u64; 0]);
    let (status, error) = double.send("GET", "/dev/requests?limit=1", "", None).await;
    let message = error["message"].as_str().expect("a message");
    assert!(
        status == 400 && message.contains("operation, status, method, path, since"),
        "{message}"
    );
    let (status, _) = double.send("POST", "/dev/reset?hard=true", "", None).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn a_fault_selects_by_header_query_and_number() {
    let folder = tempfile::tempdir().expect("a folder");
    let double = Double::start(folder.path(), &[]).await;
    plan(&double, json!({ "query": { "limit": "1" }, "status": 502 })).await;
    plan(&double, json!({ "header": { "X-Probe": "a" }, "status": 504 })).await;
    plan(&double, json!({ "operation": "check_list", "nth": 3, "status": 503 })).await;
    let limited = format!("{CHECKS}?limit=1");
    let mut statuses = Vec::new();
    for path in [CHECKS, &limited, CHECKS, CHECKS, CHECKS] {
        statuses.push(double.send("GET", path, "", None).await.0);
    }
    assert_eq!(statuses, [200, 502, 200, 503, 200], "the fault of the query is not counted");
    let request = double.http().get(format!("{}/health", double.url())).header("x-probe", "a");
    assert_eq!(request.send().await.expect("a response").status(), 504);
}

#[tokio::test]
async fn bodies_are_replaced_truncated_or_slow_and_connections_are_reset() {
    let folder = tempfile::tempdir().expect("a folder");
    let double = Double::start(folder.path(), &[]).await;
    let get = async |path: &str| double.http().get(format!("{}{path}", double.url())).send().await;

    let html = json!({ "path": "/health", "status": 502, "body": "<h1>Bad gateway</h1>",
        "content_type": "text/html", "times": 1 });
    plan(&double, html).await;
    let response = get("/health").await.expect("a response");
    assert_eq!(response.headers()["content-type"], "text/html");
    assert_eq!(response.status(), 502);
    assert_eq!(response.text().await.expect("a body"), "<h1>Bad gateway</h1>");

    // The operation is carried out, and its response is incomplete.
    let check = json!({ "metadata": { "name": "cpu" }, "interval": 60 });
    plan(&double, json!({ "operation": "check_create", "truncate": 10, "times": 1 })).await;
    let request =
        double.http().post(format!("{}{CHECKS}", double.url())).bearer_auth(double.token());
    let response = request.json(&check).send().await.expect("the head");
    assert_eq!(response.status(), 200);
    assert!(response.bytes().await.is_err(), "the body is incomplete");
    assert_eq!(double.send("GET", &format!("{CHECKS}/cpu"), "", None).await.0, 200);

    plan(&double, json!({ "path": "/health", "slow": "300ms", "times": 1 })).await;
    let start = std::time::Instant::now();
    let text = get("/health").await.expect("a response").text().await.expect("a body");
    assert!(text.starts_with('{') && start.elapsed().as_millis() >= 300, "{text}");

    for (fault, is_reset) in [("reset", true), ("drop", false)] {
        plan(&double, json!({ "path": "/health", "fault": fault, "times": 1 })).await;
        let error = get("/health").await.expect_err("no response");
        let mut cause: Option<&dyn std::error::Error> = Some(&error);
        let mut found = false;
        while let Some(one) = cause {
            let kind = one.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
            found |= kind == Some(std::io::ErrorKind::ConnectionReset);
            cause = one.source();
        }
        assert_eq!(found, is_reset, "{fault}: {error:?}");
    }
    assert_eq!(get("/health").await.expect("a response").status(), 200);
}

#[tokio::test]
async fn invalid_faults_are_rejected_and_change_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let double = Double::start(folder.path(), &[]).await;
    let (status, error) = double
        .send(
            "PUT",
            "/dev/faults",
            "",
            Some(json!([{ "drop": true }, { "operation": "check_creat", "drop": true }])),
        )
        .await;
    assert_eq!((status, &error["field"]), (400, &json!("/1/operation")));
    assert!(error["message"].as_str().expect("a message").contains("check_create"), "{error}");
    assert_eq!(double.send("GET", "/dev/faults", "", None).await, (200, json!([])));
}
