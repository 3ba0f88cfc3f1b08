//! Users: rules for passwords and password hashes.

use sensu_client::Client;
use sensu_tests::{TestServer, assert_refused};
use serde_json::json;

/// A bcrypt hash of the lowest cost.
const HASH: &str = "$2b$04$abcdefghijklmnopqrstuuxuN3mhXkqsmQbUE1Xj5sYDAj2PpzDCe";

#[tokio::test]
async fn a_password_change_requires_the_exact_field_and_drops_unknown_texts() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let user = json!({ "username": "alice", "password": "long enough" });
    let created = server.send("POST", "/apis/core/v2/users", Some(&token), Some(&user)).await;
    assert_eq!(created.status, 200, "{}", created.body);
    let path = "/apis/core/v2/users/alice/password";
    let put = async |path: &str, body: serde_json::Value| {
        server.send("PUT", path, Some(&token), Some(&body)).await
    };
    put(path, json!({ "Password": "long enough" })).await.assert_error(400, 1);
    put(path, json!({ "password": 12_345_678 })).await.assert_error(400, 1);
    put(path, json!({ "password": "even longer", "colour": ["red"] })).await.assert_error(400, 1);
    let with_unknown = json!({ "password": "even longer", "colour": "red" });
    let response = put(path, with_unknown.clone()).await;
    assert_eq!(response.status, 200, "{}", response.body);
    assert!(response.header("warning").contains("colour"), "{}", response.header("warning"));
    let response = put(&format!("{path}?strict=true"), with_unknown).await;
    assert_eq!(response.body["message"], "unknown field: colour");
    server.stop().await;
}

#[tokio::test]
async fn a_password_next_to_a_hash_is_validated() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let path = "/apis/core/v2/users/alice";
    for password in ["short".to_owned(), "a".repeat(73)] {
        let user = json!({ "username": "alice", "password": password, "password_hash": HASH });
        server.send("PUT", path, Some(&token), Some(&user)).await.assert_error(400, 1);
        server
            .send("POST", "/apis/core/v2/users", Some(&token), Some(&user))
            .await
            .assert_error(400, 1);
    }
    assert_eq!(server.send("GET", path, Some(&token), None).await.status, 404);
    let user = json!({ "username": "alice", "password": "long enough", "password_hash": HASH });
    let response = server.send("PUT", path, Some(&token), Some(&user)).await;
    assert_eq!(response.status, 200, "{}", response.body);
    server.stop().await;
}

#[tokio::test]
async fn a_password_of_more_than_72_bytes_is_rejected() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let (users, alice) = ("/apis/core/v2/users", "/apis/core/v2/users/alice");
    let (most, more) = ("a".repeat(72), "a".repeat(73));
    let user = |password: &str| json!({ "username": "alice", "password": password });
    let response = server.send("POST", users, Some(&token), Some(&user(&most))).await;
    assert_eq!(response.status, 200, "{}", response.body);
    let password = format!("{alice}/password");
    for (method, path) in [("PUT", alice), ("PUT", &password), ("POST", users)] {
        let name = if method == "POST" { "bob" } else { "alice" };
        let body = match path.ends_with("/password") {
            true => json!({ "password": more }),
            false => json!({ "username": name, "password": more }),
        };
        let response = server.send(method, path, Some(&token), Some(&body)).await;
        response.assert_error(400, 1);
        assert_eq!(response.message(), "password length must be at most 72 bytes", "{path}");
    }
    server.log_in("alice", &most).await;
    // Equal for bcrypt, which ignores everything after 72 bytes.
    assert_refused(Client::log_in(&server.url(), "alice", &more).await, 401, 5);
    server.stop().await;
}

#[tokio::test]
async fn a_password_hash_that_no_log_in_could_match_is_rejected() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let (users, alice) = ("/apis/core/v2/users", "/apis/core/v2/users/alice");
    let user = |hash: &str| json!({ "username": "alice", "password_hash": hash });
    let response = server.send("POST", users, Some(&token), Some(&user(HASH))).await;
    assert_eq!(response.status, 200, "{}", response.body);
    let reset = format!("{alice}/reset_password");
    let blank = format!("$2b$10${}", " ".repeat(53));
    let accented = format!("$2b$10${}a", "é".repeat(26));
    let costs = ["99", "17", "03"].map(|cost| HASH.replacen("04", cost, 1));
    // Unused bits of the encoding that no bcrypt implementation sets.
    let spare = HASH.replacen("uuxu", "uvxu", 1);
    for hash in [blank, accented, spare].into_iter().chain(costs) {
        for (method, path) in [("PUT", alice), ("PUT", &reset), ("POST", users)] {
            let mut body = user(&hash);
            if method == "POST" {
                body["username"] = json!("bob");
            }
            let response = server.send(method, path, Some(&token), Some(&body)).await;
            response.assert_error(400, 1);
            let message = response.message();
            assert!(message.starts_with("password_hash is not a bcrypt hash"), "{message}");
        }
    }
    server.stop().await;
}
