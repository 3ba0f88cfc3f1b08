//! Renewal of sessions by several clients at the same time, and the grace period of refresh tokens (D14).

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use sensu_client::Tokens;
use sensu_server::Limits;
use sensu_store::ManualClock;
use sensu_tests::{Response, TestServer};
use serde_json::json;

use crate::sessions::{ITEM, USER, status, with_bob, with_clock};

/// `POST /auth/token`.
pub(super) async fn renew(server: &TestServer, tokens: &Tokens) -> Response {
    let body = json!({ "refresh_token": tokens.refresh_token });
    server.send("POST", "/auth/token", Some(&tokens.access_token), Some(&body)).await
}

/// The tokens of a response.
pub(super) fn tokens_of(response: &Response) -> Tokens {
    assert_eq!(response.status, 200, "{}", response.body);
    let text = |name: &str| response.body[name].as_str().expect("a token").to_owned();
    Tokens {
        access_token: text("access_token"),
        expires_at: response.body["expires_at"].as_i64().expect("a time"),
        refresh_token: text("refresh_token"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_renew_a_session_at_the_same_time_get_the_same_tokens() {
    let (server, clock) = with_clock().await;
    let mut held = server.as_admin().await.tokens().expect("logged in");
    for round in 0..10 {
        clock.advance(900);
        let responses = join_all((0..6).map(|_| renew(&server, &held))).await;
        let renewed: Vec<Tokens> = responses.iter().map(tokens_of).collect();
        assert!(renewed.iter().all(|tokens| *tokens == renewed[0]), "round {round}: {renewed:?}");
        assert_ne!(renewed[0], held);
        held = renewed[0].clone();
        let response = server.send("GET", ITEM, Some(&held.access_token), None).await;
        assert_eq!(response.status, 200, "round {round}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_on_one_store_return_the_same_tokens() {
    let (one, clock) = with_clock().await;
    let clock = Arc::clone(&clock) as _;
    let two = TestServer::start_over(Arc::clone(&one.store), Limits::default(), clock).await;
    let mut held = one.as_admin().await.tokens().expect("logged in");
    for round in 0..10 {
        let servers = [&one, &two].into_iter().cycle().take(6);
        let responses = join_all(servers.map(|server| renew(server, &held))).await;
        let renewed: Vec<Tokens> = responses.iter().map(tokens_of).collect();
        assert!(renewed.iter().all(|tokens| *tokens == renewed[0]), "round {round}: {renewed:?}");
        held = renewed[0].clone();
    }
    for server in [&one, &two] {
        let response = server.send("GET", ITEM, Some(&held.access_token), None).await;
        assert_eq!(response.status, 200);
    }
    one.stop().await;
    two.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_renew_a_session_at_their_own_pace_share_it() {
    let (server, _) = with_clock().await;
    let first = server.as_admin().await.tokens().expect("logged in");
    let client = || async {
        let mut held = first.clone();
        for _ in 0..5 {
            held = tokens_of(&renew(&server, &held).await);
        }
        held
    };
    let last = join_all((0..6).map(|_| client())).await;
    let mut valid = Vec::new();
    for tokens in &last {
        valid.push(tokens_of(&renew(&server, tokens).await).access_token);
    }
    let token = valid.last().map(String::as_str);
    assert_eq!(server.send("GET", ITEM, token, None).await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn a_refresh_token_returns_the_same_tokens_until_the_grace_period_ends() {
    let (server, clock) = with_clock().await;
    let (owner, other) = (server.as_admin().await, server.as_admin().await);
    let held = owner.tokens().expect("logged in");
    let renewed = tokens_of(&renew(&server, &held).await);
    clock.advance(29);
    assert_eq!(tokens_of(&renew(&server, &held).await), renewed);
    clock.advance(1);
    renew(&server, &held).await.assert_error(401, 5);
    // The token has been copied, so the session ends for the owner of the new tokens as well.
    renew(&server, &renewed).await.assert_error(401, 5);
    let response = server.send("GET", ITEM, Some(&renewed.access_token), None).await;
    assert_eq!((response.status, response.message()), (401, "the session has ended; log in again"));
    assert_eq!(status(&server, &other).await.0, 200, "other sessions continue");
    server.stop().await;
}

#[tokio::test]
async fn a_refresh_token_in_the_grace_period_never_returns_an_expired_access_token() {
    let clock = Arc::new(ManualClock::at(1_000_000));
    let limits = Limits { access_token: Duration::from_secs(5), ..Limits::default() };
    let server = TestServer::start_with(limits, Arc::clone(&clock) as _).await;
    let held = server.as_admin().await.tokens().expect("logged in");
    let renewed = tokens_of(&renew(&server, &held).await);
    clock.advance(5);
    let again = tokens_of(&renew(&server, &held).await);
    assert_eq!((renewed.expires_at, again.expires_at), (1_000_005, 1_000_010));
    assert_eq!(tokens_of(&renew(&server, &renewed).await), again);
    assert_eq!(server.send("GET", ITEM, Some(&again.access_token), None).await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn without_a_grace_period_the_second_use_of_a_refresh_token_ends_the_session() {
    let limits = Limits { refresh_token_grace: Duration::ZERO, ..Limits::default() };
    let server = TestServer::start_with(limits, Arc::new(ManualClock::at(1_000_000))).await;
    let held = server.as_admin().await.tokens().expect("logged in");
    let renewed = tokens_of(&renew(&server, &held).await);
    renew(&server, &held).await.assert_error(401, 5);
    let response = server.send("GET", ITEM, Some(&renewed.access_token), None).await;
    assert_eq!(response.status, 401);
    server.stop().await;
}

#[tokio::test]
async fn a_session_that_has_ended_has_no_grace_period() {
    let (server, _) = with_clock().await;
    with_bob(&server).await;
    let admin = server.token().await;
    let password = json!({ "password": "another one" });
    let ends =
        [("DELETE", "", None), ("PUT", "/reinstate", None), ("PUT", "/password", Some(&password))];
    for (method, path, body) in ends {
        if path == "/reinstate" {
            // Its sessions have ended.
            server.send(method, &format!("{USER}{path}"), Some(&admin), None).await;
            continue;
        }
        let held = server.log_in("bob", "long enough").await.tokens().expect("logged in");
        let renewed = tokens_of(&renew(&server, &held).await);
        let response = server.send(method, &format!("{USER}{path}"), Some(&admin), body).await;
        assert!(response.status < 300, "{}", response.body);
        for tokens in [&held, &renewed] {
            renew(&server, tokens).await.assert_error(401, 5);
        }
    }
    let held = server.as_admin().await.tokens().expect("logged in");
    let renewed = tokens_of(&renew(&server, &held).await);
    let body = json!({ "refresh_token": renewed.refresh_token });
    let token = Some(renewed.access_token.as_str());
    assert_eq!(server.send("POST", "/auth/logout", token, Some(&body)).await.status, 200);
    renew(&server, &held).await.assert_error(401, 5);
    server.stop().await;
}

#[tokio::test]
async fn an_access_token_is_accepted_without_a_scheme() {
    let (server, _) = with_clock().await;
    let held = server.as_admin().await.tokens().expect("logged in");
    let send = async |method, path, token: &str, body| {
        let headers = [("Authorization", token)];
        server.send_with(method, path, None, body, &headers).await
    };
    let token = held.access_token.as_str();
    assert_eq!(send("GET", ITEM, token, None).await.status, 200);
    let body = json!({ "refresh_token": held.refresh_token });
    let renewed = tokens_of(&send("POST", "/auth/token", token, Some(&body)).await);
    assert_eq!(send("GET", ITEM, &renewed.access_token, None).await.status, 200);
    for wrong in ["a.b.c", held.refresh_token.as_str(), "Basic a.b.c", "admin"] {
        let response = send("GET", ITEM, wrong, None).await;
        response.assert_error(401, 5);
        assert_eq!(response.header("www-authenticate"), "Bearer realm=\"sensu\"");
    }
    let body = json!({ "refresh_token": renewed.refresh_token });
    assert_eq!(send("POST", "/auth/logout", &renewed.access_token, Some(&body)).await.status, 200);
    assert_eq!(send("GET", ITEM, &renewed.access_token, None).await.status, 401);
    server.stop().await;
}
