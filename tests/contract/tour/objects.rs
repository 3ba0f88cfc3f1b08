//! Everything that is in a namespace.

use sensu_client::{Client, types};
use serde_json::json;

use super::{NS, body};

pub(super) async fn entities(client: &Client) {
    let entity: types::Entity = body(json!({
        "entity_class": "proxy",
        "system": { "hostname": "web-1", "network": { "interfaces": [{ "name": "lo", "addresses": ["::1"] }] } },
        "subscriptions": ["web"],
        "metadata": { "name": "web-1", "labels": { "region": "eu", "password": "secret" } },
    }));
    client.entity_create().namespace(NS).body(entity.clone()).send().await.expect("creates");
    client.entity_create().namespace(NS).body(entity.clone()).send().await.expect_err("exists");
    client.entity_put().namespace(NS).name("web-1").body(entity).send().await.expect("replaces");
    client.entity_get().namespace(NS).name("web-1").send().await.expect("is there");
    let patch: types::MergePatch = body(json!({ "user": "agent" }));
    client.entity_patch().namespace(NS).name("web-1").body(patch).send().await.expect("patches");
    client.entity_list().namespace(NS).send().await.expect("lists");
    client.entity_list_all().send().await.expect("lists");
    client.entity_delete().namespace(NS).name("web-1").send().await.expect("deletes");
    client.entity_delete().namespace(NS).name("web-1").send().await.expect_err("is gone");
}

pub(super) async fn checks(client: &Client) {
    let check: types::CheckConfig = body(json!({
        "command": "true",
        "interval": 60,
        "subscriptions": ["web"],
        "handlers": ["slack"],
        "proxy_requests": { "entity_attributes": ["entity.entity_class == 'proxy'"] },
        "subdue": { "days": { "monday": [{ "begin": "9:00AM", "end": "5:00PM" }] } },
        "metadata": { "name": "cpu", "namespace": NS, "annotations": { "runbook": "wiki" } },
    }));
    client.check_create().namespace(NS).body(check.clone()).send().await.expect("creates");
    client.check_create().namespace(NS).body(check.clone()).send().await.expect_err("exists");
    client.check_create().namespace("nowhere").body(check.clone()).send().await.expect_err("404");
    client
        .check_put()
        .namespace(NS)
        .name("cpu")
        .body(check.clone())
        .send()
        .await
        .expect("replaces");
    let stale = client.check_put().namespace(NS).name("cpu").if_match("\"1\"").body(check);
    stale.send().await.expect_err("412");
    let plain: types::CheckConfig = body(json!({ "interval": 5, "metadata": { "name": "plain" } }));
    client.check_create().namespace(NS).body(plain).send().await.expect("creates");
    let broken: types::CheckConfig = body(json!({ "metadata": { "name": "broken" } }));
    client.check_create().namespace(NS).body(broken).send().await.expect_err("no interval");
    let patch: types::MergePatch = body(json!({ "publish": true, "ttl": null }));
    client.check_patch().namespace(NS).name("cpu").body(patch).send().await.expect("patches");
    let hooks: types::HookList = body(json!({ "critical": ["dump"] }));
    let add = client.check_hook_add().namespace(NS).name("cpu").type_("critical").body(hooks);
    add.send().await.expect("adds");
    let got = client.check_get().namespace(NS).name("cpu").send().await.expect("is there");
    let tag = got.headers()["etag"].to_str().expect("a tag").to_owned();
    // progenitor has no word for 304: an answer without a body is not what it expects.
    let again = client.check_get().namespace(NS).name("cpu").if_none_match(tag);
    again.send().await.expect_err("304");
    let remove =
        client.check_hook_remove().namespace(NS).name("cpu").type_("critical").hook("dump");
    remove.send().await.expect("removes");
    let request: types::AdhocRequest = body(json!({ "subscriptions": ["web"], "reason": "tour" }));
    client.check_execute().namespace(NS).name("cpu").body(request).send().await.expect("takes it");
    client.check_list().namespace(NS).send().await.expect("lists");
    client.check_list_all().limit(1).send().await.expect("lists");
    client.check_delete().namespace(NS).name("cpu").send().await.expect("deletes");
    client.check_delete().namespace(NS).name("cpu").send().await.expect_err("is gone");
}

pub(super) async fn events(client: &Client) {
    let event = |status: u32| -> types::Event {
        body(json!({
            "entity": { "entity_class": "proxy", "metadata": { "name": "db-1" } },
            "check": { "interval": 60, "status": status, "output": "ok", "executed": 100,
                       "metadata": { "name": "disk" } },
            "metrics": { "handlers": ["influx"], "points": [
                { "name": "used", "value": 0.5, "timestamp": 100, "tags": [{ "name": "a", "value": "b" }] }] },
        }))
    };
    client.event_create().namespace(NS).body(event(0)).send().await.expect("creates");
    client.event_create().namespace(NS).body(event(0)).send().await.expect_err("exists");
    let put = client.event_put().namespace(NS).entity("db-1").check("disk").body(event(2));
    put.send().await.expect("stores");
    let get = client.event_get().namespace(NS).entity("db-1").check("disk").send();
    assert_eq!(get.await.expect("is there").check.as_ref().expect("a check").history.len(), 2);
    client.event_list().namespace(NS).send().await.expect("lists");
    client.event_list_all().send().await.expect("lists");
    client.event_list_entity().namespace(NS).entity("db-1").send().await.expect("lists");
    let delete = || client.event_delete().namespace(NS).entity("db-1").check("disk").send();
    delete().await.expect("deletes");
    delete().await.expect_err("is gone");
}

