//! Seeds: objects at the start, and errors in seeds.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::double::Double;

const CHECKS: &str = "/apis/core/v2/namespaces/default/checks";
const EVENT: &str = "/apis/core/v2/namespaces/shop/events/till-1/printer";

#[tokio::test]
async fn a_double_starts_with_the_seed_and_a_reset_restores_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let seed = xtask::root().join("tests/testkit/seed");
    let double = Double::start(folder.path(), &[seed.as_path()]).await;
    let names = |list: &Value| -> Vec<Value> {
        list.as_array().into_iter().flatten().map(|item| item["metadata"]["name"].clone()).collect()
    };

    for _ in 0..2 {
        let (_, checks) = double.send("GET", CHECKS, "", None).await;
        assert_eq!(names(&checks), ["disk"]);
        assert_eq!(
            (&checks[0]["interval"], &checks[0]["handlers"]),
            (&json!(300), &json!(["slack"]))
        );
        let (status, event) = double.send("GET", EVENT, "", None).await;
        assert_eq!((status, &event["check"]["status"]), (200, &json!(2)));
        assert_eq!(event["timestamp"], 1_767_225_600);

        // All objects are changed, then restored.
        assert_eq!(double.send("DELETE", &format!("{CHECKS}/disk"), "", None).await.0, 204);
        assert_eq!(double.send("DELETE", EVENT, "", None).await.0, 204);
        let other = json!({ "metadata": { "name": "other" }, "interval": 60 });
        assert_eq!(double.send("POST", CHECKS, "", Some(other)).await.0, 200);
        assert_eq!(double.send("POST", "/dev/reset", "", None).await.0, 200);
    }
}

#[test]
fn an_invalid_seed_prevents_the_start_and_the_message_has_its_position() {
    let folder = tempfile::tempdir().expect("a folder");
    let valid = "type: Namespace\napi_version: core/v2\nspec: { name: shop }\n";
    let start = |seed: &Path| {
        let mut start = Command::new(super::SERVER);
        start.args(["start", "--dev", "--in-memory", "--port", "0", "--password-cost", "4"]);
        let ready = folder.path().join("ready.json");
        let output = start.arg("--ready-file").arg(&ready).arg("--seed").arg(seed).output();
        let output = output.expect("starts");
        assert!(!output.status.success(), "the server starts");
        assert!(!ready.exists(), "the ready file is written");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    for (invalid, reason) in [
        ("type: CheckConfig\napi_version: core/v2\nmetadata: { name: cpu }\nspec: {}", "interval"),
        ("type: Chek\napi_version: core/v2\nmetadata: { name: cpu }\nspec: {}", "Chek"),
        (
            "type: CheckConfig\napi_version: core/v2\nmetadata: { name: cpu, namespace: none }\nspec: { interval: 1 }",
            "none",
        ),
    ] {
        let file = folder.path().join("resources.yaml");
        fs::write(&file, format!("{valid}---\n{invalid}\n")).expect("writes");
        let message = start(&file);
        assert!(message.contains("resources.yaml, manifest 2: "), "{message}");
        assert!(message.contains(reason), "{message}");
    }
    let message = start(&folder.path().join("missing"));
    assert!(message.contains("missing"), "{message}");
}
