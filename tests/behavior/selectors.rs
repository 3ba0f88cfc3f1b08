//! Lists filtered by label and field selectors (D35).

use sensu_tests::{Response, TestServer};
use serde_json::json;

const ROOT: &str = "/apis/core/v2";

/// The names of the objects in a list.
fn names(list: &Response) -> Vec<&str> {
    let items = list.body.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(|item| item["metadata"]["name"].as_str()).collect()
}

#[tokio::test]
async fn every_page_of_a_list_contains_selected_objects_only() {
    let server = TestServer::start().await;
    let admin = server.token().await;
    let checks = format!("{ROOT}/namespaces/default/checks");
    for number in 0..9 {
        let tier = if number % 2 == 0 { "web" } else { "db" };
        let check = json!({ "interval": 1, "publish": number < 6, "subscriptions": ["linux"],
            "metadata": { "name": format!("c{number}"), "labels": { "tier": tier } } });
        assert_eq!(server.send("POST", &checks, Some(&admin), Some(&check)).await.status, 200);
    }
    let get = async |query: &str| {
        server.send("GET", &format!("{checks}?{query}"), Some(&admin), None).await
    };
    let web = "labelSelector=tier%20%3D%3D%20web";
    let published = "fieldSelector=check.publish%20%3D%3D%20true";
    assert_eq!(names(&get(web).await), ["c0", "c2", "c4", "c6", "c8"]);
    assert_eq!(names(&get(&format!("{web}&{published}")).await), ["c0", "c2", "c4"]);
    let twice = format!("{web}&labelSelector=tier%20%3D%3D%20db");
    assert!(names(&get(&twice).await).is_empty(), "selectors are combined with and");
    let first = get(&format!("{web}&limit=2")).await;
    assert_eq!(names(&first), ["c0", "c2"]);
    let next = format!("{web}&limit=3&continue={}", first.header("sensu-continue"));
    let second = get(&next).await;
    assert_eq!(
        (names(&second).join(" ").as_str(), second.header("sensu-continue")),
        ("c4 c6 c8", "")
    );
    let all = format!("{ROOT}/checks?fieldSelector=linux%20in%20check.subscriptions&limit=1");
    assert_eq!(names(&server.send("GET", &all, Some(&admin), None).await), ["c0"]);
    let rejected = get("fieldSelector=check.name%3D%3Dc0").await;
    rejected.assert_error(400, 1);
    let message = rejected.message();
    assert!(message.starts_with("failed to parse fieldSelector: column 1: "), "{message}");
    server.stop().await;
}

#[tokio::test]
async fn selectors_apply_to_irregular_lists() {
    let server = TestServer::start().await;
    let admin = server.token().await;
    for (entity, check, status) in [("web", "cpu", 0), ("web", "mem", 2), ("db", "cpu", 2)] {
        let event = json!({ "entity": { "entity_class": "proxy", "metadata": { "name": entity } },
            "check": { "interval": 1, "status": status, "metadata": { "name": check } } });
        let path = format!("{ROOT}/namespaces/default/events/{entity}/{check}");
        assert_eq!(server.send("PUT", &path, Some(&admin), Some(&event)).await.status, 200);
    }
    let silenced = json!({ "check": "cpu", "reason": "work" });
    let path = format!("{ROOT}/namespaces/default/silenced");
    server.send("POST", &path, Some(&admin), Some(&silenced)).await;
    for (path, query, items) in [
        ("namespaces/default/events/web", "event.check.status == \"2\"", 1),
        ("namespaces/default/events", "event.check.status == \"2\"", 2),
        ("namespaces/default/events", "event.check.status == 2", 2),
        (
            "namespaces/default/events",
            "event.check.status in [0, 1] && event.is_silenced == false",
            1,
        ),
        ("events", "event.entity.name == db && event.check.name == cpu", 1),
        ("namespaces", "namespace.name != default", 0),
        ("namespaces/default/silenced/checks/cpu", "silenced.reason == work", 1),
        ("namespaces/default/silenced/checks/cpu", "silenced.reason == play", 0),
        ("users", "user.username == admin", 1),
        ("clusterroles", "clusterrole.name matches admin", 2),
    ] {
        let query = query.replace(' ', "%20").replace('&', "%26");
        let path = format!("{ROOT}/{path}?fieldSelector={query}");
        let list = server.send("GET", &path, Some(&admin), None).await;
        assert_eq!(list.body.as_array().map(Vec::len), Some(items), "{path}: {list:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn numbers_and_booleans_need_no_quotes() {
    let server = TestServer::start().await;
    let admin = server.token().await;
    let checks = format!("{ROOT}/namespaces/default/checks");
    for interval in [30, 60, 90] {
        let check = json!({ "interval": interval, "publish": interval > 30,
            "metadata": { "name": format!("c{interval}"), "labels": { "rack": "7" } } });
        assert_eq!(server.send("POST", &checks, Some(&admin), Some(&check)).await.status, 200);
    }
    for (selector, found) in [
        ("check.interval == 30", "c30"),
        ("check.interval != 30", "c60 c90"),
        ("check.interval in [30, 60] && check.publish == true", "c60"),
        // The spelling of the Python SDK: texts always have quotes.
        ("check.name == \"c90\" && check.timeout == 0", "c90"),
        ("check.interval notin [\"30\",\"60\"]", "c90"),
    ] {
        let query = selector.replace(' ', "%20").replace('&', "%26").replace('"', "%22");
        for prefix in [ROOT, "/api/core/v2"] {
            let path = format!("{prefix}/namespaces/default/checks?fieldSelector={query}");
            let list = server.send("GET", &path, Some(&admin), None).await;
            assert_eq!(names(&list).join(" "), found, "{path}: {list:?}");
        }
    }
    let path = format!("{checks}?labelSelector=rack%20%3D%3D%207");
    assert_eq!(names(&server.send("GET", &path, Some(&admin), None).await).len(), 3);
    server.stop().await;
}

#[tokio::test]
async fn an_unknown_field_is_rejected_with_the_known_ones() {
    let server = TestServer::start().await;
    let admin = server.token().await;
    for (list, selector, unknown, known) in [
        ("checks", "check.nme == a", "check.nme", "check.interval"),
        ("namespaces/default/checks", "event.check.name == a", "event.check.name", "check.publish"),
        // An example of Sensu's documentation. There it selects all events, because no event has the field.
        (
            "namespaces/default/events",
            "event.entity.status != \"0\"",
            "event.entity.status",
            "event.check.status",
        ),
        ("events", "linux in event.entity.tags", "event.entity.tags", "event.entity.subscriptions"),
        ("users", "user.password == x", "user.password", "user.groups"),
        ("namespaces", "namespace.labels == x", "namespace.labels", "namespace.name"),
    ] {
        let query = selector.replace(' ', "%20").replace('"', "%22");
        let path = format!("{ROOT}/{list}?fieldSelector={query}");
        let rejected = server.send("GET", &path, Some(&admin), None).await;
        rejected.assert_error(400, 1);
        let message = rejected.message();
        assert!(message.contains(&format!("unknown field {unknown:?}")), "{message}");
        assert!(message.contains(known), "{message}");
    }
    server.stop().await;
}
