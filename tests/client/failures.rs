//! Connections that break and servers that are busy: what is tried again, and what is not.

use std::time::Duration;

use futures::StreamExt as _;
use sensu_client::{
    ApiPrefix, Client, Error, ErrorCode, Method, RetryPolicy, StatusCode, core_path, types,
};
use serde_json::json;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const NAMESPACES: &str = "/apis/core/v2/namespaces";

const QUICK: RetryPolicy = RetryPolicy {
    max_retries: 2,
    initial_backoff: Duration::from_millis(1),
    max_backoff: Duration::from_millis(5),
};

fn client(server: &MockServer) -> Client {
    let client =
        Client::builder().base_url(server.uri()).retry_policy(QUICK).api_prefix(ApiPrefix::Apis);
    client.timeout(Duration::from_millis(500)).build().expect("builds")
}

/// A server that is busy for so many requests, and then has no namespaces.
async fn busy(status: u16, times: u64) -> MockServer {
    let server = MockServer::start().await;
    let busy = ResponseTemplate::new(status).set_body_string("busy");
    Mock::given(path(NAMESPACES)).respond_with(busy).up_to_n_times(times).mount(&server).await;
    let fine = ResponseTemplate::new(200).set_body_json(json!([]));
    Mock::given(path(NAMESPACES)).respond_with(fine).mount(&server).await;
    server
}

async fn requests(server: &MockServer) -> usize {
    server.received_requests().await.expect("recorded").len()
}

#[tokio::test]
async fn reads_are_tried_again_as_often_as_agreed() {
    for status in [429, 502, 503, 504] {
        let server = busy(status, 2).await;
        client(&server).namespace_list().send().await.expect("the third try gets through");
        assert_eq!(requests(&server).await, 3);
    }
    let server = busy(503, 3).await;
    let error = client(&server).namespace_list().send().await.map_err(Error::from);
    let error = error.expect_err("three tries were agreed");
    assert_eq!(
        (error.status(), error.to_string()),
        (Some(StatusCode::SERVICE_UNAVAILABLE), "busy".into())
    );
    assert_eq!(requests(&server).await, 3);
}

#[tokio::test]
async fn what_cannot_get_better_is_not_tried_again() {
    for status in [400, 403, 404, 409, 500] {
        let server = busy(status, 1).await;
        let path = core_path(["namespaces"]);
        client(&server).raw(Method::PUT, path).send().await.expect_err("refused");
        assert_eq!(requests(&server).await, 1, "{status}");
    }
}

#[tokio::test]
async fn what_counts_is_sent_once() {
    let server = busy(503, 1).await;
    let namespace = types::Namespace::builder().name("a");
    client(&server).namespace_create().body(namespace).send().await.expect_err("busy");
    assert_eq!(requests(&server).await, 1);
}

#[tokio::test]
async fn a_slow_server_is_left_and_asked_again() {
    let server = MockServer::start().await;
    let late = ResponseTemplate::new(200).set_delay(Duration::from_secs(60));
    Mock::given(path(NAMESPACES)).respond_with(late).up_to_n_times(1).mount(&server).await;
    let fine = ResponseTemplate::new(200).set_body_json(json!([]));
    Mock::given(path(NAMESPACES)).respond_with(fine).mount(&server).await;
    client(&server).namespace_list().send().await.expect("the second answer comes in time");
}

#[tokio::test]
async fn errors_of_every_shape_have_message_and_code() {
    let shapes = [
        (
            403,
            r#"{"ErrorCode":4,"Message":"unauthorized to perform action"}"#,
            ErrorCode::PermissionDenied,
        ),
        (401, "Request unauthorized\n", ErrorCode::Unauthenticated),
        (418, r#"{"message":"short and stout","code":77}"#, ErrorCode::Other(77)),
    ];
    for (status, body, code) in shapes {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(status).set_body_string(body);
        Mock::given(method("GET")).respond_with(answer).mount(&server).await;
        let error = client(&server).namespace_list().send().await.map_err(Error::from);
        let error = error.expect_err("refused");
        assert_eq!(error.code(), Some(code));
        assert!(body.contains(&error.to_string()), "{error}");
    }
}

#[tokio::test]
async fn a_key_is_sent_as_a_key() {
    let server = MockServer::start().await;
    let fine = ResponseTemplate::new(200).set_body_json(json!([]));
    let keyed = Mock::given(header("authorization", "Key 0123")).respond_with(fine);
    keyed.mount(&server).await;
    let client = Client::builder().base_url(server.uri()).api_key("0123").build().expect("builds");
    client.namespace_list().send().await.expect("knows the key");
    assert!(!format!("{client:?}").contains("0123"));
}

#[tokio::test]
async fn who_names_no_namespace_means_that_of_the_client() {
    let server = MockServer::start().await;
    let fine = || ResponseTemplate::new(200).set_body_json(json!([]));
    for (namespace, times) in [("ops", 2), ("web", 1)] {
        let checks = path(format!("/apis/core/v2/namespaces/{namespace}/checks"));
        Mock::given(checks).respond_with(fine()).expect(times).mount(&server).await;
    }
    let client = Client::builder()
        .base_url(server.uri())
        .api_prefix(ApiPrefix::Apis)
        .default_namespace("ops");
    let client = client.build().expect("builds");
    client.check_list().send().await.expect("has checks");
    client.check_list().stream().count().await;
    client.check_list().namespace("web").send().await.expect("has checks");
    server.verify().await;
}

#[tokio::test]
async fn raw_calls_show_refusals_as_they_came() {
    let server = MockServer::start().await;
    let body = r#"{"ErrorCode":4,"Message":"unauthorized to perform action"}"#;
    let refused = ResponseTemplate::new(403).set_body_string(body).insert_header("x-a", "b");
    Mock::given(path(NAMESPACES)).respond_with(refused).mount(&server).await;
    let client = client(&server);
    let answer = client.raw(Method::GET, NAMESPACES).send_unchecked().await.expect("an answer");
    assert_eq!((answer.status, &answer.body[..]), (StatusCode::FORBIDDEN, body.as_bytes()));
    assert_eq!(answer.headers["x-a"], "b");
    let error = answer.error_for_status().expect_err("is a refusal");
    assert_eq!(error.code(), Some(ErrorCode::PermissionDenied));
    assert_eq!(error.to_string(), "unauthorized to perform action");
}

#[tokio::test]
async fn patches_are_merge_patches_unless_somebody_says_otherwise() {
    let server = MockServer::start().await;
    for (named, sent) in [
        (None, "application/merge-patch+json"),
        (Some("application/json-patch+json"), "application/json-patch+json"),
    ] {
        let fine = ResponseTemplate::new(200).set_body_json(json!({}));
        let patch = Mock::given(method("PATCH")).and(header("content-type", sent));
        patch.respond_with(fine).expect(1).mount(&server).await;
        let client = client(&server);
        let patch = client.raw(Method::PATCH, NAMESPACES).json(&json!({}));
        let patch = match named {
            Some(named) => patch.header("content-type", named.parse().expect("a header")),
            None => patch,
        };
        patch.send().await.expect("is taken");
    }
    server.verify().await;
}

#[tokio::test]
async fn names_that_lead_elsewhere_are_not_sent() {
    let server = MockServer::start().await;
    for name in [".", ".."] {
        let error = client(&server).check_delete().name(name).send().await.expect_err("refused");
        assert!(error.to_string().contains("not valid names"), "{error}");
    }
    assert_eq!(requests(&server).await, 0);
}
