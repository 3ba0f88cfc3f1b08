//! Seeds during a run, named snapshots, and tokens that stay valid.

use serde_json::{Value, json};

use super::double::Double;

const CHECKS: &str = "/apis/core/v2/namespaces/default/checks";

const MANIFESTS: &str = "type: Namespace
api_version: core/v2
spec: { name: shop }
---
type: CheckConfig
api_version: core/v2
metadata: { name: disk, namespace: default }
spec: { command: check-disk, interval: 60, subscriptions: [linux] }
";

async fn seed(double: &Double, manifests: &str) -> (u16, Value) {
    let request = double.http().post(format!("{}/dev/seed", double.url()));
    let response = request.body(manifests.to_owned()).send().await.expect("a response");
    (response.status().as_u16(), response.json().await.expect("JSON"))
}

#[tokio::test]
async fn objects_are_seeded_and_a_reset_deletes_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let double = Double::start(folder.path(), &[]).await;
    assert_eq!(seed(&double, MANIFESTS).await, (200, json!({ "imported": 2 })));
    let disk = format!("{CHECKS}/disk");
    assert_eq!(double.send("GET", &disk, "", None).await.0, 200);
    let wrapped = json!({ "type": "CheckConfig", "api_version": "core/v2",
        "metadata": { "name": "cpu", "namespace": "shop" }, "spec": { "interval": 5 } });
    assert_eq!(seed(&double, &wrapped.to_string()).await.0, 200);
    let (status, error) = seed(&double, "type: Chek\nmetadata: { name: x }\nspec: {}").await;
    let message = error["message"].as_str().expect("a message");
    assert!(status == 400 && message.contains("body, manifest 1"), "{message}");
    assert_eq!(double.send("POST", "/dev/reset", "", None).await.0, 200);
    assert_eq!(double.send("GET", &disk, "", None).await.0, 404);
}

#[tokio::test]
async fn a_snapshot_restores_objects_and_clock() {
    let folder = tempfile::tempdir().expect("a folder");
    let double = Double::start(folder.path(), &[]).await;
    seed(&double, MANIFESTS).await;
    let by = json!({ "by": "1h" });
    assert_eq!(double.send("POST", "/dev/clock/advance", "", Some(by)).await.0, 200);
    let (status, taken) = double.send("PUT", "/dev/snapshots/with-disk", "", None).await;
    assert_eq!((status, &taken["name"]), (200, &json!("with-disk")));
    assert_eq!(double.send("POST", "/dev/reset", "", None).await.0, 200);
    let disk = format!("{CHECKS}/disk");
    assert_eq!(double.send("GET", &disk, "", None).await.0, 404);
    assert_eq!(
        double.send("POST", "/dev/snapshots/with-disk/restore", "", None).await,
        (200, taken.clone())
    );
    let (_, clock) = double.send("GET", "/dev/clock", "", None).await;
    assert_eq!(clock["offset_ms"], 3_600_000);
    let double = double.logged_in_again().await;
    assert_eq!(double.send("GET", &disk, "", None).await.0, 200);
    assert_eq!(double.send("GET", "/dev/snapshots", "", None).await, (200, json!([taken])));
    assert_eq!(double.send("DELETE", "/dev/snapshots/with-disk", "", None).await.0, 204);
    let (status, error) = double.send("POST", "/dev/snapshots/with-disk/restore", "", None).await;
    assert!(
        status == 404 && error["message"].as_str().is_some_and(|text| text.contains("PUT")),
        "{error}"
    );
    assert_eq!(double.send("PUT", "/dev/snapshots/a%20b", "", None).await.0, 400);
}

#[tokio::test]
async fn tokens_that_a_test_revoked_are_valid_after_a_reset() {
    let folder = tempfile::tempdir().expect("a folder");
    let double = Double::start(folder.path(), &[]).await;
    let (status, _) = double.send("DELETE", "/apis/core/v2/users/admin", "", None).await;
    assert_eq!(status, 204);
    assert_eq!(double.send("GET", CHECKS, "", None).await.0, 401, "disabling a user ends sessions");
    assert_eq!(double.send("POST", "/dev/reset", "", None).await.0, 200);
    assert_eq!(double.send("GET", CHECKS, "", None).await.0, 200);
    double.logged_in_again().await;
}
