//! A server of its own for each test, on a free port, with the store that the test wants.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use sensu_client::Client;
use sensu_server::import::Imported;
use sensu_server::{Limits, Server, Tls, rbac};
use sensu_store::MemoryStore;
use sensu_store::{Clock, Store, SystemClock};
use serde_json::Value;

/// The lowest cost that bcrypt has: tests log in often.
const COST: u32 = 4;

/// A server that a test may do anything to.
pub struct TestServer {
    server: Server,
    scheme: &'static str,
    http: reqwest::Client,
    /// The store behind it.
    pub store: Arc<dyn Store>,
}

/// A status, headers and a body, as they came.
#[derive(Debug)]
pub struct Raw {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body as JSON; `Null` if it is empty.
    pub body: Value,
}

impl TestServer {
    /// A server over an empty in-memory store, with `admin` and `agent` as `--dev` has them.
    pub async fn start() -> Self {
        Self::with(Limits::default(), Arc::new(SystemClock)).await
    }

    /// The same, with other bounds or another clock.
    pub async fn with(limits: Limits, clock: Arc<dyn Clock>) -> Self {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new(Arc::clone(&clock)));
        Self::over(store, limits, clock).await
    }

    /// The same, with a certificate.
    pub async fn secure(limits: Limits, clock: Arc<dyn Clock>, tls: Tls) -> Self {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new(Arc::clone(&clock)));
        Self::listening(store, limits, clock, Some(tls)).await
    }

    /// A server over a given store.
    pub async fn over(store: Arc<dyn Store>, limits: Limits, clock: Arc<dyn Clock>) -> Self {
        Self::listening(store, limits, clock, None).await
    }

    async fn listening(
        store: Arc<dyn Store>,
        limits: Limits,
        clock: Arc<dyn Clock>,
        tls: Option<Tls>,
    ) -> Self {
        let scheme = if tls.is_some() { "https" } else { "http" };
        let limits = Limits { password_cost: COST, ..limits };
        rbac::seed(store.as_ref()).await.expect("seeds");
        rbac::dev_users(store.as_ref(), COST).await.expect("users");
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let server = Server::start(Arc::clone(&store), clock, limits, anywhere, tls)
            .await
            .expect("the server starts");
        Self { server, scheme, http: reqwest::Client::new(), store }
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.server.address())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The generated client, logged in as the administrator.
    pub async fn as_admin(&self) -> Client {
        self.log_in("admin", rbac::DEV_PASSWORD).await
    }

    /// The generated client, logged in as somebody.
    pub async fn log_in(&self, user: &str, password: &str) -> Client {
        Client::log_in(&self.url(), user, password).await.expect("logs in")
    }

    /// The administrator's access token.
    pub async fn token(&self) -> String {
        self.as_admin().await.tokens().expect("logged in").access_token
    }

    /// A request without the client: method, path, token, body.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> Raw {
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = self.http.request(method, format!("{}{path}", self.url()));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        Raw::of(request.send().await.expect("an answer")).await
    }

    /// Brings in what files hold.
    ///
    /// # Errors
    /// What it said if it refused.
    pub async fn import(&self, files: &[PathBuf]) -> Result<Imported, String> {
        self.server.import(files).await.map_err(|error| format!("{error:#}"))
    }

    /// Stops it.
    pub async fn stop(self) {
        self.server.stop().await.expect("stops");
    }
}

impl Raw {
    /// The answer, read to its end.
    pub async fn of(answer: reqwest::Response) -> Self {
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await.expect("a body");
        let body = match text.is_empty() {
            true => Value::Null,
            false => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        };
        Self { status, headers, body }
    }

    /// A header as text; empty if it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}
