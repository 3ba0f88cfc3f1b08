//! Sessions: expiry, renewal, what ends them, and throttling of log-ins (D14 to D18).

use std::sync::Arc;

use sensu_client::Client;
use sensu_server::Limits;
use sensu_store::ManualClock;
use sensu_tests::{TestServer, assert_refused};
use serde_json::json;

pub(super) const ITEM: &str = "/apis/core/v2/namespaces/default";
pub(super) const USER: &str = "/apis/core/v2/users/bob";

pub(super) async fn with_clock() -> (TestServer, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(1_000_000));
    let server = TestServer::start_with(Limits::default(), Arc::clone(&clock) as _).await;
    (server, clock)
}

pub(super) async fn with_bob(server: &TestServer) -> String {
    let admin = server.token().await;
    let bob = json!({ "username": "bob", "password": "long enough", "groups": ["cluster-admins"] });
    let made = server.send("PUT", USER, Some(&admin), Some(&bob)).await;
    assert_eq!(made.status, 200, "{:?}", made.body);
    admin
}

/// Status and message of a request with the client's own access token.
pub(super) async fn status(server: &TestServer, client: &Client) -> (u16, String) {
    let token = client.tokens().expect("logged in").access_token;
    let response = server.send("GET", ITEM, Some(&token), None).await;
    (response.status, response.message().to_owned())
}

#[tokio::test]
async fn the_client_renews_an_expired_access_token() {
    let (server, clock) = with_clock().await;
    let client = server.as_admin().await;
    let before = client.tokens().expect("logged in");
    assert_eq!(before.expires_at, 1_000_900);
    clock.advance(899);
    assert_eq!(status(&server, &client).await.0, 200);
    clock.advance(1);
    let expired = (401, "the access token has expired".to_owned());
    assert_eq!(status(&server, &client).await, expired);
    client.namespace_list().send().await.expect("the client renews its tokens");
    let after = client.tokens().expect("logged in");
    assert_ne!(before.access_token, after.access_token);
    assert_eq!(status(&server, &client).await.0, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_calls_renew_a_token_once() {
    let (server, clock) = with_clock().await;
    let client = server.as_admin().await;
    clock.advance(900);
    let callers: Vec<_> = (0..16)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.namespace_list().send().await.map(drop) })
        })
        .collect();
    for caller in callers {
        caller.await.expect("ends").expect("succeeds");
    }
    server.stop().await;
}

#[tokio::test]
async fn an_unused_refresh_token_expires() {
    let (server, clock) = with_clock().await;
    let client = server.as_admin().await;
    for _ in 0..3 {
        clock.advance(11 * 3600);
        client.namespace_list().send().await.expect("each use extends it");
    }
    clock.advance(12 * 3600);
    let held = client.tokens().expect("held");
    assert_refused(client.namespace_list().send().await, 401, 5);
    let body = json!({ "refresh_token": held.refresh_token });
    let response = server.send("POST", "/auth/token", Some(&held.access_token), Some(&body)).await;
    assert_eq!((response.status, response.message()), (401, "the refresh token has expired"));
    server.store.sweep(1_000).await.expect("sweeps");
    let sessions =
        sensu_store::Prefix::new(sensu_server::keyspace::SESSIONS, []).expect("a prefix");
    let scan =
        sensu_store::Scan { prefix: sessions, after: None, limit: 1_000, max_bytes: usize::MAX };
    assert!(server.store.scan(scan).await.expect("scans").is_empty(), "the sweep deletes it");
    server.stop().await;
}

#[tokio::test]
async fn access_and_refresh_tokens_are_not_interchangeable() {
    let (server, _) = with_clock().await;
    let client = server.as_admin().await;
    let held = client.tokens().expect("logged in");
    let response = server.send("GET", ITEM, Some(&held.refresh_token), None).await;
    assert_eq!((response.status, response.message()), (401, "invalid credentials"));
    let body = json!({ "refresh_token": held.access_token });
    let response = server.send("POST", "/auth/token", Some(&held.access_token), Some(&body)).await;
    response.assert_error(401, 5);
    assert_eq!(status(&server, &client).await.0, 200, "the session continues");
    server.stop().await;
}

