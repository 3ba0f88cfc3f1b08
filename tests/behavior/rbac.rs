//! Role-based access control: bindings to missing roles, scope of roles, visible namespaces (D19, D22).

use sensu_tests::TestServer;
use serde_json::{Value, json};

const ROOT: &str = "/apis/core/v2";

#[tokio::test]
async fn a_binding_to_a_missing_role_grants_nothing() {
    let server = TestServer::start().await;
    let admin = server.token().await;
    let binding = json!({ "metadata": { "name": "aaa" },
        "subjects": [{ "type": "Group", "name": "system:users" }],
        "role_ref": { "type": "ClusterRole", "name": "missing" } });
    let path = format!("{ROOT}/clusterrolebindings");
    assert_eq!(server.send("POST", &path, Some(&admin), Some(&binding)).await.status, 200);
    assert_eq!(server.send("GET", &path, Some(&admin), None).await.status, 200);
    let agent = server.token_of("agent").await;
    assert_eq!(server.send("GET", &path, Some(&agent), None).await.status, 403);
    server.stop().await;
}

#[tokio::test]
async fn a_changed_binding_applies_to_the_next_request() {
    let server = TestServer::start().await;
    let admin = server.token().await;
    let agent = server.token_of("agent").await;
    let checks = format!("{ROOT}/namespaces/default/checks");
    assert_eq!(server.send("GET", &checks, Some(&agent), None).await.status, 403);
    let binding = json!({ "subjects": [{ "type": "User", "name": "agent" }],
        "role_ref": { "type": "ClusterRole", "name": "view" } });
    let path = format!("{ROOT}/namespaces/default/rolebindings/agent-view");
    assert_eq!(server.send("PUT", &path, Some(&admin), Some(&binding)).await.status, 200);
    assert_eq!(server.send("GET", &checks, Some(&agent), None).await.status, 200);
    server.send("DELETE", &path, Some(&admin), None).await;
    assert_eq!(server.send("GET", &checks, Some(&agent), None).await.status, 403);
    server.stop().await;
}

/// The status of a GET request of the agent.
async fn agent_gets(server: &TestServer, token: &str, path: &str) -> u16 {
    server.send("GET", &format!("{ROOT}{path}"), Some(token), None).await.status
}

