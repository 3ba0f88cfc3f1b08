//! The tour: every operation of the document, called through the generated client against a live
//! server over a real socket, successes and errors.

mod cluster;
mod objects;
mod people;

use std::sync::{Arc, Mutex};

use sensu_client::{Client, Seen, Session, types};
use sensu_tests::TestServer;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::agree::Document;

/// The namespace that the tour works in.
const NS: &str = "tour";

#[tokio::test(flavor = "multi_thread")]
async fn document_and_server_agree_on_every_operation() {
    let found = Document::committed().disagreements(&answers().await);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// What the server answered, operation by operation.
pub(crate) async fn answers() -> Vec<Seen> {
    let server = TestServer::start().await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let client = observed(&server, &seen).await;
    open_doors(&server, &seen).await;
    namespaces(&client).await;
    people::users(&client).await;
    people::api_keys(&client).await;
    objects::entities(&client).await;
    objects::checks(&client).await;
    objects::events(&client).await;
    objects::regular(&client).await;
    objects::irregular(&client).await;
    cluster::cluster(&client).await;
    refusals(&server, &seen).await;
    leave(&client).await;
    server.stop().await;
    seen.lock().expect("not poisoned").clone()
}

type Log = Arc<Mutex<Vec<Seen>>>;

fn watching(seen: &Log, session: Session) -> Session {
    let seen = Arc::clone(seen);
    session.observed(Arc::new(move |answer| seen.lock().expect("not poisoned").push(answer)))
}

/// A client whose every answer is kept, logged in as the administrator.
async fn observed(server: &TestServer, seen: &Log) -> Client {
    let tokens = server.as_admin().await.tokens().expect("logged in");
    Client::new(&server.url(), watching(seen, Session::with_tokens(tokens)))
}

/// A body from JSON: what a reader of the document would send.
fn body<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("fits the generated type")
}

/// What needs no token, and the ways to get, renew and give up one.
async fn open_doors(server: &TestServer, seen: &Log) {
    let anonymous = Client::new(&server.url(), watching(seen, Session::default()));
    anonymous.health_get().send().await.expect("health");
    anonymous.ready_get().send().await.expect("ready");
    anonymous.metrics_get().send().await.expect("metrics");
    anonymous.version_get().send().await.expect("version");
    anonymous.api_group_list().send().await.expect("groups");
    anonymous.api_group_get().send().await.expect("versions");
    anonymous.api_resource_list().send().await.expect("resources");
    anonymous.auth_login().send().await.expect_err("no credentials");
    anonymous.auth_test().send().await.expect_err("no credentials");

    let mut headers = reqwest::header::HeaderMap::new();
    // admin:P@ssw0rd!
    headers.insert("authorization", "Basic YWRtaW46UEBzc3cwcmQh".parse().expect("a header"));
    let http = reqwest::Client::builder().default_headers(headers).build().expect("a client");
    let basic = Client::new_with_client(&server.url(), http, watching(seen, Session::default()));
    basic.auth_test().send().await.expect("good credentials");
    let tokens = basic.auth_login().send().await.expect("logs in").into_inner();

    let session = |access: &str| {
        Session::with_tokens(sensu_client::Tokens {
            access_token: access.to_owned(),
            expires_at: 0,
            refresh_token: String::new(),
        })
    };
    let first = Client::new(&server.url(), watching(seen, session(&tokens.access_token)));
    let refresh: types::Refresh = body(json!({ "refresh_token": tokens.refresh_token }));
    let renewed = first.auth_refresh().body(refresh.clone()).send().await.expect("renews");
    first.auth_refresh().body(refresh).send().await.expect_err("a used refresh token");
    let second = Client::new(&server.url(), watching(seen, session(&renewed.access_token)));
    let refresh: types::Refresh = body(json!({ "refresh_token": renewed.refresh_token }));
    second.auth_logout().body(refresh).send().await.expect("logs out");
}

async fn namespaces(client: &Client) {
    let namespace: types::Namespace = body(json!({ "name": NS }));
    client.namespace_create().body(namespace.clone()).send().await.expect("creates");
    client.namespace_create().body(namespace.clone()).send().await.expect_err("exists");
    client.namespace_put().namespace(NS).body(namespace).send().await.expect("replaces");
    client.namespace_get().namespace(NS).send().await.expect("is there");
    client.namespace_get().namespace("nowhere").send().await.expect_err("is not there");
    let first = client.namespace_list().limit(1).send().await.expect("lists");
    let next = first.headers()["sensu-continue"].to_str().expect("a token").to_owned();
    client.namespace_list().continue_(next).send().await.expect("goes on");
    client.namespace_list().continue_("nonsense").send().await.expect_err("not a token");
}

/// Somebody without rights, and somebody without a session.
async fn refusals(server: &TestServer, seen: &Log) {
    let tokens = server.log_in("agent", "P@ssw0rd!").await.tokens().expect("logged in");
    let agent = Client::new(&server.url(), watching(seen, Session::with_tokens(tokens)));
    agent.check_list().namespace(NS).send().await.expect_err("403");
    let stranger = Client::new(&server.url(), watching(seen, Session::default()));
    stranger.check_list().namespace(NS).send().await.expect_err("401");
}

async fn leave(client: &Client) {
    client.namespace_delete().namespace(NS).send().await.expect_err("is not empty");
    client.namespace_delete().namespace(NS).cascade(true).send().await.expect("goes");
    client.namespace_delete().namespace(NS).send().await.expect_err("is gone");
}
