//! Unknown fields, strictness, and writes that are only tried out (D41).

use std::collections::BTreeSet;

use sensu_tests::{Response, TestServer};
use serde_json::{Value, json};

const CHECKS: &str = "/apis/core/v2/namespaces/default/checks";

/// Makes what the trials work on: one object called `xx` of each kind, with what hangs on it.
async fn populate(server: &TestServer, token: &str) {
    let put = async |path: String, body: Value| {
        let answer = server.send("PUT", &path, Some(token), Some(&body)).await;
        assert_eq!(answer.status, 200, "PUT {path}: {:?}", answer.body);
    };
    put("/apis/core/v2/namespaces/empty".into(), json!({ "name": "empty" })).await;
    let user = json!({ "username": "xx", "password": "P@ssw0rd!", "groups": ["xx"] });
    put("/apis/core/v2/users/xx".into(), user).await;
    for plural in NAMED {
        put(item(plural, "xx"), object(plural, "xx")).await;
    }
    let hooks = format!("{CHECKS}/xx/hooks/critical");
    put(hooks, json!({ "critical": ["xx"] })).await;
    put("/apis/core/v2/namespaces/default/silenced/xx:xx".into(), json!({})).await;
    put("/apis/core/v2/namespaces/default/events/xx/xx".into(), object("events", "xx")).await;
}

/// Resources whose items have regular addresses.
const NAMED: [&str; 12] = [
    "assets",
    "checks",
    "clusterrolebindings",
    "clusterroles",
    "entities",
    "extensions",
    "filters",
    "handlers",
    "hooks",
    "mutators",
    "rolebindings",
    "roles",
];

fn collection(plural: &str) -> String {
    match plural {
        "clusterroles" | "clusterrolebindings" | "users" | "apikeys" | "namespaces" => {
            format!("/apis/core/v2/{plural}")
        }
        _ => format!("/apis/core/v2/namespaces/default/{plural}"),
    }
}

fn item(plural: &str, name: &str) -> String {
    format!("{}/{name}", collection(plural))
}

/// A valid object of a kind.
fn object(plural: &str, name: &str) -> Value {
    let rule = json!({ "verbs": ["get"], "resources": ["checks"] });
    let subject = json!({ "type": "User", "name": "xx" });
    let mut object = match plural {
        "assets" => json!({ "url": "https://example.com/a.tar.gz", "sha512": "0".repeat(128) }),
        "checks" => json!({ "command": "true", "interval": 60 }),
        "clusterrolebindings" => json!({ "subjects": [subject],
            "role_ref": { "type": "ClusterRole", "name": "view" } }),
        "rolebindings" => json!({ "subjects": [subject],
            "role_ref": { "type": "Role", "name": "xx" } }),
        "clusterroles" | "roles" => json!({ "rules": [rule] }),
        "entities" => json!({ "entity_class": "proxy" }),
        "extensions" => json!({ "url": "http://localhost:9000" }),
        "filters" => json!({ "action": "allow", "expressions": ["true"] }),
        "handlers" => json!({ "type": "pipe", "command": "cat" }),
        "hooks" => json!({ "command": "true", "timeout": 5 }),
        "mutators" => json!({ "command": "cat" }),
        "silenced" => return json!({ "check": name, "reason": "tests" }),
        "namespaces" => return json!({ "name": name }),
        "users" => return json!({ "username": name, "password": "P@ssw0rd!" }),
        "apikeys" => return json!({ "username": "admin" }),
        "events" => {
            return json!({ "entity": { "entity_class": "proxy", "metadata": { "name": name } },
                "check": { "interval": 60, "status": 1, "metadata": { "name": "xx" } } });
        }
        other => panic!("no object of {other}"),
    };
    object["metadata"] = json!({ "name": name });
    object
}