#[tokio::test]
async fn a_role_applies_in_its_namespace_to_the_resource_names_it_lists() {
    let server = TestServer::start().await;
    let admin = server.token().await;
    let put = |path: &'static str, body: Value| {
        let (server, admin) = (&server, &admin);
        async move {
            let created =
                server.send("PUT", &format!("{ROOT}{path}"), Some(admin), Some(&body)).await;
            assert_eq!(created.status, 200, "{path}: {}", created.body);
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
    let agent = server.token_of("agent").await;
    let seen = |path: &'static str| agent_gets(&server, &agent, path);
    assert_eq!(seen("/namespaces/default/checks/a").await, 200);
    assert_eq!(seen("/namespaces/default/checks/b").await, 403, "another name");
    assert_eq!(seen("/namespaces/default/checks").await, 403, "a list has no name");
    assert_eq!(seen("/namespaces/dev/checks/a").await, 403, "another namespace");
    put("/namespaces/dev/rolebindings/rr", bound("Role", "see-a")).await;
    assert_eq!(seen("/namespaces/dev/checks/a").await, 403, "a role of another namespace");
    // A Role and a ClusterRole may have the same name.
    put("/namespaces/default/rolebindings/rr", bound("Role", "view")).await;
    assert_eq!(seen("/namespaces/default/checks/a").await, 403);
    put("/namespaces/default/rolebindings/rr", bound("ClusterRole", "see-a")).await;
    assert_eq!(seen("/namespaces/default/checks/a").await, 403);
    put("/namespaces/default/rolebindings/rr", bound("ClusterRole", "view")).await;
    assert_eq!(seen("/namespaces/default/checks").await, 200);
    server.stop().await;
}

#[tokio::test]
async fn a_user_without_roles_can_read_and_change_only_itself() {
    let server = TestServer::start().await;
    let agent = server.token_of("agent").await;
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
async fn a_user_without_permission_to_list_namespaces_sees_those_it_has_roles_in() {
    let server = TestServer::start().await;
    let admin = server.token().await;
    for name in ["dev", "prod"] {
        let path = format!("{ROOT}/namespaces");
        server.send("POST", &path, Some(&admin), Some(&json!({ "name": name }))).await;
    }
    let binding = json!({ "subjects": [{ "type": "User", "name": "agent" }],
        "role_ref": { "type": "ClusterRole", "name": "view" } });
    let path = format!("{ROOT}/namespaces/dev/rolebindings/agent-view");
    server.send("PUT", &path, Some(&admin), Some(&binding)).await;
    // The binding that allows all users to list all namespaces.
    let path = format!("{ROOT}/clusterrolebindings/system:user");
    assert_eq!(server.send("DELETE", &path, Some(&admin), None).await.status, 204);
    let agent = server.token_of("agent").await;
    let list = server.send("GET", &format!("{ROOT}/namespaces"), Some(&agent), None).await;
    assert_eq!(list.body, json!([{ "name": "dev" }]));
    server.stop().await;
}

#[tokio::test]
async fn a_body_with_another_namespace_than_the_url_is_rejected() {
    let server = TestServer::start().await;
    let admin = server.token().await;
    server
        .send("POST", &format!("{ROOT}/namespaces"), Some(&admin), Some(&json!({ "name": "dev" })))
        .await;
    let binding = json!({ "subjects": [{ "type": "User", "name": "agent" }],
        "role_ref": { "type": "ClusterRole", "name": "edit" } });
    let path = format!("{ROOT}/namespaces/dev/rolebindings/agent-edit");
    server.send("PUT", &path, Some(&admin), Some(&binding)).await;
    let agent = server.token_of("agent").await;
    let check = json!({ "interval": 1, "metadata": { "name": "c", "namespace": "default" } });
    for (method, path) in [("POST", "namespaces/dev/checks"), ("PUT", "namespaces/dev/checks/c")] {
        let response =
            server.send(method, &format!("{ROOT}/{path}"), Some(&agent), Some(&check)).await;
        assert_eq!((response.status, response.body["code"].as_u64()), (400, Some(1)), "{method}");
    }
    let path = format!("{ROOT}/namespaces/default/checks/c");
    assert_eq!(server.send("GET", &path, Some(&admin), None).await.status, 404);
    server.stop().await;
}

#[tokio::test]
async fn deleting_a_namespace_leaves_a_namespace_whose_name_begins_with_its_name() {
    let server = TestServer::start().await;
    let admin = server.token().await;
    let namespaces = format!("{ROOT}/namespaces");
    for name in ["dev", "dev-2"] {
        server.send("POST", &namespaces, Some(&admin), Some(&json!({ "name": name }))).await;
        let hook = json!({ "command": "x", "timeout": 1 });
        let path = format!("{namespaces}/{name}/hooks/h");
        assert_eq!(server.send("PUT", &path, Some(&admin), Some(&hook)).await.status, 200);
    }
    let path = format!("{namespaces}/dev?cascade=true");
    assert_eq!(server.send("DELETE", &path, Some(&admin), None).await.status, 204);
    let path = format!("{namespaces}/dev/hooks/h");
    server.send("GET", &path, Some(&admin), None).await.assert_error(404, 2);
    let path = format!("{namespaces}/dev-2/hooks/h");
    assert_eq!(server.send("GET", &path, Some(&admin), None).await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn rules_names_and_subjects_are_limited() {
    let server = TestServer::start().await;
    let admin = server.token().await;
    let message = async |path: &str, body: Value| {
        let path = format!("{ROOT}/namespaces/default/{path}");
        let response = server.send("PUT", &path, Some(&admin), Some(&body)).await;
        (response.status, response.body["message"].as_str().unwrap_or_default().to_owned())
    };
    let accepted = (200, String::new());
    let rule = |names: usize| json!({ "verbs": ["get"], "resources": ["checks"], "resource_names": vec!["a"; names] });
    let rules = |number: usize| json!({ "rules": vec![rule(0); number] });
    assert_eq!(message("roles/rr", rules(1_000)).await, accepted);
    let (status, why) = message("roles/rr", rules(1_001)).await;
    assert!(status == 400 && why.contains("at most 1000 rules"), "{status} {why}");
    assert_eq!(message("roles/rr", json!({ "rules": [rule(9_998)] })).await, accepted);
    let (status, why) = message("roles/rr", json!({ "rules": [rule(5_000), rule(5_000)] })).await;
    assert!(status == 400 && why.contains("at most 10000 verbs, resources and names"), "{why}");
    let binding = |number: usize| {
        json!({ "subjects": vec![json!({ "type": "User", "name": "a" }); number],
            "role_ref": { "type": "Role", "name": "rr" } })
    };
    assert_eq!(message("rolebindings/rr", binding(10_000)).await, accepted);
    let (status, why) = message("rolebindings/rr", binding(10_001)).await;
    assert!(status == 400 && why.contains("at most 10000 subjects"), "{status} {why}");
    server.stop().await;
}

#[tokio::test]
async fn unknown_resources_in_rules_are_stored_and_reported() {
    let server = TestServer::start().await;
    let admin = server.token().await;
    let role = json!({ "metadata": { "name": "x1" }, "rules": [
        { "verbs": ["get"], "resources": ["ldap", "etcd-replicators", "checks", "cluster"] },
        { "verbs": ["*"], "resources": ["rule-templates", "ldap", "*"] } ] });
    let mut expected = role.clone();
    for rule in expected["rules"].as_array_mut().expect("a list") {
        rule["resource_names"] = json!([]);
    }
    let warning = r#"299 - "this server does not have the resources: etcd-replicators, ldap, rule-templates""#;
    for collection in ["clusterroles", "namespaces/default/roles"] {
        let path = format!("{ROOT}/{collection}");
        let strict =
            server.send("POST", &format!("{path}?strict=true"), Some(&admin), Some(&role)).await;
        strict.assert_error(400, 1);
        assert!(strict.message().ends_with("etcd-replicators, ldap, rule-templates"), "{strict:?}");
        let created = server.send("POST", &path, Some(&admin), Some(&role)).await;
        assert_eq!((created.status, created.header("warning")), (200, warning), "{created:?}");
        let item = format!("{path}/x1");
        let replaced = server.send("PUT", &item, Some(&admin), Some(&role)).await;
        assert_eq!((replaced.status, replaced.header("warning")), (200, warning));
        let patch = json!({ "metadata": { "labels": { "a": "b" } } });
        let patched = server.send("PATCH", &item, Some(&admin), Some(&patch)).await;
        assert_eq!((patched.status, patched.header("warning")), (200, warning));
        let stored = server.send("GET", &item, Some(&admin), None).await;
        assert_eq!((&stored.body["rules"], stored.header("warning")), (&expected["rules"], ""));
    }
    let path = format!("{ROOT}/clusterroles/x2");
    let known =
        json!({ "rules": [{ "verbs": ["get"], "resources": ["localselfuser", "events"] }] });
    let known = server.send("PUT", &path, Some(&admin), Some(&known)).await;
    assert_eq!((known.status, known.header("warning")), (200, ""));
    for bad in ["Checks", "", "a b", "checks,hooks"] {
        let rules = json!({ "rules": [{ "verbs": ["get"], "resources": [bad] }] });
        server.send("PUT", &path, Some(&admin), Some(&rules)).await.assert_error(400, 1);
    }
    server.stop().await;
}
