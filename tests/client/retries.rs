//! Which requests are retried, and how often.

use std::time::Duration;

use sensu_client::{Client, Error, Method, RetryPolicy, StatusCode, types};
use sensu_tests::assert_refused;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{NAMESPACES, builder, empty_list};

const TWO_RETRIES: RetryPolicy = RetryPolicy {
    max_retries: 2,
    initial_backoff: Duration::from_millis(1),
    max_backoff: Duration::from_millis(5),
};

fn client(server: &MockServer) -> Client {
    builder(server).retry_policy(TWO_RETRIES).build().expect("builds")
}

/// A server whose first `failures` responses have a status and the body `busy`.
async fn failing_server(status: u16, failures: u64) -> MockServer {
    let server = MockServer::start().await;
    let failure = ResponseTemplate::new(status).set_body_string("busy");
    let failure = Mock::given(path(NAMESPACES)).respond_with(failure).up_to_n_times(failures);
    failure.mount(&server).await;
    Mock::given(path(NAMESPACES)).respond_with(empty_list()).mount(&server).await;
    server
}

async fn attempts(server: &MockServer) -> usize {
    server.received_requests().await.expect("recorded").len()
}

#[tokio::test]
async fn reads_are_retried_after_transient_statuses() {
    for status in [429, 502, 503, 504] {
        let server = failing_server(status, 2).await;
        client(&server).namespace_list().send().await.expect("the third attempt succeeds");
        assert_eq!(attempts(&server).await, 3, "{status}");
    }
}

#[tokio::test]
async fn the_last_response_is_returned_after_the_maximum_of_retries() {
    let server = failing_server(503, 3).await;
    let result = client(&server).namespace_list().send().await.map_err(Error::from);
    let error = result.expect_err("the third attempt fails");
    assert_eq!(error.status(), Some(StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!(error.to_string(), "busy");
    assert_eq!(attempts(&server).await, 3);
}

#[tokio::test]
async fn permanent_errors_are_not_retried() {
    for status in [400, 403, 404, 409, 500] {
        let server = failing_server(status, 1).await;
        let error = client(&server).raw(Method::PUT, NAMESPACES).send().await;
        let error = error.expect_err("the only attempt fails");
        assert_eq!(error.status().map(|found| found.as_u16()), Some(status));
        assert_eq!(attempts(&server).await, 1, "{status}");
    }
}

#[tokio::test]
async fn requests_that_are_not_idempotent_are_not_retried() {
    let server = failing_server(503, 1).await;
    let namespace = types::Namespace::builder().name("a");
    let result = client(&server).namespace_create().body(namespace).send().await;
    assert_refused(result, 503, 0);
    assert_eq!(attempts(&server).await, 1);
}

#[tokio::test]
async fn reads_are_retried_after_a_timeout() {
    let server = MockServer::start().await;
    let late = ResponseTemplate::new(200).set_delay(Duration::from_secs(60));
    Mock::given(path(NAMESPACES)).respond_with(late).up_to_n_times(1).mount(&server).await;
    Mock::given(path(NAMESPACES)).respond_with(empty_list()).mount(&server).await;
    let client = builder(&server).retry_policy(TWO_RETRIES).timeout(Duration::from_secs(3));
    let client = client.build().expect("builds");
    client.namespace_list().send().await.expect("a later attempt succeeds");
}
