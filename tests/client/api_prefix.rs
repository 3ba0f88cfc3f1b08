//! Detection of the API prefix: released Sensu backends serve the API under `/api` only.

use sensu_client::{ApiPrefix, Client, Method, core_path};
use wiremock::matchers::{method, path, path_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::empty_list;

const CHECKS: &str = "/api/core/v2/namespaces/default/checks";

/// A server like a released backend, with an empty list of checks and a namespace `a`.
async fn released_backend() -> MockServer {
    let server = MockServer::start().await;
    Mock::given(path(CHECKS)).respond_with(empty_list()).mount(&server).await;
    Mock::given(method("DELETE"))
        .and(path("/api/core/v2/namespaces/a"))
        .respond_with(ResponseTemplate::new(204))
        .mount(&server)
        .await;
    let not_found =
        ResponseTemplate::new(404).set_body_string("{\"code\":2,\"message\":\"not found\"}\n");
    Mock::given(path_regex(".*")).respond_with(not_found).mount(&server).await;
    server
}

async fn requests(server: &MockServer) -> Vec<String> {
    let requests = server.received_requests().await.expect("recorded");
    requests.iter().map(|request| format!("{} {}", request.method, request.url.path())).collect()
}

#[tokio::test]
async fn the_prefix_of_a_released_backend_is_detected_once() {
    let server = released_backend().await;
    let client = Client::builder().base_url(server.uri()).build().expect("builds");
    client.check_list().send().await.expect("lists");
    assert_eq!(client.api_prefix(), Some(ApiPrefix::Api));
    client.clone().check_list().send().await.expect("lists");
    client.raw(Method::DELETE, core_path(["namespaces", "a"])).send().await.expect("deletes");
    let expected = [
        "GET /apis/core/v2/namespaces/default/checks",
        "GET /apis",
        "GET /api/core/v2/namespaces/default/checks",
        "GET /api/core/v2/namespaces/default/checks",
        "DELETE /api/core/v2/namespaces/a",
    ];
    assert_eq!(requests(&server).await, expected);
}

#[tokio::test]
async fn a_configured_prefix_is_not_detected() {
    let server = released_backend().await;
    let client = Client::builder().base_url(server.uri()).api_prefix(ApiPrefix::Api);
    client.build().expect("builds").check_list().send().await.expect("lists");
    assert_eq!(requests(&server).await, [format!("GET {CHECKS}")]);
}

#[tokio::test]
async fn the_base_url_may_have_a_path() {
    let server = MockServer::start().await;
    let namespaces = Mock::given(path("/sensu/api/core/v2/namespaces"));
    namespaces.respond_with(empty_list()).mount(&server).await;
    let base_url = format!("{}/sensu/", server.uri());
    let client = Client::builder().base_url(base_url).build().expect("builds");
    client.namespace_list().send().await.expect("lists");
}

#[tokio::test]
async fn a_404_for_a_missing_object_does_not_change_the_prefix() {
    let server = sensu_tests::TestServer::start().await;
    let client = server.as_admin().await;
    client.check_get().name("missing").send().await.expect_err("not found");
    assert_eq!(client.api_prefix(), Some(ApiPrefix::Apis));
    server.stop().await;
}
