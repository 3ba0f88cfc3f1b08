//! The document of the test kit: every operation responds as documented, and none exists without `--dev`.

use serde_json::{Value, json};

use super::double::Double;

/// Method, path with its parameter filled in, and the operation.
fn operations() -> Vec<(String, String, Value)> {
    let text = sensu_server::testkit_openapi().expect("a document");
    let document: Value = serde_json::from_str(&text).expect("JSON");
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        let path = path.replace("{id}", "fault-1").replace("{name}", "one");
        for (method, operation) in methods.as_object().expect("methods") {
            all.push((method.to_uppercase(), path.clone(), operation.clone()));
        }
    }
    assert!(all.len() > 15, "{all:?}");
    all
}

#[tokio::test]
async fn every_operation_responds_with_a_documented_status_and_schema() {
    let folder = tempfile::tempdir().expect("a folder");
    let double = Double::start(folder.path(), &[]).await;
    let (_, document) = double.send("GET", "/dev/openapi.json", "", None).await;
    let expected = sensu_server::testkit_openapi().expect("a document");
    assert_eq!(document, serde_json::from_str::<Value>(&expected).expect("JSON"));

    double.send("POST", "/dev/faults", "", Some(json!({ "path": "/nothing", "drop": true }))).await;
    double.send("PUT", "/dev/snapshots/one", "", None).await;
    double.send("GET", "/unknown", "", None).await;
    let mut succeeded = 0;
    for (method, path, operation) in operations() {
        let id = operation["operationId"].as_str().expect("an ID");
        let body = match id {
            "dev_clock_set" => Some(json!({ "frozen": false })),
            "dev_clock_advance" => Some(json!({ "by": "1s" })),
            "dev_fault_create" => Some(json!({ "path": "/nothing", "drop": true })),
            "dev_fault_replace" => Some(json!([{ "path": "/nothing", "drop": true }])),
            _ => None,
        };
        let (status, response) = double.send(&method, &path, "", body).await;
        let documented = &operation["responses"][status.to_string()];
        assert!(documented.is_object(), "{id}: {status} {response}");
        succeeded += u32::from(status < 300);
        let schema = &documented["content"]["application/json"]["schema"];
        if schema.is_object() {
            let mut schema = schema.clone();
            schema["components"] = document["components"].clone();
            nullable(&mut schema);
            let errors: Vec<String> = jsonschema::validator_for(&schema)
                .expect("a schema")
                .iter_errors(&response)
                .map(|error| error.to_string())
                .collect();
            assert!(errors.is_empty(), "{id}: {errors:?}");
        }
        assert_eq!(double.send(&method, &format!("{path}?x=1"), "", None).await.0, 400, "{id}");
    }
    assert!(succeeded > 12, "only {succeeded} succeeded");
}

/// Rewrites `nullable`, which JSON Schema does not have.
fn nullable(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if map.remove("nullable").is_some() {
                map["type"] = json!([map["type"], "null"]);
            }
            map.values_mut().for_each(nullable);
        }
        Value::Array(items) => items.iter_mut().for_each(nullable),
        _ => {}
    }
}

#[tokio::test]
async fn without_dev_no_path_of_the_testkit_exists() {
    let server = sensu_tests::TestServer::start().await;
    for (method, path, _) in operations() {
        let response = server.send(&method, &path, None, Some(&json!({}))).await;
        assert_eq!(response.status, 404, "{method} {path}");
    }
    let request = reqwest::Client::new().get(format!("{}/health", server.url()));
    let response = request.header("Sensu-Dev-Fault", "status=503").send().await;
    assert_eq!(response.expect("a response").status(), 200, "the header is ignored");
    server.stop().await;
}

#[tokio::test]
async fn web_pages_cannot_use_any_path_of_the_testkit() {
    let folder = tempfile::tempdir().expect("a folder");
    let double = Double::start(folder.path(), &[]).await;
    for (method, path, _) in operations() {
        for header in [("origin", "https://evil.example"), ("host", "evil.example")] {
            let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
            let request = double.http().request(method, format!("{}{path}", double.url()));
            let response = request.header(header.0, header.1).send().await.expect("a response");
            assert_eq!(response.status(), 403, "{path} {header:?}");
        }
    }
}
