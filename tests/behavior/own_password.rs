//! Changes of the own password (D15).

use serde_json::json;

use crate::session_renewal::{renew, tokens_of};
use crate::sessions::{ITEM, USER, status, with_bob, with_clock};

#[tokio::test]
async fn changing_ones_own_password_ends_all_sessions_but_the_own() {
    const HASH: &str = "$2b$05$abcdefghijklmnopqrstuuea2911a3qBgNFloBjDM6mlLQA.FCrUO";
    let (server, _) = with_clock().await;
    with_bob(&server).await;
    let new = json!({ "password": "another one" });
    let replaced = json!({ "groups": ["cluster-admins"], "password": "a third one" });
    let hash = json!({ "password_hash": HASH });
    let changes = [
        ("/password", &new, "long enough", "another one"),
        ("", &replaced, "another one", "a third one"),
        ("/reset_password", &hash, "a third one", "long enough"),
    ];
    for (path, body, old, password) in changes {
        let (own, other) = (server.log_in("bob", old).await, server.log_in("bob", old).await);
        let before = own.tokens().expect("logged in");
        let tokens = tokens_of(&renew(&server, &before).await);
        let path = format!("{USER}{path}");
        let token = Some(tokens.access_token.as_str());
        let response = server.send("PUT", &path, token, Some(body)).await;
        assert_eq!(response.status, 200, "{path}: {}", response.body);
        assert_eq!(server.send("GET", ITEM, token, None).await.status, 200, "{path}");
        assert_eq!(tokens_of(&renew(&server, &before).await), tokens, "{path}: the grace period");
        tokens_of(&renew(&server, &tokens).await);
        assert_eq!(status(&server, &other).await.0, 401, "{path}");
        server.log_in("bob", password).await;
    }
    // Disabling ends all sessions.
    let own = server.log_in("bob", "long enough").await;
    let disabled = json!({ "disabled": true, "password": "long enough" });
    let token = own.tokens().expect("logged in").access_token;
    assert_eq!(server.send("PUT", USER, Some(&token), Some(&disabled)).await.status, 200);
    assert_eq!(status(&server, &own).await.0, 401);
    server.stop().await;
}

#[tokio::test]
async fn a_password_change_by_an_api_key_ends_all_sessions() {
    let (server, _) = with_clock().await;
    let admin = with_bob(&server).await;
    let body = json!({ "username": "bob" });
    let key = server.send("POST", "/apis/core/v2/apikeys", Some(&admin), Some(&body)).await;
    let key = format!("Key {}", key.body["key"].as_str().expect("a key"));
    let bob = server.log_in("bob", "long enough").await;
    let new = json!({ "password": "another one" });
    let headers = [("Authorization", key.as_str())];
    let path = format!("{USER}/password");
    let response = server.send_with("PUT", &path, None, Some(&new), &headers).await;
    assert_eq!(response.status, 200, "{}", response.body);
    assert_eq!(status(&server, &bob).await.0, 401);
    server.stop().await;
}
