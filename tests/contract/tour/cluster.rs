//! What belongs to the whole cluster.

use sensu_client::{Client, types};
use serde_json::json;

use super::body;

/// Resources of the whole cluster.
pub(super) async fn cluster(client: &Client) {
    let role = || {
        body::<types::ClusterRole>(json!({ "rules": [{ "verbs": ["*"], "resources": ["checks"] }],
            "metadata": { "name": "checkers" } }))
    };
    client.cluster_role_create().body(role()).send().await.expect("creates");
    client.cluster_role_create().body(role()).send().await.expect_err("exists");
    client.cluster_role_put().name("checkers").body(role()).send().await.expect("replaces");
    client.cluster_role_get().name("checkers").send().await.expect("is there");
    let patch = || body::<types::MergePatch>(json!({ "metadata": { "labels": { "a": "b" } } }));
    client.cluster_role_patch().name("checkers").body(patch()).send().await.expect("patches");
    client.cluster_role_list().send().await.expect("lists");
    client.cluster_role_delete().name("checkers").send().await.expect("deletes");

    let binding = || {
        body::<types::ClusterRoleBinding>(json!({ "subjects": [{ "type": "Group", "name": "ops" }],
            "role_ref": { "type": "ClusterRole", "name": "checkers" }, "metadata": { "name": "ops" } }))
    };
    client.cluster_role_binding_create().body(binding()).send().await.expect("creates");
    client.cluster_role_binding_put().name("ops").body(binding()).send().await.expect("replaces");
    client.cluster_role_binding_get().name("ops").send().await.expect("is there");
    client.cluster_role_binding_patch().name("ops").body(patch()).send().await.expect("patches");
    client.cluster_role_binding_list().send().await.expect("lists");
    client.cluster_role_binding_delete().name("ops").send().await.expect("deletes");

    client.cluster_id_get().send().await.expect("is there");
    let members = client.cluster_member_list().send().await.expect("lists");
    let id = format!("{:x}", members.members[0].id);
    client.cluster_member_add().peer_addrs("http://x:1").send().await.expect_err("only one");
    client.cluster_member_add().peer_addrs("http://127.0.0.1:2380").send().await.expect_err("409");
    client
        .cluster_member_update()
        .id(id.as_str())
        .peer_addrs("http://x:1")
        .send()
        .await
        .expect("updates");
    client.cluster_member_update().id("ff").peer_addrs("http://x:1").send().await.expect_err("404");
    client.cluster_member_remove().id(id.as_str()).send().await.expect_err("the only one");
}