/// Calls the regular verbs of a resource in a namespace.
macro_rules! regular {
    ($client:expr, $kind:ident, $name:expr, $value:expr; $create:ident $put:ident $get:ident $patch:ident
     $list:ident $list_all:ident $delete:ident) => {
        $client.$create().namespace(NS).body(body::<types::$kind>($value)).send().await.expect("creates");
        $client.$create().namespace(NS).body(body::<types::$kind>($value)).send().await.expect_err("exists");
        $client.$put().namespace(NS).name($name).body(body::<types::$kind>($value)).send().await.expect("puts");
        $client.$get().namespace(NS).name($name).send().await.expect("is there");
        let patch: types::MergePatch = body(json!({ "metadata": { "labels": { "a": "b" } } }));
        $client.$patch().namespace(NS).name($name).body(patch).send().await.expect("patches");
        $client.$list().namespace(NS).send().await.expect("lists");
        $client.$list_all().send().await.expect("lists");
        $client.$delete().namespace(NS).name($name).send().await.expect("deletes");
        $client.$get().namespace(NS).name($name).send().await.expect_err("is gone");
    };
}

/// The resources that have the regular verbs and nothing else.
pub(super) async fn regular(client: &Client) {
    let hook = json!({ "command": "dump", "timeout": 10, "metadata": { "name": "dump" } });
    regular!(client, HookConfig, "dump", hook.clone(); hook_create hook_put hook_get hook_patch hook_list
        hook_list_all hook_delete);
    let asset = json!({ "url": "https://example.com/a.tgz", "sha512": "0".repeat(128),
        "filters": ["entity.system.os == 'linux'"], "metadata": { "name": "sensu/cpu" } });
    regular!(client, Asset, "sensu/cpu", asset.clone(); asset_create asset_put asset_get asset_patch
        asset_list asset_list_all asset_delete);
    let filter = json!({ "action": "allow", "expressions": ["event.check.status == 2"],
        "when": { "days": { "all": [{ "begin": "9:00AM", "end": "5:00PM" }] } },
        "metadata": { "name": "critical" } });
    regular!(client, EventFilter, "critical", filter.clone(); filter_create filter_put filter_get filter_patch
        filter_list filter_list_all filter_delete);
    let handler = json!({ "type": "tcp", "socket": { "host": "10.0.0.1", "port": 3030 },
        "filters": ["critical"], "metadata": { "name": "slack" } });
    regular!(client, Handler, "slack", handler.clone(); handler_create handler_put handler_get handler_patch
        handler_list handler_list_all handler_delete);
    let mutator = json!({ "command": "jq .", "metadata": { "name": "jq" } });
    regular!(client, Mutator, "jq", mutator.clone(); mutator_create mutator_put mutator_get mutator_patch
        mutator_list mutator_list_all mutator_delete);
    let role = json!({ "rules": [{ "verbs": ["get"], "resources": ["checks"] }],
        "metadata": { "name": "reader" } });
    regular!(client, Role, "reader", role.clone(); role_create role_put role_get role_patch role_list
        role_list_all role_delete);
    let binding = json!({ "subjects": [{ "type": "User", "name": "bob" }],
        "role_ref": { "type": "Role", "name": "reader" }, "metadata": { "name": "readers" } });
    regular!(client, RoleBinding, "readers", binding.clone(); role_binding_create role_binding_put
        role_binding_get role_binding_patch role_binding_list role_binding_list_all
        role_binding_delete);
    let silenced =
        json!({ "check": "cpu", "subscription": "linux", "expire": 60, "reason": "tour" });
    regular!(client, Silenced, "linux:cpu", silenced.clone(); silenced_create silenced_put silenced_get
        silenced_patch silenced_list silenced_list_all silenced_delete);
}

/// Resources that lack something or have something of their own.
pub(super) async fn irregular(client: &Client) {
    let extension =
        || body::<types::Extension>(json!({ "url": "http://x", "metadata": { "name": "x" } }));
    client.extension_put().namespace(NS).name("x").body(extension()).send().await.expect("creates");
    client.extension_get().namespace(NS).name("x").send().await.expect("is there");
    let patch: types::MergePatch = body(json!({ "url": "http://y" }));
    client.extension_patch().namespace(NS).name("x").body(patch).send().await.expect("patches");
    client.extension_list().namespace(NS).send().await.expect("lists");
    client.extension_list_all().send().await.expect("lists");
    client.extension_delete().namespace(NS).name("x").send().await.expect("deletes");

    let silenced = json!({ "check": "cpu", "expire_on_resolve": true });
    client
        .silenced_create()
        .namespace(NS)
        .body(body::<types::Silenced>(silenced))
        .send()
        .await
        .expect("creates");
    let by_check = client.silenced_list_check().namespace(NS).check("cpu").send().await;
    assert_eq!(by_check.expect("lists").len(), 1);
    let by_subscription = client.silenced_list_subscription().namespace(NS).subscription("cpu");
    assert_eq!(by_subscription.send().await.expect("lists").len(), 0);
}
