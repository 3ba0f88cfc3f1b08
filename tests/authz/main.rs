//! Who may do what: every operation, asked by everybody, as a golden file.
//!
//! `matrix.txt` has a row for each operation and a column for each caller. A change of rights shows as a
//! change of that file; a new operation without a row fails. `UPDATE_GOLDEN=1` writes it anew.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

use std::fmt::Write as _;
use std::fs;

use sensu_tests::TestServer;
use serde_json::{Value, json};

/// The callers: name of the column, user, and the cluster role that is bound to the user in `default`.
const CALLERS: [(&str, Option<&str>, Option<&str>); 7] = [
    ("anonymous", None, None),
    ("powerless", Some("powerless"), None),
    ("view", Some("viewer"), Some("view")),
    ("edit", Some("editor"), Some("edit")),
    ("admin", Some("ns-admin"), Some("admin")),
    ("cluster", Some("admin"), None),
    ("agent", Some("agent"), None),
];

/// An operation: id, method, path with values filled in.
struct Operation {
    id: String,
    method: String,
    path: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_may_do_what_the_matrix_says() {
    let operations = operations();
    let mut columns = Vec::new();
    for (_, user, role) in CALLERS {
        columns.push(column(&operations, user, role).await);
    }
    let mut matrix = String::new();
    let names: Vec<&str> = CALLERS.iter().map(|(name, ..)| *name).collect();
    writeln!(matrix, "{:30} {}", "", names.join(" ")).expect("writes");
    for (row, operation) in operations.iter().enumerate() {
        let cells = columns.iter().zip(&names);
        let cells: Vec<String> =
            cells.map(|(column, name)| format!("{:<1$}", column[row], name.len())).collect();
        writeln!(matrix, "{:30} {}", operation.id, cells.join(" ").trim_end()).expect("writes");
    }
    let file = xtask::root().join("tests/authz/matrix.txt");
    #[expect(clippy::disallowed_methods, reason = "a setting of the test run")]
    let update = std::env::var("UPDATE_GOLDEN").is_ok();
    if update {
        fs::write(&file, &matrix).expect("writes");
    }
    let golden = fs::read_to_string(&file).unwrap_or_default();
    for (ours, theirs) in matrix.lines().zip(golden.lines()) {
        assert_eq!(ours, theirs, "rights have changed; UPDATE_GOLDEN=1 writes the new matrix");
    }
    assert_eq!(matrix.lines().count(), golden.lines().count(), "operations have come or gone");
}

/// What one caller is answered, operation by operation, on a server of its own.
async fn column(operations: &[Operation], user: Option<&str>, role: Option<&str>) -> Vec<u16> {
    let server = TestServer::start().await;
    let admin = server.token().await;
    let known = ["admin", "agent"];
    if let Some(user) = user.filter(|user| !known.contains(user)) {
        let body = json!({ "username": user, "password": "P@ssw0rd!" });
        let made = server.send("POST", "/apis/core/v2/users", Some(&admin), Some(&body)).await;
        assert_eq!(made.status, 200);
    }
    if let (Some(user), Some(role)) = (user, role) {
        let path = "/apis/core/v2/namespaces/default/rolebindings";
        let body = json!({ "metadata": { "name": "rights" },
            "subjects": [{ "type": "User", "name": user }],
            "role_ref": { "type": "ClusterRole", "name": role } });
        assert_eq!(server.send("POST", path, Some(&admin), Some(&body)).await.status, 200);
    }
    let token = match user {
        Some(user) => server.log_in(user, "P@ssw0rd!").await.tokens().map(|t| t.access_token),
        None => None,
    };
    let mut statuses = Vec::new();
    for operation in operations {
        let body = ["POST", "PUT", "PATCH"].contains(&operation.method.as_str()).then(|| json!({}));
        let answer =
            server.send(&operation.method, &operation.path, token.as_deref(), body.as_ref()).await;
        statuses.push(answer.status);
    }
    server.stop().await;
    statuses
}

/// The operations of the document, in its order: in `default`, on things called `x` that are not
/// there.
fn operations() -> Vec<Operation> {
    let text = fs::read_to_string(xtask::root().join("openapi/sensu-core-v2.json")).expect("reads");
    let document: Value = serde_json::from_str(&text).expect("is JSON");
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            // Namespaces themselves are things called `x`, too.
            let itself = path.ends_with("/namespaces/{namespace}");
            let value = |part: &str| match part {
                "{namespace}" if !itself => "default".to_owned(),
                part if part.starts_with('{') => "x".to_owned(),
                part => part.to_owned(),
            };
            found.push(Operation {
                id: operation["operationId"].as_str().expect("an id").to_owned(),
                method: method.to_uppercase(),
                path: path.split('/').map(value).collect::<Vec<_>>().join("/"),
            });
        }
    }
    found
}
