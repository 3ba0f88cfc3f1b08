//! Sessions: what keeps them alive, what ends them, and who is kept waiting (D14 to D18).

use std::sync::Arc;

use sensu_client::{Client, Error};
use sensu_server::Limits;
use sensu_store::ManualClock;
use sensu_tests::TestServer;
use serde_json::json;

const ITEM: &str = "/apis/core/v2/namespaces/default";
const USER: &str = "/apis/core/v2/users/bob";

async fn with_clock() -> (TestServer, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(1_000_000));
    let server = TestServer::start_with(Limits::default(), Arc::clone(&clock) as _).await;
    (server, clock)
}

async fn with_bob(server: &TestServer) -> String {
    let admin = server.token().await;
    let bob = json!({ "username": "bob", "password": "long enough", "groups": ["cluster-admins"] });
    let made = server.send("PUT", USER, Some(&admin), Some(&bob)).await;
    assert_eq!(made.status, 200, "{:?}", made.body);
    admin
}

/// What a request with the client's own access token is answered.
async fn status(server: &TestServer, client: &Client) -> (u16, String) {
    let token = client.tokens().expect("logged in").access_token;
    let answer = server.send("GET", ITEM, Some(&token), None).await;
    (answer.status, answer.body["message"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn an_access_token_expires_and_is_renewed_by_itself() {
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
async fn many_callers_renew_once() {
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
        // Two renewals would be the second use of a refresh token, and the end of the session.
        caller.await.expect("ends").expect("is answered");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_refresh_token_expires_when_it_is_not_used() {
    let (server, clock) = with_clock().await;
    let client = server.as_admin().await;
    for _ in 0..3 {
        clock.advance(11 * 3600);
        client.namespace_list().send().await.expect("each use starts its life again");
    }
    clock.advance(12 * 3600);
    let held = client.tokens().expect("held");
    client.namespace_list().send().await.expect_err("it was not used for too long");
    let body = json!({ "refresh_token": held.refresh_token });
    let answer = server.send("POST", "/auth/token", Some(&held.access_token), Some(&body)).await;
    let said = (answer.status, answer.body["message"].as_str());
    assert_eq!(said, (401, Some("the refresh token has expired")));
    // Nothing is kept of it.
    server.store.sweep(1_000).await.expect("sweeps");
    let sessions =
        sensu_store::Prefix::new(sensu_server::keyspace::SESSIONS, []).expect("a prefix");
    let scan =
        sensu_store::Scan { prefix: sessions, after: None, limit: 1_000, max_bytes: usize::MAX };
    assert!(server.store.scan(scan).await.expect("scans").is_empty());
    server.stop().await;
}

#[tokio::test]
async fn a_copied_refresh_token_ends_the_session() {
    let (server, _) = with_clock().await;
    let (owner, other) = (server.as_admin().await, server.as_admin().await);
    let held = owner.tokens().expect("logged in");
    let thief = Client::new(&server.url(), sensu_client::Session::from_tokens(held.clone()));
    thief.refresh(&held.access_token).await.expect("the thief is first");
    let refused = owner.refresh(&held.access_token).await.expect_err("it was used");
    assert!(matches!(refused, Error::Api { .. }), "{refused}");
    assert_eq!(status(&server, &thief).await.0, 401, "the thief is out as well");
    assert_eq!(status(&server, &other).await.0, 200, "other sessions go on");
    server.stop().await;
}

#[tokio::test]
async fn tokens_are_good_for_one_thing() {
    let (server, _) = with_clock().await;
    let client = server.as_admin().await;
    let held = client.tokens().expect("logged in");
    let answer = server.send("GET", ITEM, Some(&held.refresh_token), None).await;
    assert_eq!(
        (answer.status, answer.body["message"].as_str()),
        (401, Some("invalid credentials"))
    );
    let body = json!({ "refresh_token": held.access_token });
    let answer = server.send("POST", "/auth/token", Some(&held.access_token), Some(&body)).await;
    assert_eq!(answer.status, 401);
    assert_eq!(status(&server, &client).await.0, 200, "nothing was harmed");
    server.stop().await;
}

#[tokio::test]
async fn tokens_of_different_sessions_do_not_go_together() {
    let (server, _) = with_clock().await;
    let (one, two) = (server.as_admin().await, server.as_admin().await);
    let agent = server.log_in("agent", "P@ssw0rd!").await;
    let tokens = |client: &Client| client.tokens().expect("logged in");
    for (access, refresh) in [(&one, &two), (&agent, &one), (&one, &agent)] {
        let body = json!({ "refresh_token": tokens(refresh).refresh_token });
        for path in ["/auth/token", "/auth/logout"] {
            let access = tokens(access).access_token;
            let answer = server.send("POST", path, Some(&access), Some(&body)).await;
            assert_eq!(answer.status, 401, "{path}: {}", answer.body);
        }
    }
    for client in [&one, &two] {
        assert_eq!(status(&server, client).await.0, 200, "nothing was ended");
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
async fn disabling_and_new_passwords_end_sessions_at_once() {
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
            // Nobody can log in while disabled; what was begun before is what must end.
            "PUT" if what == "/reinstate" => None,
            _ => Some(server.log_in("bob", word).await),
        };
        let path = format!("{USER}{what}");
        let answer = server.send(method, &path, Some(&admin), body).await;
        assert!(answer.status < 300, "{method} {path}: {:?}", answer.body);
        if let Some(bob) = bob {
            assert_eq!(status(&server, &bob).await.0, 401, "{method} {path}");
            let access = bob.tokens().expect("held").access_token;
            bob.refresh(&access).await.expect_err("nor can it be renewed");
        }
        if method == "DELETE" || body == Some(&disabled) {
            let refused = Client::log_in(&server.url(), "bob", "another one").await;
            refused.expect_err("disabled users cannot log in");
        }
    }
    server.log_in("bob", "another one").await;
    server.stop().await;
}

#[tokio::test]
async fn groups_are_read_afresh_when_a_session_is_renewed() {
    let (server, _) = with_clock().await;
    let admin = with_bob(&server).await;
    let bob = server.log_in("bob", "long enough").await;
    bob.user_list().send().await.expect("an administrator may");
    server.send("DELETE", &format!("{USER}/groups"), Some(&admin), None).await;
    let access = bob.tokens().expect("logged in").access_token;
    bob.refresh(&access).await.expect("renews");
    bob.user_list().send().await.expect_err("no administrator any more");
    server.stop().await;
}

#[tokio::test]
async fn a_put_without_a_password_keeps_it() {
    let (server, _) = with_clock().await;
    let admin = with_bob(&server).await;
    let groups = json!({ "groups": ["x"] });
    let answer = server.send("PUT", USER, Some(&admin), Some(&groups)).await;
    assert_eq!(answer.body, json!({ "username": "bob", "groups": ["x"], "disabled": false }));
    server.log_in("bob", "long enough").await;
    let nobody = json!({ "username": "carol" });
    let path = "/apis/core/v2/users/carol";
    assert_eq!(server.send("PUT", path, Some(&admin), Some(&nobody)).await.status, 400);
    server.stop().await;
}

#[tokio::test]
async fn guessing_is_slowed_down() {
    let (server, clock) = with_clock().await;
    let guess = || async {
        match Client::log_in(&server.url(), "admin", "wrong password").await {
            Err(Error::Api { status, .. }) => status.as_u16(),
            other => panic!("{other:?}"),
        }
    };
    for _ in 0..10 {
        assert_eq!(guess().await, 401);
    }
    assert_eq!(guess().await, 429);
    let refused = Client::log_in(&server.url(), "admin", "P@ssw0rd!").await;
    refused.expect_err("not even with the right password, for a second");
    clock.advance(1);
    server.as_admin().await;
    server.stop().await;
}
