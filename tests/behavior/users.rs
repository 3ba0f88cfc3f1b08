//! Users: what is refused of a password, and where.

use sensu_tests::TestServer;
use serde_json::json;

/// The hash of some password, with the least work that bcrypt knows.
const HASH: &str = "$2b$04$abcdefghijklmnopqrstuuxuN3mhXkqsmQbUE1Xj5sYDAj2PpzDCe";

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
