//! The front door: prefixes, methods, errors, bounds.

use std::sync::Arc;

use sensu_server::Limits;
use sensu_store::SystemClock;
use sensu_tests::TestServer;
use serde_json::json;

const CHECKS: &str = "/apis/core/v2/namespaces/default/checks";

#[tokio::test]
async fn both_prefixes_lead_to_the_same_place() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let check = json!({ "metadata": { "name": "a" }, "interval": 1 });
    let made = server.send("POST", CHECKS, Some(&token), Some(&check)).await;
    assert_eq!(made.status, 200, "{:?}", made.body);
    let path = "/api/core/v2/namespaces/default/checks/a";
    let read = server.send("GET", path, Some(&token), None).await;
    assert_eq!(read.body, made.body, "the echo is the stored object");
    assert_eq!(read.header("etag"), made.header("etag"));
    assert_eq!(read.header("sensu-edition"), "core");
    assert!(!read.header("x-request-id").is_empty());
    server.stop().await;
}

#[tokio::test]
async fn unknown_routes_and_wrong_methods_have_our_error_shape() {
    let server = TestServer::start().await;
    for path in ["/", "/nope", "/apis/core/v2/nope", "/api/core/v2", "/health/", "/%68ealth"] {
        let answer = server.send("GET", path, None, None).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.body, json!({ "message": "not found", "code": 2 }), "{path}");
        assert_eq!(answer.header("content-type"), "application/json", "{path}");
    }
    for (path, message) in [
        ("/apis/enterprise/v2", "there is no group \"enterprise\"; the groups are: core"),
        (
            "/apis/core/v3/checks",
            "there is no version \"v3\" of the group core; the versions are: v2",
        ),
    ] {
        let answer = server.send("GET", path, None, None).await;
        assert_eq!(answer.body, json!({ "message": message, "code": 2 }), "{path}");
    }
    let answer = server.send("DELETE", CHECKS, None, None).await;
    assert_eq!((answer.status, answer.header("allow")), (405, "GET, POST, HEAD, OPTIONS"));
    assert_eq!(answer.body, json!({ "message": "method not allowed", "code": 1 }));
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
async fn paths_that_are_not_canonical_are_redirected() {
    let server = TestServer::start().await;
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let answer = http.build().expect("a client").get(format!("{}//health?a=1", server.url()));
    let answer = answer.send().await.expect("an answer");
    assert_eq!(answer.status(), 301);
    assert_eq!(answer.headers()["location"], "/health?a=1");
    server.stop().await;
}

#[tokio::test]
async fn bodies_are_bounded() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let fits = |bytes: usize| {
        let empty = json!({ "metadata": { "name": "big" }, "interval": 1, "command": "" });
        let room = bytes - empty.to_string().len();
        json!({ "metadata": { "name": "big" }, "interval": 1, "command": "x".repeat(room) })
    };
    let answer = server.send("POST", CHECKS, Some(&token), Some(&fits(512_001))).await;
    assert_eq!(answer.status, 413);
    assert_eq!(answer.body["message"], "the request body is larger than 512000 bytes");
    assert_eq!(answer.body["code"], 1);
    // What would not fit into an answer is not stored either (D12).
    let answer = server.send("POST", CHECKS, Some(&token), Some(&fits(511_900))).await;
    assert_eq!(answer.status, 413, "{:?}", answer.body);
    let answer = server.send("POST", CHECKS, Some(&token), Some(&fits(400_000))).await;
    assert_eq!(answer.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn mistakes_in_json_have_a_place() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let send = |body: &'static str, kind: &'static str| {
        let request = reqwest::Client::new().post(format!("{}{CHECKS}", server.url()));
        let request = request.bearer_auth(&token).header("content-type", kind).body(body);
        async move { sensu_tests::Response::read(request.send().await.expect("an answer")).await }
    };
    let answer = send("{\"interval\": \"x\"}", "application/json").await;
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.body,
        json!({ "message": "line 1, column 14: interval: invalid type: string \"x\", expected u32", "code": 1 })
    );
    let answer = send("{", "application/json").await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.body["message"], "line 1, column 1: EOF while parsing an object");
    assert_eq!(send("", "application/json").await.body["message"], "the request body is empty");
    assert_eq!(send("{}", "text/plain").await.status, 415);
    server.stop().await;
}

