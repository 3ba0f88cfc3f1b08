//! Rights: bindings to roles that are not there, what users see of namespaces, rights that change
//! under way (D19, D22).

use sensu_tests::TestServer;
use serde_json::{Value, json};

const ROOT: &str = "/apis/core/v2";

#[tokio::test]
async fn a_binding_to_a_missing_role_gives_nothing_and_harms_nobody() {
    let server = TestServer::start().await;
    let admin = server.token().await;
    let binding = json!({ "metadata": { "name": "aaa" },
        "subjects": [{ "type": "Group", "name": "system:users" }],
        "role_ref": { "type": "ClusterRole", "name": "missing" } });
    let path = format!("{ROOT}/clusterrolebindings");
    assert_eq!(server.send("POST", &path, Some(&admin), Some(&binding)).await.status, 200);
    assert_eq!(server.send("GET", &path, Some(&admin), None).await.status, 200);
    let agent = server.log_in("agent", "P@ssw0rd!").await.tokens().expect("logged in").access_token;
    assert_eq!(server.send("GET", &path, Some(&agent), None).await.status, 403);
    server.stop().await;
}

#[tokio::test]
async fn rights_act_on_the_next_request() {
    let server = TestServer::start().await;
    let admin = server.token().await;
    let agent = server.log_in("agent", "P@ssw0rd!").await.tokens().expect("logged in").access_token;
    let checks = format!("{ROOT}/namespaces/default/checks");
    assert_eq!(server.send("GET", &checks, Some(&agent), None).await.status, 403);
    let binding = json!({ "subjects": [{ "type": "User", "name": "agent" }],
        "role_ref": { "type": "ClusterRole", "name": "view" } });
    let path = format!("{ROOT}/namespaces/default/rolebindings/agents-see");
    assert_eq!(server.send("PUT", &path, Some(&admin), Some(&binding)).await.status, 200);
    assert_eq!(server.send("GET", &checks, Some(&agent), None).await.status, 200);
    server.send("DELETE", &path, Some(&admin), None).await;
    assert_eq!(server.send("GET", &checks, Some(&agent), None).await.status, 403);
    server.stop().await;
}

/// What the agent is answered to a request without a body.
async fn agent_gets(server: &TestServer, token: &str, path: &str) -> u16 {
    server.send("GET", &format!("{ROOT}{path}"), Some(token), None).await.status
}

#[tokio::test]
async fn a_role_counts_in_its_namespace_for_the_names_that_it_lists() {
    let server = TestServer::start().await;
    let admin = server.token().await;
    let put = |path: &'static str, body: Value| {
        let (server, admin) = (&server, &admin);
        async move {
            let made = server.send("PUT", &format!("{ROOT}{path}"), Some(admin), Some(&body)).await;
            assert_eq!(made.status, 200, "{path}: {}", made.body);
        }
    };
    put("/namespaces/dev", json!({})).await;
    let check = json!({ "interval": 1 });
    for path in
        ["/namespaces/default/checks/a", "/namespaces/default/checks/b", "/namespaces/dev/checks/a"]
    {
        put(path, check.clone()).await;
    }
    let rule =
        json!([{ "verbs": ["get", "list"], "resources": ["checks"], "resource_names": ["a"] }]);
    put("/namespaces/default/roles/see-a", json!({ "rules": rule })).await;
    let bound = |kind: &str, role: &str| {
        json!({ "subjects": [{ "type": "User", "name": "agent" }],
            "role_ref": { "type": kind, "name": role } })
    };
    put("/namespaces/default/rolebindings/rr", bound("Role", "see-a")).await;
    let agent = server.log_in("agent", "P@ssw0rd!").await.tokens().expect("logged in").access_token;
    let seen = |path: &'static str| agent_gets(&server, &agent, path);
    assert_eq!(seen("/namespaces/default/checks/a").await, 200);
    assert_eq!(seen("/namespaces/default/checks/b").await, 403, "another name");
    assert_eq!(seen("/namespaces/default/checks").await, 403, "a list has no name");
    assert_eq!(seen("/namespaces/dev/checks/a").await, 403, "another namespace");
    put("/namespaces/dev/rolebindings/rr", bound("Role", "see-a")).await;
    assert_eq!(seen("/namespaces/dev/checks/a").await, 403, "a role of another namespace");
    // Roles of the other kind with the same name are other roles.
    put("/namespaces/default/rolebindings/rr", bound("Role", "view")).await;
    assert_eq!(seen("/namespaces/default/checks/a").await, 403);
    put("/namespaces/default/rolebindings/rr", bound("ClusterRole", "see-a")).await;
    assert_eq!(seen("/namespaces/default/checks/a").await, 403);
    put("/namespaces/default/rolebindings/rr", bound("ClusterRole", "view")).await;
    assert_eq!(seen("/namespaces/default/checks").await, 200);
    server.stop().await;
}

