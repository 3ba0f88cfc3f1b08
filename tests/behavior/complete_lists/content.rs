//! Content of complete lists: the same objects as in pages.

use std::sync::Arc;

use futures::TryStreamExt as _;
use sensu_client::{ApiPrefix, Client};
use sensu_server::Limits;
use sensu_store::SystemClock;
use sensu_tests::{Response, TestServer};
use serde_json::{Value, json};

use super::{CANONICAL, RELEASED, fill, observed};

fn named(namespace: &str, name: String, mut value: Value) -> (Vec<String>, Value) {
    value["metadata"] = json!({ "name": name, "namespace": namespace,
        "labels": { "parity": if name.ends_with(['0', '2', '4', '6', '8']) { "even" } else { "odd" } } });
    (vec![namespace.to_owned(), name], value)
}

/// Reads a list in pages, as one list.
async fn pages(server: &TestServer, token: &str, path: &str) -> (Vec<Value>, usize) {
    let (mut items, mut pages, mut next) = (Vec::new(), 0, path.to_owned());
    while !next.is_empty() {
        let page = server.send("GET", &next, Some(token), None).await;
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        items.extend(page.body.as_array().expect("a list").iter().cloned());
        pages += 1;
        let link = page.header("link").split_once(">; ");
        next = link.map_or("", |(address, _)| address.trim_start_matches('<')).to_owned();
    }
    (items, pages)
}

/// Asserts that a response is not a page.
fn assert_complete(list: &Response, items: usize) {
    assert_eq!(list.status, 200, "{}", list.body);
    assert_eq!(list.body.as_array().map(Vec::len), Some(items));
    assert_eq!((list.header("sensu-continue"), list.header("link")), ("", ""));
}

#[tokio::test]
async fn a_client_without_pages_gets_all_900_checks() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let check = |n| named("default", format!("big{n}"), json!({ "command": "x".repeat(1_000) }));
    fill(&server, "checks", (0..900).map(check)).await;
    let path = "/namespaces/default/checks";
    for query in ["", "?limit=0", "?continue="] {
        let list =
            server.send("GET", &format!("{RELEASED}{path}{query}"), Some(&token), None).await;
        assert_complete(&list, 900);
    }
    let page = server.send("GET", &format!("{CANONICAL}{path}"), Some(&token), None).await;
    assert!(page.body.as_array().expect("a list").len() < 900, "the canonical prefix has pages");
    assert_ne!(page.header("sensu-continue"), "");
    // A client that asks for pages gets them.
    let (items, count) = pages(&server, &token, &format!("{RELEASED}{path}?limit=400")).await;
    assert_eq!((items.len(), count), (900, 3));
    let next = page.header("sensu-continue");
    let rest = format!("{RELEASED}{path}?continue={next}");
    assert!(pages(&server, &token, &rest).await.0.len() < 900);
    // The client of this repository follows pages of either kind.
    let tokens = server.as_admin().await.tokens().expect("logged in");
    for prefix in [ApiPrefix::Api, ApiPrefix::Apis] {
        let client = Client::builder().base_url(server.url()).api_prefix(prefix);
        let client = client.tokens(tokens.clone()).build().expect("builds");
        let checks: Vec<_> = client.check_list().stream().try_collect().await.expect("reads");
        assert_eq!(checks.len(), 900);
    }
    let head = server.send("HEAD", &format!("{RELEASED}{path}"), Some(&token), None).await;
    assert_eq!((head.status, head.body), (200, Value::Null));
    server.stop().await;
}

#[tokio::test]
async fn the_setting_extends_the_limit_to_the_prefix_of_released_clients() {
    let limits = Limits { page_all_lists: true, response_bytes: 10_000, ..Limits::default() };
    let server = TestServer::start_with(limits, Arc::new(SystemClock)).await;
    let token = server.token().await;
    let check = |n| named("default", format!("big{n}"), json!({ "command": "x".repeat(1_000) }));
    fill(&server, "checks", (0..90).map(check)).await;
    let (items, count) = pages(&server, &token, &format!("{RELEASED}/checks")).await;
    assert_eq!(items.len(), 90);
    assert!(count > 9, "{count} pages");
    server.stop().await;
}

/// A list of checks with a selector.
const EVEN: &str = "/checks?labelSelector=parity%20==%20even";

/// A long name, so that few of them exceed a page.
fn namespace(number: usize) -> String {
    format!("n{number:02}{}", "x".repeat(40))
}

