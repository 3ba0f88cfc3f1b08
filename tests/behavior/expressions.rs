//! JavaScript expressions: which are accepted, and limits on their text (D5).

use sensu_tests::TestServer;
use serde_json::{Value, json};

const FILTERS: &str = "/apis/core/v2/namespaces/default/filters";

/// Status and message of a `PUT` of a filter with these expressions.
async fn put(server: &TestServer, token: &str, expressions: &[String]) -> (u16, Value) {
    let body = json!({ "action": "allow", "expressions": expressions });
    let response = server.send("PUT", &format!("{FILTERS}/f"), Some(token), Some(&body)).await;
    (response.status, response.body["message"].clone())
}

#[tokio::test]
async fn what_sensu_go_accepts_is_accepted() {
    let server = TestServer::start().await;
    let token = server.token().await;
    for good in [
        "event.check.output.match(/error/i)",
        "/^a{2}[\\d-]+(b|c)?$/.test(event.entity.metadata.name)",
        "return 1",
        "delete event.check",
        "event.check.status == 02",
        "with (event.check) { status == 2 }",
    ] {
        assert_eq!(put(&server, &token, &[good.to_owned()]).await.0, 200, "{good}");
    }
    let (status, message) = put(&server, &token, &["} while (true) {} {".to_owned()]).await;
    assert_eq!(status, 400);
    let message = message.as_str().unwrap_or_default();
    assert!(message.starts_with("syntax error in expression 0: (anonymous): Line 1:"), "{message}");
    server.stop().await;
}

#[tokio::test]
async fn regular_expressions_are_accepted_wherever_expressions_are() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let regular = ["event.check.name.match(/disk/)", "/^db-[0-9]+$/i.test(entity.name)", "/a\\/b/"];
    let build = json!({ "url": "https://example.com/a.tar.gz", "sha512": "0".repeat(128),
        "filters": regular });
    for (path, body, pointer) in [
        ("filters/f", json!({ "action": "allow", "expressions": regular }), "/expressions"),
        ("assets/a", build.clone(), "/filters"),
        ("assets/b", json!({ "builds": [build] }), "/builds/0/filters"),
        (
            "checks/c",
            json!({ "interval": 1, "proxy_requests": { "entity_attributes": regular } }),
            "/proxy_requests/entity_attributes",
        ),
    ] {
        let path = format!("/apis/core/v2/namespaces/default/{path}");
        let written = server.send("PUT", &path, Some(&token), Some(&body)).await;
        assert_eq!(written.status, 200, "{path}: {}", written.body);
        assert_eq!(written.body.pointer(pointer), Some(&json!(regular)), "{path}");
    }
    server.stop().await;
}

#[tokio::test]
async fn the_javascript_of_an_object_is_limited() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let names: String = (0..60_000).map(|number| format!("#a{number:x};")).collect();
    let expected = (400, json!("an object can have at most 16000 bytes of JavaScript"));
    assert_eq!(put(&server, &token, &[format!("class A{{{names}}}")]).await, expected);

    let expected = (400, json!("an object can have at most 100 expressions"));
    assert_eq!(put(&server, &token, &vec![String::new(); 101]).await, expected);
    assert_eq!(put(&server, &token, &vec![String::new(); 100]).await.0, 200);

    // A patch is limited like the object that it makes.
    let patch = json!({ "expressions": vec![""; 101] });
    let response = server.send("PATCH", &format!("{FILTERS}/f"), Some(&token), Some(&patch)).await;
    assert_eq!((response.status, &response.body["message"]), (400, &expected.1));

    let asset = json!({ "metadata": { "name": "a" },
        "builds": vec![json!({ "url": "https://example.com/a.tar.gz", "sha512": "0".repeat(128),
            "filters": vec!["true"; 60] }); 2] });
    let path = "/apis/core/v2/namespaces/default/assets";
    let response = server.send("POST", path, Some(&token), Some(&asset)).await;
    let expected = json!("build 1: an object can have at most 100 expressions");
    assert_eq!((response.status, &response.body["message"]), (400, &expected));
    server.stop().await;
}
