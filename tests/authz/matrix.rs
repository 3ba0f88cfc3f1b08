//! The status of every operation for typical callers, as a golden file.
//!
//! `matrix.txt` has a row for each operation and a column for each caller. `UPDATE_EXPECT=1` writes it: review the
//! diff.

use std::fmt::Write as _;

use expect_test::expect_file;
use sensu_tests::{Document, Operation, TestServer};

use super::{bind, call, create_user};

/// The callers: column, user, and the cluster role that the user has in `default`.
const CALLERS: [(&str, Option<&str>, Option<&str>); 7] = [
    ("anonymous", None, None),
    ("powerless", Some("powerless"), None),
    ("view", Some("viewer"), Some("view")),
    ("edit", Some("editor"), Some("edit")),
    ("admin", Some("ns-admin"), Some("admin")),
    ("cluster", Some("admin"), None),
    ("agent", Some("agent"), None),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_has_the_status_of_the_matrix_for_every_caller() {
    let operations = Document::committed().operations();
    let mut columns = Vec::new();
    for (_, user, role) in CALLERS {
        columns.push(column(&operations, user, role).await);
    }
    let names: Vec<&str> = CALLERS.iter().map(|(name, ..)| *name).collect();
    let mut matrix = format!("{:30} {}\n", "", names.join(" "));
    for (row, operation) in operations.iter().enumerate() {
        let cells = columns.iter().zip(&names);
        let cells: Vec<String> =
            cells.map(|(column, name)| format!("{:<1$}", column[row], name.len())).collect();
        writeln!(matrix, "{:30} {}", operation.id, cells.join(" ").trim_end()).expect("writes");
    }
    expect_file!["matrix.txt"].assert_eq(&matrix);
}

/// The statuses for one caller, on a server of its own.
async fn column(operations: &[Operation], user: Option<&str>, role: Option<&str>) -> Vec<u16> {
    let server = TestServer::start().await;
    let admin = server.token().await;
    if let Some(user) = user.filter(|user| !["admin", "agent"].contains(user)) {
        create_user(&server, &admin, user).await;
    }
    if let (Some(user), Some(role)) = (user, role) {
        bind(&server, &admin, user, role, true).await;
    }
    let token = match user {
        Some(user) => Some(server.token_of(user).await),
        None => None,
    };
    let mut statuses = Vec::new();
    for operation in operations {
        statuses.push(call(&server, operation, token.as_deref()).await.status);
    }
    server.stop().await;
    statuses
}
