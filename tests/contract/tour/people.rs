//! Users and their keys.

use sensu_client::{Client, types};
use serde_json::{Value, json};

use super::body;

pub(super) async fn users(client: &Client) {
    let user = |extra: Value| -> types::User {
        let mut user = json!({ "username": "tourist", "password": "long enough" });
        json_merge(&mut user, extra);
        body(user)
    };
    client.user_create().body(user(json!({}))).send().await.expect("creates");
    client.user_create().body(user(json!({}))).send().await.expect_err("exists");
    client.user_create().body(user(json!({ "username": "A" }))).send().await.expect_err("bad name");
    client
        .user_put()
        .name("tourist")
        .body(user(json!({ "groups": ["a"] })))
        .send()
        .await
        .expect("ok");
    client.user_get().name("tourist").send().await.expect("is there");
    client.user_get().name("nobody").send().await.expect_err("is not there");
    client.user_list().send().await.expect("lists");
    client.user_group_add().name("tourist").group("b").send().await.expect("adds");
    client.user_group_remove().name("tourist").group("a").send().await.expect("removes");
    client.user_groups_clear().name("tourist").send().await.expect("clears");
    let password: types::Password = body(json!({ "password": "longer still" }));
    client.user_password().name("tourist").body(password).send().await.expect("changes");
    let hash = "$2b$04$abcdefghijklmnopqrstuuWlBSm1Xl9wMWP6sGP1sYSs5QhnzRKpa";
    let hash: types::PasswordHash = body(json!({ "password_hash": hash }));
    client.user_password_reset().name("tourist").body(hash).send().await.expect("resets");
    client.user_disable().name("tourist").send().await.expect("disables");
    client.user_reinstate().name("tourist").send().await.expect("reinstates");
    client.user_reinstate().name("nobody").send().await.expect_err("is not there");
}

pub(super) async fn api_keys(client: &Client) {
    let draft: types::ApiKey = body(json!({ "username": "tourist" }));
    let made = client.api_key_create().body(draft).send().await.expect("creates");
    let name =
        made.metadata.as_ref().and_then(|metadata| metadata.name.clone()).unwrap_or_default();
    client.api_key_get().name(name.as_str()).send().await.expect("is there");
    client.api_key_get().name(made.key.as_str()).send().await.expect("finds itself");
    client.api_key_list().limit(1).send().await.expect("lists");
    let labels: types::MergePatch = body(json!({ "metadata": { "labels": { "team": "ops" } } }));
    client.api_key_patch().name(name.as_str()).body(labels).send().await.expect("patches");
    let user: types::MergePatch = body(json!({ "username": "admin" }));
    client
        .api_key_patch()
        .name(name.as_str())
        .body(user)
        .send()
        .await
        .expect_err("stays with its user");
    client.api_key_delete().name(name.as_str()).send().await.expect("deletes");
    client.api_key_delete().name(name.as_str()).send().await.expect_err("is not there");
    let nobody: types::ApiKey = body(json!({ "username": "nobody" }));
    client.api_key_create().body(nobody).send().await.expect_err("no such user");
}

fn json_merge(into: &mut Value, from: Value) {
    for (key, value) in from.as_object().into_iter().flatten() {
        into[key] = value.clone();
    }
}
