//! A double that begins with somebody's objects, and one that is given what it cannot take.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::double::Double;

const CHECKS: &str = "/apis/core/v2/namespaces/default/checks";
const EVENT: &str = "/apis/core/v2/namespaces/shop/events/till-1/printer";

#[tokio::test]
async fn a_double_begins_with_the_seed_and_comes_back_to_it() {
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

        // Everything is changed, and then as it was.
        assert_eq!(double.send("DELETE", &format!("{CHECKS}/disk"), "", None).await.0, 204);
        assert_eq!(double.send("DELETE", EVENT, "", None).await.0, 204);
        let other = json!({ "metadata": { "name": "other" }, "interval": 60 });
        assert_eq!(double.send("POST", CHECKS, "", Some(other)).await.0, 200);
        assert_eq!(double.send("POST", "/dev/reset", "", None).await.0, 200);
    }
}

#[test]
fn a_bad_seed_stops_the_start_and_says_where_it_is_bad() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = "type: Namespace\napi_version: core/v2\nspec: { name: shop }\n";
    let start = |seed: &Path| {
        let mut start = Command::new(super::SERVER);
        start.args(["start", "--dev", "--in-memory", "--port", "0", "--password-cost", "4"]);
        let ready = folder.path().join("ready.json");
        let output = start.arg("--ready-file").arg(&ready).arg("--seed").arg(seed).output();
        let output = output.expect("starts");
        assert!(!output.status.success(), "it serves");
        assert!(!ready.exists(), "it says that it is ready");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    for (bad, why) in [
        ("type: CheckConfig\napi_version: core/v2\nmetadata: { name: cpu }\nspec: {}", "interval"),
        ("type: Chek\napi_version: core/v2\nmetadata: { name: cpu }\nspec: {}", "Chek"),
        (
            "type: CheckConfig\napi_version: core/v2\nmetadata: { name: cpu, namespace: none }\nspec: { interval: 1 }",
            "none",
        ),
    ] {
        let file = folder.path().join("resources.yaml");
        fs::write(&file, format!("{good}---\n{bad}\n")).expect("writes");
        let said = start(&file);
        assert!(said.contains("resources.yaml, manifest 2: "), "{said}");
        assert!(said.contains(why), "{said}");
    }
    let said = start(&folder.path().join("nowhere"));
    assert!(said.contains("nowhere"), "{said}");
}
