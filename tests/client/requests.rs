//! What requests contain, and how error responses are reported.

use futures::StreamExt as _;
use sensu_client::{Error, ErrorCode, Method, StatusCode};
use sensu_tests::assert_refused;
use serde_json::json;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{NAMESPACES, builder, empty_list};

/// An error of a released Sensu backend, which capitalizes the field names.
const CAPITALIZED_ERROR: &str = r#"{"Code":4,"Message":"unauthorized to perform action"}"#;

#[tokio::test]
async fn error_bodies_of_every_form_become_message_and_code() {
    let forms = [
        (403, CAPITALIZED_ERROR, "unauthorized to perform action", 4),
        (401, "Request unauthorized\n", "Request unauthorized", 5),
        (418, r#"{"message":"short and stout","code":77}"#, "short and stout", 77),
    ];
    for (status, body, message, code) in forms {
        let server = MockServer::start().await;
        let response = ResponseTemplate::new(status).set_body_string(body);
        Mock::given(method("GET")).respond_with(response).mount(&server).await;
        let client = builder(&server).build().expect("builds");
        let result = client.namespace_list().send().await.map_err(Error::from);
        assert_eq!(result.as_ref().expect_err("an error").to_string(), message);
        assert_refused(result, status, code);
    }
}

#[tokio::test]
async fn an_api_key_is_sent_in_the_authorization_header_and_hidden_in_debug_output() {
    let server = MockServer::start().await;
    let with_key = Mock::given(header("authorization", "Key 0123"));
    with_key.respond_with(empty_list()).mount(&server).await;
    let client = builder(&server).api_key("0123").build().expect("builds");
    client.namespace_list().send().await.expect("lists");
    assert!(!format!("{client:?}").contains("0123"));
}

#[tokio::test]
async fn operations_without_a_namespace_use_the_default_namespace() {
    let server = MockServer::start().await;
    for (namespace, requests) in [("ops", 2), ("web", 1)] {
        let checks = Mock::given(path(format!("{NAMESPACES}/{namespace}/checks")));
        checks.respond_with(empty_list()).expect(requests).mount(&server).await;
    }
    let client = builder(&server).default_namespace("ops").build().expect("builds");
    client.check_list().send().await.expect("lists");
    client.check_list().stream().count().await;
    client.check_list().namespace("web").send().await.expect("lists");
    server.verify().await;
}

#[tokio::test]
async fn raw_error_responses_are_unchanged() {
    let server = MockServer::start().await;
    let response = ResponseTemplate::new(403).set_body_string(CAPITALIZED_ERROR);
    let response = response.insert_header("x-a", "b");
    Mock::given(path(NAMESPACES)).respond_with(response).mount(&server).await;
    let client = builder(&server).build().expect("builds");
    let response = client.raw(Method::GET, NAMESPACES).send_unchecked().await;
    let response = response.expect("a response");
    assert_eq!(response.status, StatusCode::FORBIDDEN);
    assert_eq!(&response.body[..], CAPITALIZED_ERROR.as_bytes());
    assert_eq!(response.headers["x-a"], "b");
    let error = response.error_for_status().expect_err("status 403");
    assert_eq!(error.code(), Some(ErrorCode::PermissionDenied));
    assert_eq!(error.to_string(), "unauthorized to perform action");
}

#[tokio::test]
async fn patches_are_merge_patches_unless_the_request_sets_another_type() {
    let server = MockServer::start().await;
    let (merge_patch, json_patch) = ("application/merge-patch+json", "application/json-patch+json");
    for content_type in [merge_patch, json_patch] {
        let patch = Mock::given(method("PATCH")).and(header("content-type", content_type));
        let response = ResponseTemplate::new(200).set_body_json(json!({}));
        patch.respond_with(response).expect(1).mount(&server).await;
    }
    let client = builder(&server).build().expect("builds");
    let patch = || client.raw(Method::PATCH, NAMESPACES).json(&json!({}));
    patch().send().await.expect("patches");
    let json_patch = json_patch.parse().expect("a header value");
    patch().header("content-type", json_patch).send().await.expect("patches");
    server.verify().await;
}

#[tokio::test]
async fn names_that_would_change_the_path_are_rejected_before_sending() {
    let server = MockServer::start().await;
    let client = builder(&server).build().expect("builds");
    for name in ["", ".", ".."] {
        let result = client.check_delete().name(name).send().await.map_err(Error::from);
        assert!(matches!(result, Err(Error::InvalidInput(_))), "{result:?}");
    }
    assert!(server.received_requests().await.expect("recorded").is_empty());
}
