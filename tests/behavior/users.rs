//! Users: what is refused of a password, and where.

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