/// How to call a writing operation so that it would succeed: method, path, body, status.
async fn call(
    server: &TestServer,
    token: &str,
    id: &str,
    method: &str,
    path: &str,
) -> (String, Option<Value>, u16) {
    let plural = match path.strip_prefix("/apis/core/v2/namespaces/{namespace}/") {
        Some(below) => below,
        None => path.strip_prefix("/apis/core/v2/").expect("a path of core/v2"),
    };
    let plural = plural.split('/').next().expect("a resource").to_owned();
    let filled = |namespace: &str| {
        let filled = path.replace("{namespace}", namespace).replace("{type}", "critical");
        let segments = filled.split('/').map(|s| if s.starts_with('{') { "xx" } else { s });
        segments.collect::<Vec<_>>().join("/")
    };
    let normal = filled("default");
    match id {
        "check_execute" => (normal, Some(json!({ "subscriptions": ["xx"] })), 202),
        "check_hook_add" => (normal, Some(json!({ "critical": ["y"] })), 200),
        "user_password" => (normal, Some(json!({ "password": "another one" })), 200),
        "user_password_reset" => {
            let hash = "$2b$04$abcdefghijklmnopqrstuuWlBSm1Xl9wMWP6sGP1sYSs5QhnzRKpa";
            (normal, Some(json!({ "password_hash": hash })), 200)
        }
        "namespace_delete" => (filled("empty"), None, 204),
        "namespace_put" => (filled("new"), Some(json!({ "name": "new" })), 200),
        "silenced_put" | "silenced_patch" | "silenced_delete" => {
            let path = item("silenced", "xx:xx");
            match method {
                "DELETE" => (path, None, 204),
                _ => (path, Some(json!({ "reason": "another" })), 200),
            }
        }
        "api_key_create" => (normal, Some(object("apikeys", "new")), 201),
        "api_key_patch" | "api_key_delete" => {
            let keys = server.send("GET", &collection("apikeys"), Some(token), None).await.body;
            let path = item("apikeys", keys[0]["metadata"]["name"].as_str().expect("a key"));
            match method {
                "DELETE" => (path, None, 204),
                _ => (path, Some(json!({ "metadata": { "labels": { "a": "b" } } })), 200),
            }
        }
        "cluster_member_add" => (format!("{normal}?peer-addrs=http://x:1"), None, 400),
        "cluster_member_update" | "cluster_member_remove" => {
            let members = "/apis/core/v2/cluster/members";
            let known = server.send("GET", members, Some(token), None).await.body;
            let id = known["members"][0]["ID"].as_u64().expect("an id");
            match method {
                "DELETE" => (format!("{members}/{id:x}"), None, 400),
                _ => (format!("{members}/{id:x}?peer-addrs=http://x:1"), None, 200),
            }
        }
        _ => match method {
            "POST" => (normal, Some(object(&plural, "new")), 200),
            "PATCH" => (normal, Some(json!({ "metadata": { "labels": { "a": "b" } } })), 200),
            "DELETE" => (normal, None, 204),
            _ if path.ends_with("}") && !path.contains("/groups/") => {
                (normal, Some(object(&plural, "xx")), 200)
            }
            _ => (normal, None, 200),
        },
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_write_can_be_tried_out() {
    let server = TestServer::start().await;
    let token = server.token().await;
    populate(&server, &token).await;
    let key = server
        .send("POST", &collection("apikeys"), Some(&token), Some(&object("apikeys", "xx")))
        .await;
    assert_eq!(key.status, 201);
    let document: Value =
        serde_json::from_str(include_str!("../../openapi/sensu-core-v2.json")).expect("is JSON");
    let mut tried = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("operations") {
            let id = operation["operationId"].as_str().expect("an id");
            if method == "get" || id.starts_with("auth_") {
                continue;
            }
            let named = |name: &str| {
                let all = operation["parameters"].as_array();
                all.is_some_and(|all| all.iter().any(|parameter| parameter["name"] == name))
            };
            assert!(named("dryRun"), "{id} does not document dryRun");
            let has_body = operation.get("requestBody").is_some();
            assert_eq!(named("strict"), has_body, "{id}: strict is about bodies");

            let method = method.to_uppercase();
            let (path, body, status) = call(&server, &token, id, &method, path).await;
            let before = server.store.health().await.revision;
            let join = if path.contains('?') { '&' } else { '?' };
            let trial = format!("{path}{join}dryRun=true");
            let answer = server.send(&method, &trial, Some(&token), body.as_ref()).await;
            assert_eq!(answer.status, status, "{id}: {method} {trial}: {:?}", answer.body);
            assert_eq!(answer.header("etag"), "", "{id}: what is not stored has no tag");
            let after = server.store.health().await.revision;
            assert_eq!(before, after, "{id}: something was written");
            let refused = format!("{path}{join}dryRun=perhaps");
            let answer = server.send(&method, &refused, Some(&token), body.as_ref()).await;
            assert_eq!(answer.status, 400, "{id}: neither true nor false");
            assert_eq!(before, server.store.health().await.revision, "{id}");
            tried.insert(id.to_owned());
        }
    }
    assert!(tried.len() > 70, "only {} operations were tried", tried.len());
    server.stop().await;
}

#[tokio::test]
async fn a_trial_is_judged_like_a_write() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let check = |interval: u32| json!({ "metadata": { "name": "a" }, "interval": interval });
    let try_out = async |method: &str, path: &str, body: Option<Value>| {
        let path = format!("{path}?dryRun=true");
        server.send(method, &path, Some(&token), body.as_ref()).await
    };
    let would = try_out("POST", CHECKS, Some(check(5))).await;
    assert_eq!((would.status, &would.body["interval"]), (200, &json!(5)));
    assert_eq!(would.body["metadata"]["namespace"], "default", "as it would be stored");
    assert_eq!(try_out("POST", CHECKS, Some(check(0))).await.status, 400);
    let nowhere = "/apis/core/v2/namespaces/nowhere/checks";
    assert_eq!(try_out("POST", nowhere, Some(check(5))).await.status, 404);
    assert_eq!(try_out("DELETE", &format!("{CHECKS}/a"), None).await.status, 404);
    let default = "/apis/core/v2/namespaces/default";

    assert_eq!(server.send("POST", CHECKS, Some(&token), Some(&check(5))).await.status, 200);
    assert_eq!(try_out("POST", CHECKS, Some(check(5))).await.status, 409);
    assert_eq!(try_out("DELETE", default, None).await.status, 409, "it is not empty");
    let url = format!("{}{CHECKS}/a?dryRun=true", server.url());
    let stale = reqwest::Client::new().put(url).bearer_auth(&token).header("if-match", "\"1\"");
    let stale = Response::read(stale.json(&check(6)).send().await.expect("an answer")).await;
    assert_eq!(stale.status, 412);

    let agent = server.log_in("agent", "P@ssw0rd!").await.tokens().expect("logged in");
    let path = format!("{CHECKS}?dryRun=true");
    let denied = server.send("POST", &path, Some(&agent.access_token), Some(&check(5))).await;
    assert_eq!(denied.status, 403);
    let kept = server.send("GET", &format!("{CHECKS}/a"), Some(&token), None).await;
    assert_eq!(kept.body["interval"], 5);
    server.stop().await;
}

