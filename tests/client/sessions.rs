//! Tokens: refreshed before expiry and after a 401, once, and shared with other processes.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::join_all;
use sensu_client::{Client, ClientBuilder, ConfigDir, Error, ObservedResponse, Tokens};
use sensu_server::Limits;
use sensu_store::ManualClock;
use sensu_tests::{TestServer, assert_refused};
use serde_json::json;
use tempfile::TempDir;
use wiremock::matchers::{body_json, header, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{NAMESPACES, builder, empty_list};

const START: i64 = 1_000_000;
const ACCESS_TOKEN_EXPIRY: i64 = 900;

/// A server and clients that share a manual clock.
struct Setup {
    server: TestServer,
    server_clock: Arc<ManualClock>,
    client_time: Arc<AtomicI64>,
}

impl Setup {
    async fn new() -> Self {
        let server_clock = Arc::new(ManualClock::at(START));
        let clock = Arc::clone(&server_clock) as _;
        let server = TestServer::start_with(Limits::default(), clock).await;
        Self { server, server_clock, client_time: Arc::new(AtomicI64::new(START)) }
    }

    fn advance(&self, seconds: i64) {
        self.server_clock.advance(seconds);
        self.client_time.fetch_add(seconds, Ordering::Relaxed);
    }

    fn builder(&self) -> ClientBuilder {
        let time = Arc::clone(&self.client_time);
        let clock = Arc::new(move || time.load(Ordering::Relaxed));
        Client::builder().base_url(self.server.url()).clock(clock)
    }

    /// A configuration directory with the tokens of a new session.
    async fn config_dir(&self, temp: &TempDir) -> ConfigDir {
        let dir = ConfigDir::new(temp.path());
        let tokens = self.server.as_admin().await.tokens();
        dir.update_cluster(|cluster| cluster.set_tokens(tokens.as_ref())).expect("writes");
        dir
    }

    fn client_of(&self, dir: &ConfigDir) -> Client {
        self.builder().config_dir(dir.clone()).build().expect("builds")
    }
}

fn temp_dir() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

#[tokio::test]
async fn tokens_are_refreshed_before_the_server_rejects_them() {
    let setup = Setup::new().await;
    let tokens = setup.server.as_admin().await.tokens().expect("logged in");
    let statuses = Arc::new(Mutex::new(Vec::new()));
    let observed = Arc::clone(&statuses);
    let observer = Arc::new(move |response: ObservedResponse| {
        observed.lock().expect("not poisoned").push(response.status.as_u16());
    });
    let client = setup.builder().tokens(tokens.clone()).observer(observer).build();
    let client = client.expect("builds");
    setup.advance(ACCESS_TOKEN_EXPIRY - 1);
    client.namespace_list().send().await.expect("the tokens are valid");
    assert_eq!(client.tokens().as_ref(), Some(&tokens));
    setup.advance(1);
    client.namespace_list().send().await.expect("the tokens are refreshed");
    assert_ne!(client.tokens().as_ref(), Some(&tokens));
    assert_eq!(*statuses.lock().expect("not poisoned"), [200, 200]);
    setup.server.stop().await;
}

#[tokio::test]
async fn a_kept_password_starts_a_new_session_after_the_old_one_expired() {
    let setup = Setup::new().await;
    let with_password = setup.builder().basic_auth("admin", "P@ssw0rd!").build().expect("builds");
    let without_password = setup.builder().basic_auth("admin", "P@ssw0rd!").log_in().await;
    let without_password = without_password.expect("logs in");
    with_password.namespace_list().send().await.expect("logs in");
    setup.advance(13 * 3600);
    with_password.namespace_list().send().await.expect("logs in again");
    assert_refused(without_password.namespace_list().send().await, 401, 5);
    setup.server.stop().await;
}

#[tokio::test]
async fn a_wrong_password_is_an_error_of_the_first_operation() {
    let setup = Setup::new().await;
    let client = setup.builder().basic_auth("admin", "wrong").build().expect("builds");
    let result = client.namespace_list().send().await.map_err(Error::from);
    assert_eq!(result.as_ref().expect_err("rejected").to_string(), "bad credentials");
    assert_refused(result, 401, 5);
    setup.server.stop().await;
}

#[tokio::test]
async fn clients_with_one_config_dir_share_a_session() {
    let (setup, temp) = (Setup::new().await, temp_dir());
    let dir = setup.config_dir(&temp).await;
    // They share nothing but the files, like two processes.
    let (first, second) = (setup.client_of(&dir), setup.client_of(&dir));
    for _ in 0..3 {
        setup.advance(ACCESS_TOKEN_EXPIRY);
        // Using a refresh token twice would end the session.
        let (first, second) = tokio::join!(first.user_list().send(), second.user_list().send());
        first.expect("lists");
        second.expect("lists");
    }
    let stored = dir.read_cluster().expect("reads").tokens();
    assert_eq!((first.tokens(), second.tokens()), (stored.clone(), stored));
    setup.server.stop().await;
}

#[tokio::test]
async fn logging_out_ends_the_session_of_all_clients_with_the_config_dir() {
    let (setup, temp) = (Setup::new().await, temp_dir());
    let dir = setup.config_dir(&temp).await;
    let (first, second) = (setup.client_of(&dir), setup.client_of(&dir));
    first.log_out().await.expect("logs out");
    assert_eq!(dir.read_cluster().expect("reads").tokens(), None);
    assert_refused(second.user_list().send().await, 401, 5);
    let stale = second.tokens().expect("cached").access_token;
    let refreshed = second.refresh(&stale).await;
    assert!(matches!(refreshed, Err(Error::NotLoggedIn)), "{refreshed:?}");
    setup.server.stop().await;
}

#[tokio::test]
async fn a_refresh_continues_when_its_caller_is_dropped() {
    let (setup, temp) = (Setup::new().await, temp_dir());
    let dir = setup.config_dir(&temp).await;
    let client = setup.client_of(&dir);
    let before = dir.read_cluster().expect("reads").access_token;
    // The refresh waits for the lock, as if another process held it; its caller is dropped.
    let lock = dir.lock().expect("locks");
    assert!(client.refresh(&before).now_or_never().is_none());
    drop(lock);
    let after = client.refresh(&before).await.expect("returns the refreshed tokens");
    assert_eq!(dir.read_cluster().expect("reads").access_token, after.access_token);
    client.user_list().send().await.expect("the session is valid");
    setup.server.stop().await;
}

#[tokio::test]
async fn an_access_token_has_the_requested_validity() {
    let (setup, temp) = (Setup::new().await, temp_dir());
    let dir = setup.config_dir(&temp).await;
    let client = setup.client_of(&dir);
    let minute = Duration::from_secs(60);
    let first = client.access_token(minute).await.expect("a token");
    setup.advance(ACCESS_TOKEN_EXPIRY - 61);
    assert_eq!(client.access_token(minute).await.expect("a token"), first);
    setup.advance(1);
    assert_ne!(client.access_token(minute).await.expect("a token"), first);
    setup.server.stop().await;
}

fn old_tokens() -> Tokens {
    Tokens { access_token: "old".into(), expires_at: 0, refresh_token: "first".into() }
}

fn new_tokens() -> ResponseTemplate {
    let body = json!({"access_token": "new", "expires_at": 0, "refresh_token": "next"});
    ResponseTemplate::new(200).set_body_json(body)
}

fn unauthorized() -> ResponseTemplate {
    ResponseTemplate::new(401).set_body_json(json!({"message": "expired", "code": 5}))
}

#[tokio::test]
async fn concurrent_401s_cause_one_refresh() {
    let server = MockServer::start().await;
    let namespaces = |authorization: &str| {
        Mock::given(path(NAMESPACES)).and(header("authorization", authorization))
    };
    let old = namespaces("Bearer old").respond_with(unauthorized());
    old.expect(20).mount(&server).await;
    let new = namespaces("Bearer new").respond_with(empty_list());
    new.expect(20).mount(&server).await;
    let refresh = Mock::given(path("/auth/token"))
        .and(header("authorization", "Bearer old"))
        .and(body_json(json!({"refresh_token": "first"})));
    refresh.respond_with(new_tokens()).expect(1).mount(&server).await;

    let client = builder(&server).tokens(old_tokens()).build().expect("builds");
    let calls = (0..20).map(|_| client.namespace_list().send());
    for result in join_all(calls).await {
        result.expect("the second attempt succeeds");
    }
    assert_eq!(client.tokens().expect("cached").refresh_token, "next");
    server.verify().await;
}

#[tokio::test]
async fn a_401_after_a_refresh_is_returned() {
    let server = MockServer::start().await;
    let namespaces = Mock::given(path(NAMESPACES)).respond_with(unauthorized());
    namespaces.expect(2).mount(&server).await;
    let refresh = Mock::given(path("/auth/token")).respond_with(new_tokens());
    refresh.expect(1).mount(&server).await;
    let client = builder(&server).tokens(old_tokens()).build().expect("builds");
    assert_refused(client.namespace_list().send().await, 401, 5);
    server.verify().await;
}