#[tokio::test]
async fn tokens_of_different_sessions_cannot_be_combined() {
    let (server, _) = with_clock().await;
    let (one, two) = (server.as_admin().await, server.as_admin().await);
    let agent = server.log_in("agent", "P@ssw0rd!").await;
    let tokens = |client: &Client| client.tokens().expect("logged in");
    for (access, refresh) in [(&one, &two), (&agent, &one), (&one, &agent)] {
        let body = json!({ "refresh_token": tokens(refresh).refresh_token });
        for path in ["/auth/token", "/auth/logout"] {
            let access = tokens(access).access_token;
            server.send("POST", path, Some(&access), Some(&body)).await.assert_error(401, 5);
        }
    }
    for client in [&one, &two] {
        assert_eq!(status(&server, client).await.0, 200, "no session has ended");
    }
    two.refresh(&tokens(&two).access_token).await.expect("its refresh token was not used");
    server.stop().await;
}

#[tokio::test]
async fn logging_out_ends_one_session() {
    let (server, _) = with_clock().await;
    let (here, there) = (server.as_admin().await, server.as_admin().await);
    let token = here.tokens().expect("logged in").access_token;
    here.log_out().await.expect("logs out");
    assert_eq!(server.send("GET", ITEM, Some(&token), None).await.status, 401);
    assert_eq!(status(&server, &there).await.0, 200);
    server.stop().await;
}

#[tokio::test]
async fn disabling_a_user_or_changing_its_password_ends_its_sessions() {
    let (server, _) = with_clock().await;
    let admin = with_bob(&server).await;
    let password = json!({ "password": "another one" });
    let again = json!({ "groups": ["cluster-admins"], "password": "another one" });
    let disabled = json!({ "groups": ["cluster-admins"], "disabled": true });
    let changes = [
        ("PUT", "/password", Some(&password)),
        ("DELETE", "", None),
        ("PUT", "/reinstate", None),
        ("PUT", "", Some(&again)),
        ("PUT", "", Some(&disabled)),
        ("PUT", "/reinstate", None),
    ];
    for (method, what, body) in changes {
        let word = if what == "/password" { "long enough" } else { "another one" };
        let bob = match method {
            // A disabled user cannot log in.
            "PUT" if what == "/reinstate" => None,
            _ => Some(server.log_in("bob", word).await),
        };
        let path = format!("{USER}{what}");
        let response = server.send(method, &path, Some(&admin), body).await;
        assert!(response.status < 300, "{method} {path}: {}", response.body);
        if let Some(bob) = bob {
            assert_eq!(status(&server, &bob).await.0, 401, "{method} {path}");
            let access = bob.tokens().expect("held").access_token;
            assert_refused(bob.refresh(&access).await, 401, 5);
        }
        if method == "DELETE" || body == Some(&disabled) {
            let result = Client::log_in(&server.url(), "bob", "another one").await;
            assert_refused(result, 401, 5);
        }
    }
    server.log_in("bob", "another one").await;
    server.stop().await;
}

#[tokio::test]
async fn a_renewed_session_has_the_current_groups_of_the_user() {
    let (server, _) = with_clock().await;
    let admin = with_bob(&server).await;
    let bob = server.log_in("bob", "long enough").await;
    bob.user_list().send().await.expect("an administrator is allowed");
    server.send("DELETE", &format!("{USER}/groups"), Some(&admin), None).await;
    let access = bob.tokens().expect("logged in").access_token;
    bob.refresh(&access).await.expect("renews");
    assert_refused(bob.user_list().send().await, 403, 4);
    server.stop().await;
}

#[tokio::test]
async fn replacing_a_user_without_a_password_keeps_the_password() {
    let (server, _) = with_clock().await;
    let admin = with_bob(&server).await;
    let groups = json!({ "groups": ["x"] });
    let response = server.send("PUT", USER, Some(&admin), Some(&groups)).await;
    assert_eq!(response.body, json!({ "username": "bob", "groups": ["x"], "disabled": false }));
    server.log_in("bob", "long enough").await;
    let new = json!({ "username": "carol" });
    let path = "/apis/core/v2/users/carol";
    server.send("PUT", path, Some(&admin), Some(&new)).await.assert_error(400, 1);
    server.stop().await;
}

#[tokio::test]
async fn the_eleventh_wrong_password_returns_429() {
    let (server, clock) = with_clock().await;
    let url = server.url();
    for _ in 0..10 {
        assert_refused(Client::log_in(&url, "admin", "wrong password").await, 401, 5);
    }
    assert_refused(Client::log_in(&url, "admin", "wrong password").await, 429, 5);
    // For a minute, even with the right password.
    clock.advance(59);
    assert_refused(Client::log_in(&url, "admin", "P@ssw0rd!").await, 429, 5);
    clock.advance(1);
    server.as_admin().await;
    server.stop().await;
}
