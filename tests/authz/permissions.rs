//! The published permission of every operation is the one that its handler requests: it is sufficient, and all
//! others together are not.

use std::collections::{BTreeMap, BTreeSet};

use sensu_server::OperationPermission;
use sensu_tests::{Document, TestServer};
use serde_json::{Value, json};

use super::{bind, call, create_user};

/// All verbs of role rules.
const VERBS: [&str; 5] = ["get", "list", "create", "update", "delete"];
/// The cluster roles of the test: bound in the namespace, and in the cluster.
const ROLES: [(&str, bool); 2] = [("in-namespace", true), ("in-cluster", false)];

#[tokio::test(flavor = "multi_thread")]
async fn the_published_permission_is_sufficient_and_all_others_are_not() {
    let permissions = sensu_server::permissions().expect("the permissions of the document");
    let operations = Document::committed().operations().into_iter();
    let operations: BTreeMap<String, _> =
        operations.map(|operation| (operation.id.clone(), operation)).collect();
    let published: BTreeSet<&String> = permissions.iter().map(|one| &one.operation).collect();
    assert_eq!(published, operations.keys().collect(), "operations with a permission");
    let rules = permissions.iter().filter_map(|permission| permission.rule);
    let resources: BTreeSet<&str> = rules.map(|(_, resource)| resource).collect();

    let server = TestServer::start().await;
    let admin = server.token().await;
    create_user(&server, &admin, "caller").await;
    for (role, is_namespaced) in ROLES {
        grant(&server, &admin, role, json!([])).await;
        bind(&server, &admin, "caller", role, is_namespaced).await;
    }
    // It allows every user to read namespaces.
    let path = "/apis/core/v2/clusterrolebindings/system:user";
    assert_eq!(server.send("DELETE", path, Some(&admin), None).await.status, 204);
    let caller = server.token_of("caller").await;
    for permission in &permissions {
        let operation = &operations[&permission.operation];
        assert_eq!(permission.authenticated, !operation.is_open(), "{}", operation.id);
        let Some((verb, resource)) = permission.rule else { continue };
        let exactly = json!([{ "verbs": [verb], "resources": [resource] }]);
        set_rules(&server, &admin, permission, exactly).await;
        let status = call(&server, operation, Some(&caller)).await.status;
        assert_ne!(status, 403, "{}: {verb} {resource} is not sufficient", operation.id);
        assert_ne!(status, 401, "{}", operation.id);

        if permission.deniable {
            let verbs: Vec<&str> = VERBS.into_iter().filter(|other| *other != verb).collect();
            let others: Vec<&&str> = resources.iter().filter(|other| **other != resource).collect();
            let all_others = json!([
                { "verbs": verbs, "resources": [resource] },
                { "verbs": ["*"], "resources": others },
            ]);
            set_rules(&server, &admin, permission, all_others).await;
            call(&server, operation, Some(&caller)).await.assert_error(403, 4);
        }
    }
    server.stop().await;
}

/// Gives the caller these rules and no others, with the scope that the operation requires.
async fn set_rules(
    server: &TestServer,
    admin: &str,
    permission: &OperationPermission,
    rules: Value,
) {
    for (role, is_namespaced) in ROLES {
        let rules = if is_namespaced == permission.namespaced { rules.clone() } else { json!([]) };
        grant(server, admin, role, rules).await;
    }
}

async fn grant(server: &TestServer, admin: &str, role: &str, mut rules: Value) {
    if rules == json!([]) {
        rules = json!([{ "verbs": ["get"], "resources": ["nothing"] }]);
    }
    let path = format!("/apis/core/v2/clusterroles/{role}");
    let granted = server.send("PUT", &path, Some(admin), Some(&json!({ "rules": rules }))).await;
    assert_eq!(granted.status, 200, "{}", granted.body);
}
