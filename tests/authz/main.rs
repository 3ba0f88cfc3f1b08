//! Authorization: the status of every operation for typical callers, and the permission that each requires.

mod matrix;
mod permissions;

use sensu_tests::{Operation, Response, TestServer};
use serde_json::json;

/// Calls an operation in `default`, on an object `x` that does not exist.
async fn call(server: &TestServer, operation: &Operation, token: Option<&str>) -> Response {
    let path = operation.path_with(|name| match name {
        "namespace" => "default".to_owned(),
        _ => "x".to_owned(),
    });
    let body = ["POST", "PUT", "PATCH"].contains(&operation.method.as_str()).then(|| json!({}));
    server.send(&operation.method, &path, token, body.as_ref()).await
}

/// Creates a user with the password of `--dev`.
async fn create_user(server: &TestServer, admin: &str, user: &str) {
    let body = json!({ "username": user, "password": "P@ssw0rd!" });
    let created = server.send("POST", "/apis/core/v2/users", Some(admin), Some(&body)).await;
    assert_eq!(created.status, 200, "{}", created.body);
}

/// Binds a user to a cluster role: in the namespace `default`, or in the cluster.
async fn bind(server: &TestServer, admin: &str, user: &str, role: &str, is_namespaced: bool) {
    let path = match is_namespaced {
        true => format!("/apis/core/v2/namespaces/default/rolebindings/{role}"),
        false => format!("/apis/core/v2/clusterrolebindings/{role}"),
    };
    let body = json!({ "subjects": [{ "type": "User", "name": user }],
        "role_ref": { "type": "ClusterRole", "name": role } });
    let bound = server.send("PUT", &path, Some(admin), Some(&body)).await;
    assert_eq!(bound.status, 200, "{}", bound.body);
}
