//! A server for each test, in the process of the test: on a free port, over the store that the test chooses.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use sensu_client::Client;
use sensu_server::import::report::Report;
use sensu_server::{Limits, Server, Tls, seed};
use sensu_store::{Clock, MemoryStore, Store, SystemClock};
use serde_json::Value;

/// The lowest cost of bcrypt: tests log in often.
const COST: u32 = 4;

/// A server of one test.
pub struct TestServer {
    server: Server,
    scheme: &'static str,
    http: reqwest::Client,
    /// The store of the server.
    pub store: Arc<dyn Store>,
}

/// A response, read to its end.
#[derive(Debug)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body as JSON: a string if it is not JSON, `Null` if it is empty.
    pub body: Value,
}

impl TestServer {
    /// Starts over an empty in-memory store, with the users of `--dev`: `admin` and `agent`.
    pub async fn start() -> Self {
        Self::start_with(Limits::default(), Arc::new(SystemClock)).await
    }

    /// Starts with other limits or another clock.
    pub async fn start_with(limits: Limits, clock: Arc<dyn Clock>) -> Self {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new(Arc::clone(&clock)));
        Self::start_over(store, limits, clock).await
    }

    /// Starts with a certificate.
    pub async fn start_with_tls(limits: Limits, clock: Arc<dyn Clock>, tls: Tls) -> Self {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new(Arc::clone(&clock)));
        Self::launch(store, limits, clock, Some(tls)).await
    }

    /// Starts over a given store.
    pub async fn start_over(store: Arc<dyn Store>, limits: Limits, clock: Arc<dyn Clock>) -> Self {
        Self::launch(store, limits, clock, None).await
    }

    async fn launch(
        store: Arc<dyn Store>,
        limits: Limits,
        clock: Arc<dyn Clock>,
        tls: Option<Tls>,
    ) -> Self {
        let scheme = if tls.is_some() { "https" } else { "http" };
        let limits = Limits { password_cost: COST, accept_dev_password: true, ..limits };
        seed::defaults(store.as_ref()).await.expect("seeds");
        seed::dev_users(store.as_ref(), COST).await.expect("users");
        let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
        let server = Server::start(Arc::clone(&store), clock, limits, any_port, tls)
            .await
            .expect("the server starts");
        Self { server, scheme, http: reqwest::Client::new(), store }
    }

    /// Its address as a URL: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.server.address())
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The URL that agents connect to without TLS.
    ///
    /// # Panics
    /// If agents are disabled.
    pub fn agent_url(&self) -> String {
        format!("ws://{}", self.server.agent_address().expect("agents are enabled"))
    }

    /// The generated client, logged in as the administrator.
    pub async fn as_admin(&self) -> Client {
        self.log_in("admin", seed::DEV_PASSWORD).await
    }

    /// The generated client, logged in as a user.
    pub async fn log_in(&self, user: &str, password: &str) -> Client {
        Client::log_in(&self.url(), user, password).await.expect("logs in")
    }

    /// An access token of the administrator.
    pub async fn token(&self) -> String {
        self.token_of("admin").await
    }

    /// An access token of a user with the password of `--dev`.
    pub async fn token_of(&self, user: &str) -> String {
        let client = self.log_in(user, seed::DEV_PASSWORD).await;
        client.tokens().expect("logged in").access_token
    }

    /// Sends a request without the client.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> Response {
        self.send_with(method, path, token, body, &[]).await
    }

    /// Sends a request with further headers.
    pub async fn send_with(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Response {
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = self.http.request(method, format!("{}{path}", self.url()));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Response::read(request.send().await.expect("a response")).await
    }

    /// Imports the resources in files.
    ///
    /// # Errors
    /// The message of the import if it was rejected.
    pub async fn import(&self, files: &[PathBuf]) -> Result<Report, String> {
        self.server.import(files).await.map_err(|error| format!("{error:#}"))
    }

    /// Refuses new connections, as at the start of a shutdown.
    pub async fn drain(&self) {
        self.server.drain().await;
    }

    /// Stops it.
    pub async fn stop(self) {
        self.server.stop().await.expect("stops");
    }
}

impl Response {
    /// Reads a response to its end.
    pub async fn read(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("a body");
        let body = match text.is_empty() {
            true => Value::Null,
            false => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        };
        Self { status, headers, body }
    }

    /// A header as text; empty if it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The message of an error; empty if there is none.
    pub fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or_default()
    }

    /// Asserts the status and the `code` of an error.
    ///
    /// # Panics
    /// If they differ.
    #[track_caller]
    pub fn assert_error(&self, status: u16, code: u64) {
        let found = (self.status, self.body["code"].as_u64());
        assert_eq!(found, (status, Some(code)), "{}", self.body);
    }
}
