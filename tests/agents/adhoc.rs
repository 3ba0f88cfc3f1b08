//! Requests of users to execute a check.

use serde_json::json;

use crate::support::{Backend, request};

// B14
#[tokio::test(flavor = "multi_thread")]
async fn requests_in_one_second_have_different_times() {
    let backend = Backend::start().await;
    let mut agent = backend.connect("web", &["system"]).await;
    backend.put_check("cpu", json!({ "publish": false })).await;
    for _ in 0..3 {
        backend.execute("cpu", json!({})).await;
    }
    let mut issued = Vec::new();
    for _ in 0..3 {
        issued.push(request(&mut agent).await.issued);
    }
    issued.sort_unstable();
    issued.dedup();
    assert_eq!(issued.len(), 3);
}

// B15, B17
#[tokio::test(flavor = "multi_thread")]
async fn a_request_contains_the_assets_and_hooks_that_the_check_names() {
    let backend = Backend::start().await;
    let mut agent = backend.connect("x", &[]).await;
    let mut other = backend.connect("other", &["system"]).await;
    let asset = json!({ "url": "https://example.com/a.tgz", "sha512": "a".repeat(128) });
    for name in ["foo", "foo-bar", "of-hook"] {
        backend.put(&format!("assets/{name}"), asset.clone()).await;
    }
    let hook = json!({ "command": "ps", "timeout": 5, "runtime_assets": ["of-hook"] });
    backend.put("hooks/processes", hook.clone()).await;
    backend.put("hooks/processes-2", hook).await;
    let fields = json!({
        "publish": false,
        "runtime_assets": ["foo", "missing"],
        "check_hooks": [{ "critical": ["processes"] }],
    });
    backend.put_check("cpu", fields).await;
    backend.execute("cpu", json!({ "subscriptions": ["entity:x"] })).await;
    let request = request(&mut agent).await;
    let assets: Vec<&str> =
        request.assets.iter().map(|asset| asset.metadata.name.as_str()).collect();
    assert_eq!(assets, ["foo"]);
    let hooks: Vec<&str> = request.hooks.iter().map(|hook| hook.metadata.name.as_str()).collect();
    assert_eq!(hooks, ["processes"]);
    let of_hook = &request.hook_assets["processes"].assets;
    assert_eq!(of_hook[0].metadata.name, "of-hook");
    assert_eq!(backend.sync(&mut other).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_executed_once() {
    let backend = Backend::start().await;
    let mut agent = backend.connect("web", &["system"]).await;
    backend.put_check("cpu", json!({ "publish": false })).await;
    backend.execute("cpu", json!({})).await;
    assert_eq!(request(&mut agent).await.config.metadata.name, "cpu");
    assert_eq!(backend.sync(&mut agent).await, []);
    assert_eq!(backend.sync(&mut agent).await, []);
}
