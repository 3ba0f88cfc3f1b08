//! The server serves every documented operation, under both prefixes, and no other.

use std::collections::{BTreeMap, BTreeSet};

use sensu_tests::{Document, TestServer};

#[tokio::test(flavor = "multi_thread")]
async fn every_documented_operation_is_served_under_both_prefixes() {
    let server = TestServer::start().await;
    for operation in Document::committed().operations() {
        let path = operation.path_with(|_| "x".to_owned());
        // Discovery is not below the prefix of released clients.
        let alias = path.replacen("/apis/core/v2/", "/api/core/v2/", 1);
        for path in [path, alias] {
            let response = server.send(&operation.method, &path, None, None).await;
            let status = if operation.is_open() { 200 } else { 401 };
            assert_eq!(response.status, status, "{} {path}: {}", operation.method, response.body);
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_served_method_is_documented() {
    let server = TestServer::start().await;
    let mut paths: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for operation in Document::committed().operations() {
        let path = operation.path_with(|_| "x".to_owned());
        paths.entry(path).or_default().insert(operation.method);
    }
    for (path, mut documented) in paths {
        let response = server.send("TRACE", &path, None, None).await;
        response.assert_error(405, 1);
        let served: BTreeSet<String> =
            response.header("allow").split(", ").map(str::to_owned).collect();
        if documented.contains("GET") {
            documented.insert("HEAD".into());
        }
        documented.insert("OPTIONS".into());
        assert_eq!(served, documented, "{path}");
    }
    server.stop().await;
}