#[tokio::test]
async fn everybody_reads_itself_and_nobody_else() {
    let server = TestServer::start().await;
    let agent = server.log_in("agent", "P@ssw0rd!").await.tokens().expect("logged in").access_token;
    assert_eq!(agent_gets(&server, &agent, "/users/agent").await, 200);
    assert_eq!(agent_gets(&server, &agent, "/users/admin").await, 403);
    let body = json!({ "password": "long enough" });
    let path = format!("{ROOT}/users/admin/password");
    assert_eq!(server.send("PUT", &path, Some(&agent), Some(&body)).await.status, 403);
    let path = format!("{ROOT}/users/agent/password");
    assert_eq!(server.send("PUT", &path, Some(&agent), Some(&body)).await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn who_may_not_list_namespaces_sees_the_own_ones() {
    let server = TestServer::start().await;
    let admin = server.token().await;
    for name in ["dev", "prod"] {
        let path = format!("{ROOT}/namespaces");
        server.send("POST", &path, Some(&admin), Some(&json!({ "name": name }))).await;
    }
    let binding = json!({ "subjects": [{ "type": "User", "name": "agent" }],
        "role_ref": { "type": "ClusterRole", "name": "view" } });
    let path = format!("{ROOT}/namespaces/dev/rolebindings/agents-see");
    server.send("PUT", &path, Some(&admin), Some(&binding)).await;
    // What lets everybody list all of them.
    let path = format!("{ROOT}/clusterrolebindings/system:user");
    assert_eq!(server.send("DELETE", &path, Some(&admin), None).await.status, 204);
    let agent = server.log_in("agent", "P@ssw0rd!").await.tokens().expect("logged in").access_token;
    let list = server.send("GET", &format!("{ROOT}/namespaces"), Some(&agent), None).await;
    assert_eq!(list.body, json!([{ "name": "dev" }]));
    server.stop().await;
}

#[tokio::test]
async fn what_is_authorized_is_what_is_written() {
    let server = TestServer::start().await;
    let admin = server.token().await;
    server
        .send("POST", &format!("{ROOT}/namespaces"), Some(&admin), Some(&json!({ "name": "dev" })))
        .await;
    let binding = json!({ "subjects": [{ "type": "User", "name": "agent" }],
        "role_ref": { "type": "ClusterRole", "name": "edit" } });
    let path = format!("{ROOT}/namespaces/dev/rolebindings/agents-edit");
    server.send("PUT", &path, Some(&admin), Some(&binding)).await;
    let agent = server.log_in("agent", "P@ssw0rd!").await.tokens().expect("logged in").access_token;
    let check = json!({ "interval": 1, "metadata": { "name": "c", "namespace": "default" } });
    for (method, path) in [("POST", "namespaces/dev/checks"), ("PUT", "namespaces/dev/checks/c")] {
        let answer =
            server.send(method, &format!("{ROOT}/{path}"), Some(&agent), Some(&check)).await;
        assert_eq!((answer.status, answer.body["code"].as_u64()), (400, Some(1)), "{method}");
    }
    let path = format!("{ROOT}/namespaces/default/checks/c");
    assert_eq!(server.send("GET", &path, Some(&admin), None).await.status, 404);
    server.stop().await;
}

#[tokio::test]
async fn a_namespace_goes_when_it_is_empty_or_with_all_that_is_in_it() {
    let server = TestServer::start().await;
    let admin = server.token().await;
    let namespaces = format!("{ROOT}/namespaces");
    for name in ["dev", "dev-2"] {
        server.send("POST", &namespaces, Some(&admin), Some(&json!({ "name": name }))).await;
        let hook = json!({ "command": "x", "timeout": 1, "metadata": { "name": "h" } });
        let path = format!("{namespaces}/{name}/hooks");
        assert_eq!(server.send("POST", &path, Some(&admin), Some(&hook)).await.status, 200);
    }
    let dev = format!("{namespaces}/dev");
    let refused = server.send("DELETE", &dev, Some(&admin), None).await;
    assert_eq!(refused.status, 409);
    assert!(refused.body["message"].as_str().is_some_and(|m| m.contains("hooks")), "{refused:?}");
    let gone = server.send("DELETE", &format!("{dev}?cascade=true"), Some(&admin), None).await;
    assert_eq!(gone.status, 204);
    assert_eq!(server.send("GET", &format!("{dev}/hooks/h"), Some(&admin), None).await.status, 404);
    let other =
        server.send("GET", &format!("{namespaces}/dev-2/hooks/h"), Some(&admin), None).await;
    assert_eq!(other.status, 200, "exactly one namespace goes");
    server.stop().await;
}
