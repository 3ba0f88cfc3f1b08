//! Every documented operation is served, under both prefixes, and nothing else is.

use std::collections::{BTreeMap, BTreeSet};

use sensu_tests::TestServer;

use super::agree::Document;

/// The path with a value for each parameter.
fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { "x" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_documented_operation_is_served_under_both_prefixes() {
    let server = TestServer::start().await;
    for operation in Document::committed().operations() {
        let path = filled(&operation.path);
        // Discovery has no place in the prefix of released clients.
        let alias = path.replacen("/apis/core/v2/", "/api/core/v2/", 1);
        for path in [path, alias] {
            let answer = server.send(&operation.method, &path, None, None).await;
            let open = operation.value["security"] == serde_json::json!([]);
            let wanted = if open { 200 } else { 401 };
            assert_eq!(answer.status, wanted, "{} {path}: {:?}", operation.method, answer.body);
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_served_method_is_documented() {
    let server = TestServer::start().await;
    let mut paths: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for operation in Document::committed().operations() {
        paths.entry(operation.path).or_default().insert(operation.method);
    }
    for (path, mut documented) in paths {
        let answer = server.send("TRACE", &filled(&path), None, None).await;
        assert_eq!(answer.status, 405, "{path}");
        assert_eq!(answer.body["code"], 1, "{path}");
        let served: BTreeSet<String> =
            answer.header("allow").split(", ").map(str::to_owned).collect();
        if documented.contains("GET") {
            documented.insert("HEAD".into());
        }
        documented.insert("OPTIONS".into());
        assert_eq!(served, documented, "{path}");
    }
    server.stop().await;
}
