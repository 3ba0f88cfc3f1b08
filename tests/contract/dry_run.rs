//! Every write can be tried with `dryRun=true`: same status, nothing written (D41).

use sensu_tests::{Response, TestServer};

use super::scenario::{Request, Scenario};

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_of_every_write_has_the_status_of_the_write_and_writes_nothing() {
    let server = Scenario::server().await;
    let token = server.token().await;
    let (mut tried, mut scenario) = (0, Scenario::read());
    while let Some(request) = scenario.next() {
        let operation = &request.operation;
        let expected = match operation.method.as_str() {
            "GET" => None,
            // Reads only.
            _ if operation.id == "event_explain" => None,
            _ => {
                tried += 1;
                assert!(operation.has_parameter("dryRun"), "{} documents dryRun", operation.id);
                let has_strict = operation.has_parameter("strict");
                assert_eq!(has_strict, operation.has_body(), "{}: strict", operation.id);
                let invalid = dry_run(&server, &token, &request, "perhaps").await;
                invalid.assert_error(400, 1);
                Some(dry_run(&server, &token, &request, "true").await)
            }
        };
        let response = request.send(&server, &token).await;
        request.assert_recorded(response.status, &response.body);
        if let Some(expected) = expected {
            assert_eq!(expected.status, response.status, "{}: {}", operation.id, expected.body);
        }
        scenario.record(&request, &response.body);
    }
    assert!(tried > 70, "only {tried} writes were tried");
    server.stop().await;
}

/// Sends a request with a value of `dryRun`, and asserts that nothing was written.
async fn dry_run(server: &TestServer, token: &str, request: &Request, value: &str) -> Response {
    let id = &request.operation.id;
    let before = server.store.health().await.revision;
    let response = request.with("dryRun", value).send(server, token).await;
    assert_eq!(response.header("etag"), "", "{id}: an object that is not stored has no tag");
    assert_eq!(server.store.health().await.revision, before, "{id} with dryRun={value} wrote");
    response
}