#[tokio::test]
async fn who_has_no_rights_learns_nothing_about_the_body() {
    let server = TestServer::start().await;
    let answer = server.send("POST", CHECKS, None, Some(&json!("nonsense"))).await;
    assert_eq!((answer.status, answer.body["message"].as_str()), (401, Some("bad credentials")));
    assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"sensu\"");
    let agent = server.log_in("agent", "P@ssw0rd!").await.tokens().expect("logged in");
    let token = Some(agent.access_token.as_str());
    let answer = server.send("POST", &format!("{CHECKS}?limit=x"), token, Some(&json!(1))).await;
    assert_eq!((answer.status, answer.body["code"].as_i64()), (403, Some(4)));
    server.stop().await;
}

#[tokio::test]
async fn a_put_may_be_told_to_create_only_or_to_replace_only() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let put = |name: &'static str, condition: &'static str, tags: &'static str| {
        let request = reqwest::Client::new().put(format!("{}{CHECKS}/{name}", server.url()));
        let request = request.bearer_auth(&token).header(condition, tags);
        let request = request.json(&json!({ "interval": 1 }));
        async move {
            let answer =
                sensu_tests::Response::read(request.send().await.expect("an answer")).await;
            (answer.status, answer.body["code"].as_i64())
        }
    };
    assert_eq!(put("a", "if-match", "*").await, (412, Some(6)), "there is nothing to replace");
    let missing = server.send("GET", &format!("{CHECKS}/a"), Some(&token), None).await;
    assert_eq!(missing.status, 404);
    assert_eq!(put("a", "if-none-match", "*").await, (200, None));
    assert_eq!(put("a", "if-none-match", "*").await, (412, Some(6)), "it is there already");
    assert_eq!(put("a", "if-match", "*").await, (200, None));
    assert_eq!(put("a", "if-match", "\"0\"").await, (412, Some(6)), "another one");
    server.stop().await;
}

#[tokio::test]
async fn nothing_is_written_into_a_namespace_that_is_not_there() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let event = json!({ "entity": { "entity_class": "proxy", "metadata": { "name": "a" } },
        "check": { "interval": 1, "metadata": { "name": "b" } } });
    for (method, path, body) in [
        ("POST", "checks", json!({ "metadata": { "name": "a" }, "interval": 1 })),
        ("PUT", "checks/a", json!({ "interval": 1 })),
        ("PUT", "silenced/*:a", json!({})),
        ("POST", "events", event.clone()),
        ("PUT", "events/a/b", event),
    ] {
        let path = format!("/apis/core/v2/namespaces/nowhere/{path}");
        let answer = server.send(method, &path, Some(&token), Some(&body)).await;
        let expected = json!({ "message": "namespace \"nowhere\" not found", "code": 2 });
        assert_eq!((answer.status, answer.body), (404, expected), "{method} {path}");
    }
    for room in ["checks", "events", "entities", "silenced"] {
        let answer = server.send("GET", &format!("/apis/core/v2/{room}"), Some(&token), None).await;
        assert_eq!(answer.body, json!([]), "{room}");
    }
    server.stop().await;
}

#[tokio::test]
async fn browsers_may_call_from_configured_origins() {
    let limits = Limits { cors_origins: vec!["http://ui.test".into()], ..Limits::default() };
    let server = TestServer::start_with(limits, Arc::new(SystemClock)).await;
    let ask = |origin: &'static str| {
        let url = format!("{}{CHECKS}", server.url());
        let request = reqwest::Client::new().request(reqwest::Method::OPTIONS, url);
        let request =
            request.header("origin", origin).header("access-control-request-method", "POST");
        async move { sensu_tests::Response::read(request.send().await.expect("an answer")).await }
    };
    let answer = ask("http://ui.test").await;
    assert_eq!(answer.header("access-control-allow-origin"), "http://ui.test");
    assert_eq!(answer.header("access-control-allow-methods"), "GET, POST, HEAD, OPTIONS");
    assert_eq!(ask("http://evil.test").await.header("access-control-allow-origin"), "");
    server.stop().await;
}