#[tokio::test]
async fn sessions_cannot_be_tried_out() {
    let server = TestServer::start().await;
    let tokens = server.as_admin().await.tokens().expect("logged in");
    let body = json!({ "refresh_token": tokens.refresh_token });
    for path in ["/auth/logout?dryRun=true", "/auth/token?dryRun=true"] {
        let answer = server.send("POST", path, Some(&tokens.access_token), Some(&body)).await;
        assert_eq!(answer.status, 400, "{path}");
    }
    let path = "/auth/logout?dryRun=false";
    let answer = server.send("POST", path, Some(&tokens.access_token), Some(&body)).await;
    assert_eq!(answer.status, 200, "the session was still there");
    server.stop().await;
}

#[tokio::test]
async fn unknown_fields_are_named_or_refused() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let check = json!({ "metadata": { "name": "a", "lables": {} }, "interval": 1, "intervall": 2,
        "secrets": [{ "name": "A", "secret": "b" }, { "nmae": "A", "secret": "b" }] });
    let strict = format!("{CHECKS}?strict=true");
    let refused = server.send("POST", &strict, Some(&token), Some(&check)).await;
    let message = "unknown fields: intervall, metadata.lables, secrets[1].nmae";
    assert_eq!(refused.status, 400);
    assert_eq!(refused.body, json!({ "message": message, "code": 1 }));
    let taken = server.send("POST", CHECKS, Some(&token), Some(&check)).await;
    assert_eq!(taken.status, 200);
    let warning = format!("299 - \"dropped {message}\"");
    assert_eq!(taken.header("warning"), warning);
    assert!(taken.body.get("intervall").is_none());

    let item = format!("{CHECKS}/a");
    let patch = json!({ "intervall": 3, "metadata": { "labels": { "any": "thing" } } });
    let patched = server.send("PATCH", &item, Some(&token), Some(&patch)).await;
    assert_eq!(patched.status, 200);
    assert_eq!(patched.header("warning"), "299 - \"dropped unknown field: intervall\"");
    let strict = format!("{item}?strict=true");
    let patched = server.send("PATCH", &strict, Some(&token), Some(&patch)).await;
    assert_eq!(patched.status, 400);

    let broken = json!({ "metadata": { "name": "b" }, "intervall": 2 });
    let refused = server.send("POST", CHECKS, Some(&token), Some(&broken)).await;
    assert_eq!(refused.status, 400);
    assert_eq!(refused.header("warning"), "299 - \"dropped unknown field: intervall\"");
    let known = server.send("GET", &item, Some(&token), None).await;
    let echoed = server.send("PUT", &strict, Some(&token), Some(&known.body)).await;
    assert_eq!((echoed.status, echoed.header("warning")), (200, ""), "what is shown is known");
    server.stop().await;
}
