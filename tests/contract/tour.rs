//! The tour: calls every operation of the document through the generated client, with success and with each
//! of the common errors, and validates every response against the document.

use std::sync::{Arc, Mutex};

use sensu_client::{Client, Error, ObservedResponse, Session, types};
use sensu_tests::{Document, TestServer, assert_refused};
use serde_json::{Value, json};

use super::scenario::{Request, Scenario};
use super::validation;

include!(concat!(env!("OUT_DIR"), "/calls.rs"));

#[tokio::test(flavor = "multi_thread")]
async fn document_server_and_client_agree_on_every_operation() {
    let found = validation::violations(&Document::committed(), &responses().await);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Every response of the tour.
pub(crate) async fn responses() -> Vec<ObservedResponse> {
    let server = Scenario::server().await;
    let log = Log::default();
    sign_in(&server, &log).await;
    let tour = Tour {
        admin: log.client(&server, session_of(&server, "admin").await),
        agent: log.client(&server, session_of(&server, "agent").await),
        anonymous: log.client(&server, Session::default()),
        log,
        document: Document::committed(),
    };
    let mut scenario = Scenario::read();
    while let Some(request) = scenario.next() {
        let body = tour.visit(&request).await;
        scenario.record(&request, &body);
    }
    assert_refused(tour.agent.check_list().send().await, 403, 4);
    server.stop().await;
    tour.log.responses()
}

/// The responses that observed clients received.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<ObservedResponse>>>);

impl Log {
    fn observe(&self, session: Session) -> Session {
        let log = Arc::clone(&self.0);
        session.with_observer(Arc::new(move |response| {
            log.lock().expect("not poisoned").push(response)
        }))
    }

    fn client(&self, server: &TestServer, session: Session) -> Client {
        Client::new(&server.url(), self.observe(session))
    }

    fn responses(&self) -> Vec<ObservedResponse> {
        self.0.lock().expect("not poisoned").clone()
    }

    /// Status, `ETag` and body of the last response.
    fn last(&self) -> (u16, String, Value) {
        let last = self.responses().pop().expect("a response");
        let tag = last.headers.get("etag").and_then(|tag| tag.to_str().ok()).unwrap_or_default();
        let body = serde_json::from_slice(&last.body).unwrap_or_default();
        (last.status.as_u16(), tag.to_owned(), body)
    }
}

async fn session_of(server: &TestServer, user: &str) -> Session {
    let client = server.log_in(user, "P@ssw0rd!").await;
    Session::from_tokens(client.tokens().expect("logged in"))
}

struct Tour {
    log: Log,
    document: Document,
    admin: Client,
    agent: Client,
    anonymous: Client,
}

impl Tour {
    /// Calls one operation: with the errors that its state allows, and with success. Returns the body of the
    /// success.
    async fn visit(&self, request: &Request) -> Value {
        let operation = &request.operation;
        if !operation.is_open() {
            assert_refused(call(&self.anonymous, request).await, 401, 5);
        }
        if operation.has_parameter("continue") {
            let request = request.with("continue", "no-token!");
            assert_refused(call(&self.admin, &request).await, 400, 1);
        }
        if operation.has_parameter("If-Match") {
            let request = request.with("If-Match", "\"0\"");
            assert_refused(call(&self.admin, &request).await, 412, 6);
        }
        let result = call(&self.admin, request).await;
        let (status, tag, body) = self.log.last();
        request.assert_recorded(status, &body);
        assert_eq!(result.is_ok(), request.status.is_some(), "{}: {result:?}", operation.id);
        for kind in self.document.kinds() {
            let is = |other: Option<&sensu_tests::Operation>| {
                other.is_some_and(|other| other.id == operation.id)
            };
            if is(kind.create.as_ref()) && operation.documents(409) {
                assert_refused(call(&self.admin, request).await, 409, 3);
            }
            if is(Some(&kind.get)) && operation.has_parameter("If-None-Match") {
                // The client has no variant for 304: the log has the response.
                let _ = call(&self.admin, &request.with("If-None-Match", &tag)).await;
                assert_eq!(self.log.last().0, 304, "{}", operation.id);
            }
            if is(Some(&kind.get)) || is(Some(&kind.delete)) || is(kind.patch.as_ref()) {
                let name = operation.last_path_parameter().expect("a name");
                assert_refused(call(&self.admin, &request.with(name, "missing")).await, 404, 2);
            }
        }
        body
    }
}

/// Operations without credentials or with others than an access token, and those that end a session.
async fn sign_in(server: &TestServer, log: &Log) {
    let anonymous = log.client(server, Session::default());
    assert_refused(anonymous.auth_login().send().await, 401, 5);
    assert_refused(anonymous.auth_test().send().await, 401, 5);

    let mut headers = reqwest::header::HeaderMap::new();
    // admin:P@ssw0rd!
    headers.insert("authorization", "Basic YWRtaW46UEBzc3cwcmQh".parse().expect("a header"));
    let http = reqwest::Client::builder().default_headers(headers).build().expect("a client");
    let basic = Client::new_with_client(&server.url(), http, log.observe(Session::default()));
    basic.auth_test().send().await.expect("valid credentials");
    let tokens = basic.auth_login().send().await.expect("logs in").into_inner();

    let session = |access: &str| {
        Session::from_tokens(sensu_client::Tokens {
            access_token: access.to_owned(),
            expires_at: 0,
            refresh_token: String::new(),
        })
    };
    let refresh = |token: &str| -> types::Refresh {
        serde_json::from_value(json!({ "refresh_token": token })).expect("fits the type")
    };
    let first = log.client(server, session(&tokens.access_token));
    let body = refresh(&tokens.refresh_token);
    let renewed = first.auth_refresh().body(body.clone()).send().await.expect("renews");
    let again = first.auth_refresh().body(body).send().await.expect("returns the same tokens");
    assert_eq!(again.refresh_token, renewed.refresh_token);
    let second = log.client(server, session(&renewed.access_token));
    let body = refresh(&renewed.refresh_token);
    second.auth_logout().body(body).send().await.expect("logs out");
}
