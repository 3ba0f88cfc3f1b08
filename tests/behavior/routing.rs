//! Routing and the checks before an operation: prefixes, methods, error bodies, size limits, CORS.

use std::sync::Arc;

use sensu_server::Limits;
use sensu_store::SystemClock;
use sensu_tests::TestServer;
use serde_json::json;

const CHECKS: &str = "/apis/core/v2/namespaces/default/checks";

#[tokio::test]
async fn both_prefixes_reach_the_same_object() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let check = json!({ "metadata": { "name": "a" }, "interval": 1 });
    let created = server.send("POST", CHECKS, Some(&token), Some(&check)).await;
    assert_eq!(created.status, 200, "{:?}", created.body);
    let path = "/api/core/v2/namespaces/default/checks/a";
    let read = server.send("GET", path, Some(&token), None).await;
    assert_eq!(read.body, created.body, "as created");
    assert_eq!(read.header("etag"), created.header("etag"));
    assert_eq!(read.header("sensu-edition"), "core");
    assert!(!read.header("x-request-id").is_empty());
    server.stop().await;
}

#[tokio::test]
async fn unknown_paths_return_404_and_wrong_methods_405_as_json() {
    let server = TestServer::start().await;
    for path in ["/", "/nope", "/apis/core/v2/nope", "/api/core/v2", "/health/", "/%68ealth"] {
        let response = server.send("GET", path, None, None).await;
        assert_eq!(response.status, 404, "{path}");
        assert_eq!(response.body, json!({ "message": "not found", "code": 2 }), "{path}");
        assert_eq!(response.header("content-type"), "application/json", "{path}");
    }
    for (path, message) in [
        ("/apis/enterprise/v2", "there is no group \"enterprise\"; the groups are: core"),
        (
            "/apis/core/v3/checks",
            "there is no version \"v3\" of the group core; the versions are: v2",
        ),
    ] {
        let response = server.send("GET", path, None, None).await;
        assert_eq!(response.body, json!({ "message": message, "code": 2 }), "{path}");
    }
    let response = server.send("DELETE", CHECKS, None, None).await;
    assert_eq!((response.status, response.header("allow")), (405, "GET, POST, HEAD, OPTIONS"));
    assert_eq!(response.body, json!({ "message": "method not allowed", "code": 1 }));
    server.stop().await;
}

#[tokio::test]
async fn head_is_get_without_a_body_and_options_lists_methods() {
    let server = TestServer::start().await;
    let get = server.send("GET", "/version", None, None).await;
    let head = server.send("HEAD", "/version", None, None).await;
    assert_eq!((head.status, &head.body), (200, &serde_json::Value::Null));
    assert_eq!(head.header("content-length"), get.header("content-length"));
    let options = server.send("OPTIONS", "/version", None, None).await;
    assert_eq!((options.status, options.header("allow")), (204, "GET, HEAD, OPTIONS"));
    server.stop().await;
}

#[tokio::test]
async fn a_path_with_a_double_slash_is_redirected() {
    let server = TestServer::start().await;
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let response = http.build().expect("a client").get(format!("{}//health?a=1", server.url()));
    let response = response.send().await.expect("a response");
    assert_eq!(response.status(), 301);
    assert_eq!(response.headers()["location"], "/health?a=1");
    server.stop().await;
}

#[tokio::test]
async fn a_body_or_object_that_is_too_large_returns_413() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let sized = |bytes: usize| {
        let empty = json!({ "metadata": { "name": "big" }, "interval": 1, "command": "" });
        let rest = bytes - empty.to_string().len();
        json!({ "metadata": { "name": "big" }, "interval": 1, "command": "x".repeat(rest) })
    };
    let response = server.send("POST", CHECKS, Some(&token), Some(&sized(512_001))).await;
    assert_eq!(response.status, 413);
    assert_eq!(response.body["message"], "the request body is larger than 512000 bytes");
    assert_eq!(response.body["code"], 1);
    // An object that a response could not hold is not stored (D12).
    let response = server.send("POST", CHECKS, Some(&token), Some(&sized(511_900))).await;
    assert_eq!(response.status, 413, "{:?}", response.body);
    let response = server.send("POST", CHECKS, Some(&token), Some(&sized(400_000))).await;
    assert_eq!(response.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn json_errors_have_line_and_column() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let send = |body: &'static str, kind: &'static str| {
        let request = reqwest::Client::new().post(format!("{}{CHECKS}", server.url()));
        let request = request.bearer_auth(&token).header("content-type", kind).body(body);
        async move { sensu_tests::Response::read(request.send().await.expect("a response")).await }
    };
    let response = send("{\"interval\": \"x\"}", "application/json").await;
    assert_eq!(response.status, 400);
    assert_eq!(
        response.body,
        json!({
            "message": "line 1, column 14: interval: invalid type: string \"x\", expected an integer from 0 to \
                4294967295",
            "code": 1,
            "field": "/interval",
        })
    );
    let response = send("{", "application/json").await;
    assert_eq!(response.status, 400);
    assert_eq!(response.body["message"], "line 1, column 1: EOF while parsing an object");
    assert_eq!(send("", "application/json").await.body["message"], "the request body is empty");
    assert_eq!(send("{}", "text/plain").await.status, 415);
    server.stop().await;
}

#[tokio::test]
async fn permissions_are_checked_before_the_body() {
    let server = TestServer::start().await;
    let response = server.send("POST", CHECKS, None, Some(&json!("nonsense"))).await;
    assert_eq!((response.status, response.message()), (401, "bad credentials"));
    assert_eq!(response.header("www-authenticate"), "Bearer realm=\"sensu\"");
    let agent = server.token_of("agent").await;
    let path = format!("{CHECKS}?limit=x");
    server.send("POST", &path, Some(&agent), Some(&json!(1))).await.assert_error(403, 4);
    server.stop().await;
}

#[tokio::test]
async fn if_match_makes_put_replace_only_and_if_none_match_create_only() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let path = format!("{CHECKS}/a");
    let put = async |condition: &str, tags: &str| {
        let check = json!({ "interval": 1 });
        server.send_with("PUT", &path, Some(&token), Some(&check), &[(condition, tags)]).await
    };
    put("If-Match", "*").await.assert_error(412, 6);
    server.send("GET", &path, Some(&token), None).await.assert_error(404, 2);
    assert_eq!(put("If-None-Match", "*").await.status, 200);
    put("If-None-Match", "*").await.assert_error(412, 6);
    assert_eq!(put("If-Match", "*").await.status, 200);
    put("If-Match", "\"0\"").await.assert_error(412, 6);
    server.stop().await;
}

#[tokio::test]
async fn cors_headers_are_sent_to_configured_origins_only() {
    let limits = Limits { cors_origins: vec!["http://ui.test".into()], ..Limits::default() };
    let server = TestServer::start_with(limits, Arc::new(SystemClock)).await;
    let preflight = |origin: &'static str| {
        let url = format!("{}{CHECKS}", server.url());
        let request = reqwest::Client::new().request(reqwest::Method::OPTIONS, url);
        let request =
            request.header("origin", origin).header("access-control-request-method", "POST");
        async move { sensu_tests::Response::read(request.send().await.expect("a response")).await }
    };
    let response = preflight("http://ui.test").await;
    assert_eq!(response.header("access-control-allow-origin"), "http://ui.test");
    assert_eq!(response.header("access-control-allow-methods"), "GET, POST, HEAD, OPTIONS");
    assert_eq!(preflight("http://evil.test").await.header("access-control-allow-origin"), "");
    server.stop().await;
}
