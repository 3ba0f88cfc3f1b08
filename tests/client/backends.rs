//! Released Sensu backends: the same API under `/api`, and nothing under `/apis`.

use sensu_client::{ApiPrefix, Client, Method, core_path};
use serde_json::json;
use wiremock::matchers::{method, path, path_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

/// A server that has two checks, under `/api` only.
async fn released() -> MockServer {
    let server = MockServer::start().await;
    let checks = ResponseTemplate::new(200).set_body_json(json!([]));
    let there = Mock::given(path("/api/core/v2/namespaces/default/checks")).respond_with(checks);
    there.mount(&server).await;
    let gone = ResponseTemplate::new(204);
    let there =
        Mock::given(method("DELETE")).and(path("/api/core/v2/namespaces/a")).respond_with(gone);
    there.mount(&server).await;
    let missing =
        ResponseTemplate::new(404).set_body_string("{\"code\":2,\"message\":\"not found\"}\n");
    Mock::given(path_regex(".*")).respond_with(missing).mount(&server).await;
    server
}

async fn paths(server: &MockServer) -> Vec<String> {
    let requests = server.received_requests().await.expect("recorded");
    requests.iter().map(|request| format!("{} {}", request.method, request.url.path())).collect()
}

#[tokio::test]
async fn their_prefix_is_found_once_and_remembered() {
    let server = released().await;
    let client = Client::builder().base_url(server.uri()).build().expect("builds");
    client.check_list().send().await.expect("is there");
    assert_eq!(client.api_prefix(), Some(ApiPrefix::Api));
    client.clone().check_list().send().await.expect("is there");
    client.raw(Method::DELETE, core_path(["namespaces", "a"])).send().await.expect("deletes");
    let expected = [
        "GET /apis/core/v2/namespaces/default/checks",
        "GET /apis",
        "GET /api/core/v2/namespaces/default/checks",
        "GET /api/core/v2/namespaces/default/checks",
        "DELETE /api/core/v2/namespaces/a",
    ];
    assert_eq!(paths(&server).await, expected);
}

#[tokio::test]
async fn who_knows_the_prefix_asks_nobody() {
    let server = released().await;
    let client = Client::builder().base_url(server.uri()).api_prefix(ApiPrefix::Api);
    client.build().expect("builds").check_list().send().await.expect("is there");
    assert_eq!(paths(&server).await, ["GET /api/core/v2/namespaces/default/checks"]);
}

#[tokio::test]
async fn an_address_may_have_a_path() {
    let server = MockServer::start().await;
    let fine = ResponseTemplate::new(200).set_body_json(json!([]));
    let there = Mock::given(path("/sensu/api/core/v2/namespaces")).respond_with(fine);
    there.mount(&server).await;
    let address = format!("{}/sensu/", server.uri());
    let client = Client::builder().base_url(address).build().expect("builds");
    client.namespace_list().send().await.expect("is there");
}

#[tokio::test]
async fn what_is_missing_with_us_leaves_no_doubt() {
    let server = sensu_tests::TestServer::start().await;
    let client = server.as_admin().await;
    client.check_get().name("nothing").send().await.expect_err("not found");
    assert_eq!(client.api_prefix(), Some(ApiPrefix::Apis));
    server.stop().await;
}
