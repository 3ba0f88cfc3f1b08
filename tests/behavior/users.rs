//! Users: what is refused of a password, and where.

use sensu_client::Client;
use sensu_tests::TestServer;
use serde_json::json;

/// The hash of some password, with the least work that bcrypt knows.
const HASH: &str = "$2b$04$abcdefghijklmnopqrstuuxuN3mhXkqsmQbUE1Xj5sYDAj2PpzDCe";

#[tokio::test]
async fn a_new_password_is_spelled_exactly_and_other_texts_are_dropped() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let user = json!({ "username": "alice", "password": "long enough" });
    let made = server.send("POST", "/apis/core/v2/users", Some(&token), Some(&user)).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let path = "/apis/core/v2/users/alice/password";
    let put = async |path: &str, body: serde_json::Value| {
        server.send("PUT", path, Some(&token), Some(&body)).await
    };
    let answer = put(path, json!({ "Password": "long enough" })).await;
    assert_eq!((answer.status, &answer.body["code"]), (400, &json!(1)), "{}", answer.body);
    let answer = put(path, json!({ "password": 12_345_678 })).await;
    assert_eq!((answer.status, &answer.body["code"]), (400, &json!(1)), "{}", answer.body);
    let answer = put(path, json!({ "password": "even longer", "colour": ["red"] })).await;
    assert_eq!((answer.status, &answer.body["code"]), (400, &json!(1)), "{}", answer.body);
    let with_others = json!({ "password": "even longer", "colour": "red" });
    let answer = put(path, with_others.clone()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.header("warning").contains("colour"), "{}", answer.header("warning"));
    let answer = put(&format!("{path}?strict=true"), with_others).await;
    assert_eq!(answer.body["message"], "unknown field: colour");
    server.stop().await;
}

#[tokio::test]
async fn a_password_beside_a_hash_still_has_to_be_one() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let path = "/apis/core/v2/users/alice";
    for password in ["short".to_owned(), "a".repeat(73)] {
        let user = json!({ "username": "alice", "password": password, "password_hash": HASH });
        let answer = server.send("PUT", path, Some(&token), Some(&user)).await;
        assert_eq!((answer.status, &answer.body["code"]), (400, &json!(1)), "{}", answer.body);
        let answer = server.send("POST", "/apis/core/v2/users", Some(&token), Some(&user)).await;
        assert_eq!((answer.status, &answer.body["code"]), (400, &json!(1)), "{}", answer.body);
    }
    assert_eq!(server.send("GET", path, Some(&token), None).await.status, 404);
    let user = json!({ "username": "alice", "password": "long enough", "password_hash": HASH });
    let answer = server.send("PUT", path, Some(&token), Some(&user)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    server.stop().await;
}

#[tokio::test]
async fn no_password_is_longer_than_bcrypt_reads() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let (users, alice) = ("/apis/core/v2/users", "/apis/core/v2/users/alice");
    let (most, more) = ("a".repeat(72), "a".repeat(73));
    let user = |password: &str| json!({ "username": "alice", "password": password });
    let answer = server.send("POST", users, Some(&token), Some(&user(&most))).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let password = format!("{alice}/password");
    for (method, path) in [("PUT", alice), ("PUT", &password), ("POST", users)] {
        let name = if method == "POST" { "bob" } else { "alice" };
        let body = match path.ends_with("/password") {
            true => json!({ "password": more }),
            false => json!({ "username": name, "password": more }),
        };
        let answer = server.send(method, path, Some(&token), Some(&body)).await;
        let said = "password length must be at most 72 bytes";
        assert_eq!((answer.status, &answer.body["message"]), (400, &json!(said)), "{path}");
    }
    server.log_in("alice", &most).await;
    // The same to bcrypt, which does not look at what is beyond.
    Client::log_in(&server.url(), "alice", &more).await.expect_err("another password");
    server.stop().await;
}

#[tokio::test]
async fn a_hash_is_one_that_can_be_logged_in_with() {
    let server = TestServer::start().await;
    let token = server.token().await;
    let (users, alice) = ("/apis/core/v2/users", "/apis/core/v2/users/alice");
    let user = |hash: &str| json!({ "username": "alice", "password_hash": hash });
    let answer = server.send("POST", users, Some(&token), Some(&user(HASH))).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let reset = format!("{alice}/reset_password");
    let blank = format!("$2b$10${}", " ".repeat(53));
    let accented = format!("$2b$10${}a", "é".repeat(26));
    let costs = ["99", "17", "03"].map(|cost| HASH.replacen("04", cost, 1));
    // Spare bits that no bcrypt sets.
    let spare = HASH.replacen("uuxu", "uvxu", 1);
    for hash in [blank, accented, spare].into_iter().chain(costs) {
        for (method, path) in [("PUT", alice), ("PUT", &reset), ("POST", users)] {
            let mut body = user(&hash);
            if method == "POST" {
                body["username"] = json!("bob");
            }
            let answer = server.send(method, path, Some(&token), Some(&body)).await;
            assert_eq!((answer.status, &answer.body["code"]), (400, &json!(1)), "{path} {hash}");
            let said = answer.body["message"].as_str().expect("a message");
            assert!(said.starts_with("password_hash is not a bcrypt hash"), "{said}");
        }
    }
    server.stop().await;
}
