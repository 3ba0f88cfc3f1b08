//! Tokens: renewed in time, once, and shared with other processes.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use sensu_client::config::ConfigDir;
use sensu_client::{ApiPrefix, Client, ClientBuilder, Error, ErrorCode, StatusCode, Tokens};
use sensu_server::Limits;
use sensu_store::ManualClock;
use sensu_tests::TestServer;
use serde_json::json;
use wiremock::matchers::{body_json, header, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

/// A server and its clients with a clock that does not go by itself.
struct Stage {
    server: TestServer,
    clock: Arc<ManualClock>,
    now: Arc<AtomicI64>,
}

const BEGIN: i64 = 1_000_000;

impl Stage {
    async fn set() -> Self {
        let clock = Arc::new(ManualClock::at(BEGIN));
        let server = TestServer::start_with(Limits::default(), Arc::clone(&clock) as _).await;
        Self { server, clock, now: Arc::new(AtomicI64::new(BEGIN)) }
    }

    fn pass(&self, seconds: i64) {
        self.clock.advance(seconds);
        self.now.fetch_add(seconds, Ordering::Relaxed);
    }

    fn client(&self) -> ClientBuilder {
        let now = Arc::clone(&self.now);
        let clock = Arc::new(move || now.load(Ordering::Relaxed));
        Client::builder().base_url(self.server.url()).clock(clock)
    }

    /// A directory of somebody who has logged in.
    async fn directory(&self, folder: &tempfile::TempDir) -> ConfigDir {
        let directory = ConfigDir::new(folder.path());
        let tokens = self.server.as_admin().await.tokens();
        directory.update_cluster(|cluster| cluster.set_tokens(tokens.as_ref())).expect("writes");
        directory
    }
}

#[tokio::test]
async fn tokens_are_renewed_before_they_are_refused() {
    let stage = Stage::set().await;
    let tokens = stage.server.as_admin().await.tokens().expect("logged in");
    let statuses = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = Arc::clone(&statuses);
    let observer = Arc::new(move |answer: sensu_client::ObservedResponse| {
        seen.lock().expect("not poisoned").push(answer.status.as_u16());
    });
    let client = stage.client().tokens(tokens.clone()).observer(observer).build().expect("builds");
    stage.pass(899);
    client.namespace_list().send().await.expect("is good yet");
    assert_eq!(client.tokens().as_ref(), Some(&tokens));
    stage.pass(1);
    client.namespace_list().send().await.expect("renews");
    assert_ne!(client.tokens().as_ref(), Some(&tokens));
    assert_eq!(*statuses.lock().expect("not poisoned"), [200, 200]);
    stage.server.stop().await;
}

#[tokio::test]
async fn a_password_opens_a_new_session_when_the_old_one_is_over() {
    let stage = Stage::set().await;
    let keeping = stage.client().basic_auth("admin", "P@ssw0rd!").build().expect("builds");
    let forgetting =
        stage.client().basic_auth("admin", "P@ssw0rd!").log_in().await.expect("logs in");
    keeping.namespace_list().send().await.expect("logs in");
    stage.pass(13 * 3600);
    keeping.namespace_list().send().await.expect("logs in again");
    let over = forgetting.namespace_list().send().await.map_err(Error::from);
    assert_eq!(over.expect_err("is over").code(), Some(ErrorCode::Unauthenticated));
    stage.server.stop().await;
}

#[tokio::test]
async fn a_wrong_password_is_told_by_the_operation() {
    let stage = Stage::set().await;
    let client = stage.client().basic_auth("admin", "wrong").build().expect("builds");
    let error = client.namespace_list().send().await.map_err(Error::from);
    let error = error.expect_err("refused");
    assert_eq!(error.status(), Some(StatusCode::UNAUTHORIZED));
    assert_eq!(error.to_string(), "bad credentials");
    stage.server.stop().await;
}

#[tokio::test]
async fn two_processes_share_one_session() {
    let (stage, folder) = (Stage::set().await, tempfile::tempdir().expect("a folder"));
    let directory = stage.directory(&folder).await;
    // Two clients that know nothing of each other but the files: as two processes do.
    let one = stage.client().config_dir(directory.clone()).build().expect("builds");
    let other = stage.client().config_dir(directory.clone()).build().expect("builds");
    for _ in 0..3 {
        stage.pass(900);
        let (one, other) = tokio::join!(one.user_list().send(), other.user_list().send());
        // A second use of one refresh token would have ended the session.
        one.expect("is answered");
        other.expect("is answered");
    }
    let kept = directory.read_cluster().expect("there").tokens();
    assert_eq!((one.tokens(), other.tokens()), (kept.clone(), kept));
    stage.server.stop().await;
}

#[tokio::test]
async fn a_log_out_is_for_everybody() {
    let (stage, folder) = (Stage::set().await, tempfile::tempdir().expect("a folder"));
    let directory = stage.directory(&folder).await;
    let one = stage.client().config_dir(directory.clone()).build().expect("builds");
    let other = stage.client().config_dir(directory.clone()).build().expect("builds");
    one.log_out().await.expect("logs out");
    assert_eq!(directory.read_cluster().expect("there").tokens(), None);
    other.user_list().send().await.expect_err("is out as well");
    let stale = other.tokens().expect("still held").access_token;
    let renewed = other.refresh(&stale).await;
    assert!(matches!(renewed, Err(Error::NotLoggedIn)), "{renewed:?}");
    stage.server.stop().await;
}

#[tokio::test]
async fn a_renewal_goes_on_without_the_one_who_asked() {
    let (stage, folder) = (Stage::set().await, tempfile::tempdir().expect("a folder"));
    let directory = stage.directory(&folder).await;
    let client = stage.client().config_dir(directory.clone()).build().expect("builds");
    let before = directory.read_cluster().expect("there").access_token;
    // Another process holds the lock; meanwhile the caller runs out of patience.
    let lock = directory.lock().expect("locks");
    let renewal = client.refresh(&before);
    assert!(futures::FutureExt::now_or_never(renewal).is_none(), "it waits");
    drop(lock);
    let after = client.refresh(&before).await.expect("has been renewed, or is now");
    assert_eq!(directory.read_cluster().expect("there").access_token, after.access_token);
    client.user_list().send().await.expect("the session goes on");
    stage.server.stop().await;
}

#[cfg(unix)]
#[tokio::test]
async fn an_access_token_lasts_as_long_as_was_asked_for() {
    let (stage, folder) = (Stage::set().await, tempfile::tempdir().expect("a folder"));
    let directory = stage.directory(&folder).await;
    let client = stage.client().config_dir(directory.clone()).build().expect("builds");
    let first = client.access_token(Duration::from_secs(60)).await.expect("is good");
    stage.pass(839);
    assert_eq!(client.access_token(Duration::from_secs(60)).await.expect("is good"), first);
    stage.pass(1);
    assert_ne!(client.access_token(Duration::from_secs(60)).await.expect("is good"), first);
    stage.server.stop().await;
}

/// The server says 401 although the clock here sees no reason: all who hear it wait for one renewal.
#[tokio::test]
async fn a_401_renews_once_for_all_who_get_it() {
    let server = MockServer::start().await;
    let namespaces = || Mock::given(path("/apis/core/v2/namespaces"));
    let refused =
        ResponseTemplate::new(401).set_body_json(json!({"message": "expired", "code": 5}));
    let old = namespaces().and(header("authorization", "Bearer old")).respond_with(refused);
    old.expect(20).mount(&server).await;
    let fine = ResponseTemplate::new(200).set_body_json(json!([]));
    let new = namespaces().and(header("authorization", "Bearer new")).respond_with(fine);
    new.expect(20).mount(&server).await;
    let pair = json!({"access_token": "new", "expires_at": 0, "refresh_token": "next"});
    let pair = ResponseTemplate::new(200).set_body_json(pair);
    let renewal = Mock::given(path("/auth/token")).and(header("authorization", "Bearer old"));
    let renewal = renewal.and(body_json(json!({"refresh_token": "first"}))).respond_with(pair);
    renewal.expect(1).mount(&server).await;

    let tokens =
        Tokens { access_token: "old".into(), expires_at: 0, refresh_token: "first".into() };
    let client =
        Client::builder().base_url(server.uri()).api_prefix(ApiPrefix::Apis).tokens(tokens);
    let client = client.build().expect("builds");
    let calls = (0..20).map(|_| client.namespace_list().send());
    for answer in futures::future::join_all(calls).await {
        answer.expect("is answered at the second try");
    }
    assert_eq!(client.tokens().expect("there").refresh_token, "next");
    server.verify().await;
}

#[tokio::test]
async fn new_tokens_that_are_refused_are_not_renewed_again() {
    let server = MockServer::start().await;
    let refused = ResponseTemplate::new(401).set_body_json(json!({"message": "no", "code": 5}));
    let never = Mock::given(path("/apis/core/v2/namespaces")).respond_with(refused);
    never.expect(2).mount(&server).await;
    let pair = json!({"access_token": "new", "expires_at": 0, "refresh_token": "next"});
    let pair = ResponseTemplate::new(200).set_body_json(pair);
    Mock::given(path("/auth/token")).respond_with(pair).expect(1).mount(&server).await;
    let tokens =
        Tokens { access_token: "old".into(), expires_at: 0, refresh_token: "first".into() };
    let client =
        Client::builder().base_url(server.uri()).api_prefix(ApiPrefix::Apis).tokens(tokens);
    let error = client.build().expect("builds").namespace_list().send().await;
    assert_eq!(error.map_err(Error::from).expect_err("refused").to_string(), "no");
    server.verify().await;
}