#[tokio::test]
async fn a_streamed_list_has_the_objects_of_the_pages() {
    let limits = Limits { response_bytes: 1_500, ..Limits::default() };
    let (server, _) = observed(limits).await;
    let admin = server.token().await;
    let put = async |path: &str, body: Value| {
        let put =
            server.send("PUT", &format!("{CANONICAL}{path}"), Some(&admin), Some(&body)).await;
        assert_eq!(put.status, 200, "{}", put.body);
    };
    // By default every user may list all namespaces.
    let all = format!("{CANONICAL}/clusterrolebindings/system:user");
    assert_eq!(server.send("DELETE", &all, Some(&admin), None).await.status, 204);
    let role = json!({ "rules": [{ "verbs": ["get", "list"], "resources": ["*"] }] });
    for number in 0..60 {
        put(&format!("/clusterroles/reader{number}"), role.clone()).await;
        put(&format!("/namespaces/{}", namespace(number)), json!({})).await;
        let subjects =
            json!([{ "type": "User", "name": if number % 3 == 0 { "other" } else { "agent" } }]);
        let binding =
            json!({ "role_ref": { "type": "Role", "name": "reader" }, "subjects": subjects });
        put(&format!("/namespaces/{}/roles/reader", namespace(number)), role.clone()).await;
        put(&format!("/namespaces/{}/rolebindings/reader", namespace(number)), binding).await;
    }
    for number in 0..12 {
        let labels = json!({ "password": "hidden", "public": "shown" });
        put(
            &format!("/namespaces/default/entities/e{number}"),
            json!({ "entity_class": "proxy", "metadata": { "labels": labels } }),
        )
        .await;
        let entity =
            json!({ "entity_class": "proxy", "metadata": { "name": "e", "labels": labels } });
        let event = json!({ "check": { "interval": 1 }, "entity": entity });
        put(&format!("/namespaces/default/events/e/c{number:02}"), event).await;
    }
    let value =
        |text: &str| json!({ "command": text.repeat(100), "check": "c", "subscription": "s" });
    let other = namespace(1);
    for namespace in ["default", other.as_str()] {
        fill(&server, "checks", (0..30).map(|n| named(namespace, format!("c{n}"), value("x"))))
            .await;
    }
    let silenced = (0..30).map(|n| {
        let (subscription, check) =
            (if n < 15 { "s".into() } else { format!("s{n}") }, format!("c{n:02}"));
        let check = if n < 15 { check } else { "c".to_owned() };
        let name = format!("{subscription}:{check}");
        named(
            "default",
            name,
            json!({ "subscription": subscription, "check": check, "reason": "x".repeat(100) }),
        )
    });
    fill(&server, "silenced", silenced).await;
    let user = |n| {
        (vec![format!("u{n}")], json!({ "username": format!("u{n}"), "groups": ["g".repeat(80)] }))
    };
    fill(&server, "users", (0..30).map(user)).await;
    let agent = server.token_of("agent").await;
    let in_namespace = format!("/namespaces/{other}/checks");
    let selected = format!("{EVEN}&fieldSelector=check.namespace%20==%20{other}");
    for (path, token, items) in [
        ("/namespaces", &admin, 61),
        // Those with a binding.
        ("/namespaces", &agent, 40),
        ("/clusterroles", &admin, 66),
        ("/roles", &admin, 60),
        (in_namespace.as_str(), &agent, 30),
        ("/namespaces/default/checks", &admin, 30),
        ("/checks", &admin, 60),
        (EVEN, &admin, 30),
        (selected.as_str(), &admin, 15),
        ("/namespaces/default/entities", &admin, 13),
        ("/namespaces/default/events", &admin, 12),
        ("/events", &admin, 12),
        ("/namespaces/default/events/e", &admin, 12),
        ("/namespaces/default/silenced", &admin, 30),
        ("/namespaces/default/silenced/checks/c", &admin, 15),
        ("/namespaces/default/silenced/subscriptions/s", &admin, 15),
        ("/users", &admin, 32),
    ] {
        let (expected, count) = pages(&server, token, &format!("{CANONICAL}{path}")).await;
        let list = server.send("GET", &format!("{RELEASED}{path}"), Some(token), None).await;
        assert_complete(&list, items);
        assert_eq!(list.body, Value::from(expected), "{path}");
        assert!(count > 1, "{path}: a single page");
        assert!(!list.body.to_string().contains("hidden"), "{path}: redacted");
    }
    for path in
        ["/users", "/checks", "/namespaces/default/checks", "/namespaces/default/silenced/checks/c"]
    {
        let denied = server.send("GET", &format!("{RELEASED}{path}"), Some(&agent), None).await;
        denied.assert_error(403, 4);
    }
    for query in ["limit=x", "labelSelector=%26%26"] {
        let path = format!("{RELEASED}/checks?{query}");
        server.send("GET", &path, Some(&admin), None).await.assert_error(400, 1);
    }
    server.stop().await;
}
