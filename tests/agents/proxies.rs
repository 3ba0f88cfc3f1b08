//! Proxy requests: a check that is executed for several entities.

use serde_json::{Value, json};

use crate::support::{Backend, START, request};

/// Creates proxy entities, each with a label `address`, and a check for them.
async fn prepare(backend: &Backend, names: &[&str], requests: Value, command: &str) {
    for name in names {
        let labels = json!({ "labels": { "address": format!("{name}.example.com") } });
        let entity = json!({ "entity_class": "proxy", "metadata": labels });
        backend.put(&format!("entities/{name}"), entity).await;
    }
    backend.put_check("http", json!({ "proxy_requests": requests, "command": command })).await;
}

const PROXIES: &str = "entity.entity_class == 'proxy'";

// B8
#[tokio::test(flavor = "multi_thread")]
async fn distributed_requests_are_due_at_absolute_times() {
    for (coverage, steps) in [(90, [18, 36, 54]), (50, [10, 20, 30])] {
        let backend = Backend::start().await;
        let mut agent = backend.connect("web", &["system"]).await;
        let requests = json!({
            "entity_attributes": [PROXIES], "splay": true, "splay_coverage": coverage,
        });
        prepare(&backend, &["c", "a", "b"], requests, "true").await;
        backend.sync(&mut agent).await;
        // The phase of `http` is 15.066 s.
        let run = START * 1000 + 15_067;
        backend.clock.set_millis(run);
        backend.sync(&mut agent).await;
        for (entity, step) in ["a", "b", "c"].into_iter().zip(steps) {
            backend.clock.set_millis(run + step * 1000 - 10);
            assert_eq!(backend.sync(&mut agent).await, [], "{entity}");
            backend.clock.set_millis(run + step * 1000);
            assert_eq!(request(&mut agent).await.config.proxy_entity_name, entity);
        }
    }
}

// B9
#[tokio::test(flavor = "multi_thread")]
async fn requests_are_sent_at_once_without_splay() {
    let backend = Backend::start().await;
    let mut agent = backend.connect("web", &["system"]).await;
    let requests = json!({ "entity_attributes": [PROXIES] });
    prepare(&backend, &["a", "b", "c"], requests, "ping {{ .labels.address }}").await;
    backend.sync(&mut agent).await;
    backend.clock.advance(60);
    for entity in ["a", "b", "c"] {
        let request = request(&mut agent).await;
        assert_eq!(request.config.proxy_entity_name, entity);
        assert_eq!(request.config.command, format!("ping {entity}.example.com"));
        assert!(request.issued > 0);
    }
}

// B10, B11
#[tokio::test(flavor = "multi_thread")]
async fn all_expressions_must_be_true() {
    let backend = Backend::start().await;
    let mut agent = backend.connect("web", &["system"]).await;
    prepare(&backend, &["a", "b"], json!({ "entity_attributes": [] }), "true").await;
    backend.execute("http", json!({})).await;
    assert_eq!(backend.sync(&mut agent).await, []);
    for (attributes, expected) in [
        (json!([PROXIES, "entity.name == 'b'"]), vec!["b"]),
        (json!([PROXIES, "entity.labels.missing.length > 0"]), vec![]),
        (json!(["entity.system.os == 'linux'"]), vec!["web"]),
    ] {
        let fields = json!({ "proxy_requests": { "entity_attributes": attributes } });
        backend.put_check("http", fields).await;
        backend.execute("http", json!({})).await;
        for entity in expected {
            assert_eq!(request(&mut agent).await.config.proxy_entity_name, entity);
        }
        assert_eq!(backend.sync(&mut agent).await, [], "{attributes}");
    }
}

// B12
#[tokio::test(flavor = "multi_thread")]
async fn an_entity_without_a_label_is_left_out() {
    let backend = Backend::start().await;
    let mut agent = backend.connect("web", &["system"]).await;
    let requests = json!({ "entity_attributes": [PROXIES] });
    prepare(&backend, &["a", "c"], requests, "ping {{ .labels.address }}").await;
    backend.put("entities/b", json!({ "entity_class": "proxy" })).await;
    backend.execute("http", json!({})).await;
    for entity in ["a", "c"] {
        assert_eq!(request(&mut agent).await.config.proxy_entity_name, entity);
    }
    assert_eq!(backend.sync(&mut agent).await, []);
}
