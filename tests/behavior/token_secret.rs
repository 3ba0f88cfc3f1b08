//! The secret that signs tokens: what it is worth to an attacker, and its rotation (D15, D18).

use std::process::Command;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use sensu_store::Key;
use sensu_tests::TestServer;
use sensu_tests::process::{Process, run, start};
use serde_json::{Value, json};

const USERS: &str = "/apis/core/v2/users";
const BOB: &str = "/apis/core/v2/users/bob";

/// The same token with other groups, signed with the secret of the server.
async fn with_groups(server: &TestServer, token: &str, groups: &[&str]) -> String {
    let key = Key::new("secrets", ["token"]).expect("a key");
    let secret = server.store.get(&key).await.expect("reads").expect("a secret").value;
    let mut validation = jsonwebtoken::Validation::new(Algorithm::HS256);
    validation.validate_exp = false;
    let decoding = jsonwebtoken::DecodingKey::from_secret(&secret);
    let data = jsonwebtoken::decode::<Value>(token, &decoding, &validation).expect("decodes");
    let mut claims = data.claims;
    assert_eq!(claims["groups"], json!(["system:users"]), "clients read the groups");
    claims["groups"] = json!(groups);
    let encoding = EncodingKey::from_secret(&secret);
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &encoding).expect("encodes")
}

#[tokio::test]
async fn groups_in_a_token_grant_nothing() {
    let server = TestServer::start().await;
    let admin = server.token().await;
    let bob = json!({ "username": "bob", "password": "long enough" });
    server.send("POST", USERS, Some(&admin), Some(&bob)).await;
    let token = server.log_in("bob", "long enough").await.tokens().expect("logged in").access_token;
    let forged = with_groups(&server, &token, &["cluster-admins"]).await;
    for token in [&token, &forged] {
        server.send("GET", USERS, Some(token), None).await.assert_error(403, 4);
        assert_eq!(server.send("GET", BOB, Some(token), None).await.status, 200, "it is valid");
    }
    server.stop().await;
}

#[tokio::test]
async fn changed_groups_apply_to_the_next_request() {
    let server = TestServer::start().await;
    let admin = server.token().await;
    let bob = json!({ "username": "bob", "password": "long enough" });
    server.send("POST", USERS, Some(&admin), Some(&bob)).await;
    let token = server.log_in("bob", "long enough").await.tokens().expect("logged in").access_token;
    let groups = json!({ "groups": ["cluster-admins"] });
    for _ in 0..3 {
        server.send("GET", USERS, Some(&token), None).await.assert_error(403, 4);
        let changed = server.send("PUT", BOB, Some(&admin), Some(&groups)).await;
        assert_eq!(changed.status, 200, "{changed:?}");
        assert_eq!(server.send("GET", USERS, Some(&token), None).await.status, 200);
        let removed = server.send("DELETE", &format!("{BOB}/groups"), Some(&admin), None).await;
        assert!(removed.status < 300, "{removed:?}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rotating_the_secret_ends_all_sessions_and_no_api_key() {
    let program = || Command::new(env!("CARGO_BIN_EXE_test-server"));
    let state = tempfile::tempdir().expect("a directory");
    let rotate = || {
        let mut rotate = program();
        rotate.arg("rotate-secret").arg("--state-dir").arg(state.path());
        run(rotate)
    };
    let (succeeded, output) = rotate();
    assert!(!succeeded && output.contains("no store"), "{output}");

    let process = Process::launch(start(program(), state.path())).expect("starts");
    let token = process.token().await;
    let body = json!({ "username": "admin" });
    let keys = "/apis/core/v2/apikeys";
    let key = process.send("POST", keys, Some(&token), Some(&body)).await.expect("a response");
    let key = key.body["key"].as_str().expect("a key").to_owned();
    let (succeeded, output) = rotate();
    assert!(!succeeded && output.contains("stop the server"), "{output}");
    assert!(process.stop());

    let (succeeded, output) = rotate();
    assert!(succeeded && output.contains("all sessions have ended"), "{output}");
    let process = Process::launch(start(program(), state.path())).expect("starts");
    let response = process.send("GET", USERS, Some(&token), None).await.expect("a response");
    response.assert_error(401, 5);
    let request = reqwest::Client::new().get(process.url(USERS));
    let response = request.header("authorization", format!("Key {key}")).send().await;
    assert_eq!(response.expect("a response").status(), 200);
    process.token().await;
    assert!(process.stop());
}
