//! Fields of Sensu releases after 5.0.0: stored if set, validated, and absent if not set (D40).

use sensu_tests::TestServer;
use serde_json::{Value, json};

/// A kind, an object without newer fields, and the newer fields.
fn kinds() -> Vec<(&'static str, Value, Value)> {
    let secrets = json!([{ "name": "TOKEN", "secret": "vault-token" }]);
    let pipeline = json!({ "name": "p", "type": "Pipeline", "api_version": "core/v2" });
    let check = json!({
        "discard_output": true,
        "max_output_size": 100,
        "secrets": secrets,
        "output_metric_tags": [{ "name": "a", "value": "b" }],
        "pipelines": [pipeline],
        "subdues": [{ "begin": "2026-01-01T09:00:00Z", "end": "2026-01-01T17:00:00Z",
                      "repeat": ["daily"] }],
        "output_metric_thresholds": [{ "name": "used", "tags": [], "null_status": 1,
            "thresholds": [{ "min": "", "max": "75.0", "status": 2 }] }],
        "ttl_status": 2,
        "asset_status": 3,
    });
    let sha512 = "0".repeat(128);
    vec![
        (
            "assets",
            json!({ "url": "https://example.com/a", "sha512": sha512 }),
            json!({ "headers": { "X-Token": "t" },
                "builds": [{ "url": "https://example.com/b", "sha512": sha512,
                             "filters": ["entity.system.os == 'linux'"],
                             "headers": { "X-Token": "t" } }] }),
        ),
        ("checks", json!({ "interval": 60 }), check),
        (
            "checks",
            json!({ "interval": 60 }),
            json!({ "fallback_pipeline": { "name": "p", "type": "FallbackPipeline",
                                           "api_version": "fallback_pipeline/v1" } }),
        ),
        (
            "entities",
            json!({ "entity_class": "proxy" }),
            json!({ "sensu_agent_version": "6.0.0", "keepalive_handlers": ["slack"] }),
        ),
        ("handlers", json!({ "type": "pipe", "command": "cat" }), json!({ "secrets": secrets })),
        ("hooks", json!({ "command": "true", "timeout": 5 }), json!({ "runtime_assets": ["a"] })),
        ("mutators", json!({ "command": "cat" }), json!({ "secrets": secrets, "type": "pipe" })),
        ("mutators", json!({}), json!({ "type": "javascript", "eval": "return 'x'" })),
    ]
}

#[tokio::test]
async fn newer_fields_are_stored_validated_and_absent_if_not_set() {
    let server = TestServer::start().await;
    let token = server.token().await;
    for (plural, mut object, newer) in kinds() {
        let path = format!("/apis/core/v2/namespaces/default/{plural}/xx?strict=true");
        let put =
            async |object: &Value| server.send("PUT", &path, Some(&token), Some(object)).await;
        let plain = put(&object).await;
        if plain.status == 200 {
            for name in newer.as_object().expect("fields").keys() {
                assert!(plain.body.get(name).is_none(), "{plural}: {name} is not set");
            }
        }
        for (name, value) in newer.as_object().expect("fields") {
            object[name] = value.clone();
        }
        let created = put(&object).await;
        assert_eq!(
            (created.status, created.header("warning")),
            (200, ""),
            "{plural}: {:?}",
            created.body
        );
        let read = server.send("GET", &path, Some(&token), None).await;
        for (name, value) in newer.as_object().expect("fields") {
            assert_eq!(&read.body[name], value, "{plural}: {name}");
            let mut wrong = object.clone();
            wrong[name] = if value.is_i64() { json!("text") } else { json!(7) };
            let rejected = put(&wrong).await;
            rejected.assert_error(400, 1);
            let message = rejected.message();
            assert!(message.contains(name.as_str()), "{plural}: {name}: {message}");
        }
        let _ = server.send("DELETE", &path, Some(&token), None).await;
    }
    server.stop().await;
}

#[tokio::test]
async fn newer_fields_of_events_and_metadata_are_stored() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let path = "/apis/core/v2/namespaces/default/events/e/c?strict=true";
    let event = json!({
        "id": "4f1b2a8e-0000-4000-8000-000000000001",
        "sequence": 7,
        "pipelines": [{ "name": "p", "type": "Pipeline", "api_version": "core/v2" }],
        "entity": { "entity_class": "proxy",
                    "system": { "arm_version": 7, "libc_type": "glibc", "vm_system": "kvm",
                                "vm_role": "guest", "cloud_provider": "EC2",
                                "float_type": "hardfloat", "processes": [{ "name": "init" }] },
                    "metadata": { "name": "e", "created_by": "alice" } },
        "check": { "interval": 60, "scheduler": "etcd", "processed_by": "agent-1",
                   "is_silenced": false, "metadata": { "name": "c" } },
    });
    let created = server.send("PUT", path, Some(&token), Some(&event)).await;
    assert_eq!(created.status, 200, "{:?}", created.body);
    for pointer in [
        "/id",
        "/sequence",
        "/pipelines",
        "/entity/system/arm_version",
        "/entity/system/libc_type",
        "/entity/system/vm_system",
        "/entity/system/vm_role",
        "/entity/system/cloud_provider",
        "/entity/system/float_type",
        "/entity/system/processes/0/name",
        "/entity/metadata/created_by",
        "/check/scheduler",
        "/check/processed_by",
        "/check/is_silenced",
    ] {
        assert_eq!(created.body.pointer(pointer), event.pointer(pointer), "{pointer}");
    }
    server.stop().await;
}
